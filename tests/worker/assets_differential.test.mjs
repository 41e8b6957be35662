// The same sites under Miniflare's own `assets`, which is Cloudflare's code, and as scripts of the host: the same status,
// headers and body, but for what is said here.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { ours, theirs } from "./assets/site.mjs";
import { HOST, SITES } from "./assets/sites.mjs";
import { startHost } from "./host.mjs";
import { wire } from "./wire.mjs";

// - the digest is made of other things: both have one, see below
// - they always say that the file came from their cache; we have none
// - what they write to wrangler's log
const APART = ["etag", "cf-cache-status", "x-mf-additional-response-log"];

// What the host adds to every answer of a script.
const ADDED = ["x-worker-key", "x-worker-cache", "x-worker-version", "x-worker-request-id", "server-timing"];

const TOKEN = "the-token-of-the-assets";
let host, api;
before(async () => {
  host = await startHost({ bindings: { API_TOKEN: TOKEN, DISPATCH_DOMAIN: "localhost" } });
  api = apiOf(host, TOKEN);
  await api("POST", NAMESPACES, { name: "tenants" });
});
after(() => host?.dispose());

const left = ({ headers }) => headers.filter(([name]) => ![...APART, ...ADDED].includes(name)).sort();
const etag = ({ headers }) => headers.find(([name]) => name === "etag")?.[1];

async function same(name, mine, other, { path, method = "GET", headers = {}, body, known, instead = known }) {
  const what = `${method} ${path} ${JSON.stringify(headers)}${known ? ` known: ${known("E")}` : ""}`;
  const ask = async ({ url }, known) => {
    const asked = { host: `${name}.${HOST}`, ...headers };
    const target = new URL(url);
    if (known) {
      const first = await wire(target, { path, headers: asked });
      asked["if-none-match"] = known(etag(first) ?? '"none"', first.status);
    }
    return wire(target, { path, method, headers: asked, body });
  };
  const [a, b] = await Promise.all([ask(mine, known), ask(other, instead)]);
  assert.deepEqual([a.status, a.reason, left(a), String(a.body)], [b.status, b.reason, left(b), String(b.body)], what);
  assert.deepEqual(/^"[0-9a-f]{32}"$/.test(etag(a)), etag(b) !== undefined, what);
}

let asked = 0;
for (const [what, site] of Object.entries(SITES)) {
  const name = what.replace(/[^a-z0-9]+/g, "-");
  describe(what, () => {
    test(`${site.requests.length} requests`, async () => {
      const hosts = await Promise.all([ours(host, api, name, site), theirs(site)]);
      try {
        const failures = [];
        for (const request of site.requests) {
          asked += 1;
          await same(name, ...hosts, request).catch((error) => failures.push(error));
        }
        const told = failures.slice(0, 5).map(({ message, actual, expected }) => `${message}\n  ours   ${JSON.stringify(actual)}\n  theirs ${JSON.stringify(expected)}`);
        assert.equal(failures.length, 0, `${failures.length} differ:\n${told.join("\n")}`);
      } finally {
        await hosts[1].dispose();
      }
    });
  });
}

test("that were thousands of requests", () => assert.ok(asked > 4000, `${asked}`));
