// Makes one example of each pattern through the public routes, those that are not there yet, and prints where they are.
//   node scripts/seed.mjs URL [PID]: waits until URL answers; ends early when the process PID does. The token is .dev.vars'.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const NAMESPACES = "/client/v4/accounts/local/workers/dispatch/namespaces";
// A plugin: it signs what others answer.
const SIGNS = `import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  response(response, request, { config }) {
    const headers = new Headers(response.headers);
    headers.set("x-signed", config.name);
    return new Response(null, { status: response.status, headers });
  }
}`;

/** What is made: the path to PUT to, the document, and what to try then. */
export const EXAMPLES = [
  {
    path: "/tenant/acme",
    document: { name: "Acme", message: "Hello from a worker of our own.", settings: { plan: "pro" } },
    tries: ["curl URL/tenant/acme/"],
  },
  {
    path: "/feature/new-checkout",
    document: {
      description: "The new checkout: for our own people, then for ten percent.",
      default: "off",
      rules: [
        { name: "staff", when: { attribute: "email", op: "ends_with", value: "@example.com" }, serve: "on" },
        { name: "ten percent", serve: { by: "user", split: { on: 10 } } },
      ],
    },
    tries: ["curl 'URL/feature/new-checkout?email=ada@example.com'", "curl 'URL/feature/new-checkout?user=42'"],
  },
  {
    path: "/test/button",
    document: {
      variants: [
        { name: "blue", percentage: 50, payload: { color: "#06c" } },
        { name: "green", percentage: 50, payload: { color: "#080" } },
      ],
    },
    tries: ["curl 'URL/test/button?subject=ada'", "curl -X POST 'URL/test/button/conversion?subject=ada'"],
  },
  {
    // To this very host, which is there when nothing else is.
    path: "/tunnel/acme",
    document: { origin: "URL/tenant/acme", response_headers: { set: { "x-via": "tunnel" } } },
    tries: ["curl -i URL/tunnel/acme/settings", "curl URL/tunnel/acme/metrics"],
  },
  {
    path: "/plugin/main",
    before: { namespace: "plugin", services: ["tenant/acme"], script: "sign", code: SIGNS },
    document: { plugins: [{ name: "sign", hooks: ["response"], config: { name: "Ada" } }], target: "tenant/acme" },
    tries: ["curl -i URL/plugin/main/"],
  },
  { path: "/service/catalog", document: { config: { items: ["pen", "ink"] } } },
  {
    path: "/service/shop",
    document: { config: { currency: "EUR" }, services: { CATALOG: "catalog" } },
    tries: ["curl URL/service/shop/", "curl URL/service/shop/CATALOG/"],
  },
  {
    // Nothing to be made before: AUTH as README.md sets it.
    path: "/job",
    tries: [`curl -H "$AUTH" URL/job -d '{"code": "export const map = (n) => n * n;", "inputs": [1, 2, 3]}'`],
  },
];

/** Makes them; gives a line for each thing to try. What fails is told in its place. */
export async function seed(url, token, examples = EXAMPLES) {
  const lines = [];
  for (const { path, before, document, method = "PUT", tries = [] } of examples) {
    const call = (method, body) => fetch(url + path, { method, headers: { authorization: `Bearer ${token}` }, body, redirect: "manual" });
    const body = JSON.stringify(document);
    const there = document && (await call("GET"));
    const told = await there?.text();
    // What leads to this host leads to where it was: it may have another port now.
    const isElsewhere = there?.ok && body.includes("URL") && !JSON.stringify(JSON.parse(told).document).includes(`${url}/`);
    if (there?.ok === false || isElsewhere) {
      if (before) await uploaded(url, token, before);
      const made = await call(method, body.replaceAll("URL", url));
      const text = await made.text();
      if (!made.ok) {
        lines.push(`${path} could not be made: ${made.status} ${text}`);
        continue;
      }
    }
    lines.push(...tries.map((line) => line.replaceAll("URL", url)));
  }
  return lines;
}

// A script that an example needs, and what its namespace may call for it.
async function uploaded(url, token, { namespace, services, script, code }) {
  const call = async (method, path, body) => (await fetch(`${url}${NAMESPACES}${path}`, { method, headers: { authorization: `Bearer ${token}` }, body })).text();
  await call("POST", "", JSON.stringify({ name: namespace }));
  await call("PATCH", `/${namespace}`, JSON.stringify({ services }));
  const form = new FormData();
  form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: "2026-07-01" }));
  form.set("index.js", new File([code], "index.js", { type: "application/javascript+module" }));
  await call("PUT", `/${namespace}/scripts/${script}`, form);
}

async function ready(url, pid) {
  for (;;) {
    try {
      await (await fetch(`${url}/metrics`)).text();
      return true;
    } catch {
      if (pid && !isThere(pid)) return false;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

function isThere(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [url, pid] = process.argv.slice(2);
  const token = readFileSync(".dev.vars", "utf8").match(/^API_TOKEN=["']?([^"'\n]+)/m)?.[1];
  if (await ready(url, Number(pid))) {
    const lines = await seed(url, token).catch((error) => [`no examples could be made: ${error.message}`]);
    const auth = 'AUTH="Authorization: Bearer $(sed -n \'s/^API_TOKEN=//p\' .dev.vars)"';
    console.log(`\n  Examples, one of each pattern (scripts/seed.mjs); for the last one, in this folder: ${auth}\n\n${lines.map((line) => `    ${line}\n`).join("")}`);
  }
}
