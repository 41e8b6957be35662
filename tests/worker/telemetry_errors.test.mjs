// What scripts throw: traced to their source, grouped, and told to whom it is for.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScripts, text, withScripts } from "./dispatch.mjs";
import { NAMESPACE, telemetryOf, until } from "./telemetry.mjs";

const ID = "x-worker-request-id";
const SOURCES = {
  "index.ts": `import { total } from "./prices";
interface Asked { items: number[] | null }
export default {
  async fetch(request: Request): Promise<Response> {
    const asked = await request.json() as Asked;
    return new Response(String(total(asked.items as number[])));
  },
};
`,
  "prices.ts": `// Adds prices up.
export function total(items: number[]): number {
  let sum = 0;
  for (const item of items) sum += item;
  return sum;
}
`,
};

/** Bundles and minifies, as wrangler does: `{ modules, map }`. */
async function bundled(change = (text) => text) {
  const folder = mkdtempSync(join(tmpdir(), "sources-"));
  try {
    for (const [name, source] of Object.entries(SOURCES)) writeFileSync(join(folder, name), change(source));
    const { outputFiles } = await build({ absWorkingDir: folder, entryPoints: ["index.ts"], bundle: true, minify: true, format: "esm", sourcemap: "external", outfile: "index.js", write: false });
    const map = outputFiles.find(({ path }) => path.endsWith(".map")).text;
    return { code: `${outputFiles.find(({ path }) => path.endsWith(".js")).text}\n//# sourceMappingURL=index.js.map`, map };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function form({ code, map }) {
  const form = new FormData();
  form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: "2026-07-01" }));
  form.set("index.js", new File([code], "index.js", { type: "application/javascript+module" }));
  form.set("index.js.map", new File([map], "index.js.map", { type: "application/source-map" }));
  return form;
}

const FRAME = `  2 | export function total(items: number[]): number {
  3 |   let sum = 0;
> 4 |   for (const item of items) sum += item;
    |                      ^
  5 |   return sum;
  6 | }`;

describe("errors", () => {
  let host, told, versions;
  const errors = `${NAMESPACE}/scripts/shop/errors`;
  const ask = async (items) => {
    const answer = await host.ask("shop/", { method: "POST", body: JSON.stringify({ items }) });
    return { status: answer.status, id: answer.headers.get(ID), body: await answer.text() };
  };
  before(async () => {
    host = await startScripts();
    told = telemetryOf(host);
    const upload = async (change) => (await host.api("PUT", `${NAMESPACE}/scripts/shop`, form(await bundled(change)))).result.deployment_id;
    versions = [await upload()];
    assert.equal((await ask([1, 2])).body, "3");
    host.again = () => upload((source) => `// A line more.\n${source}`);
  });
  after(() => host?.dispose());

  test("one is traced to the author's own file, with the lines around it", async () => {
    const threw = await ask(null);
    const [fault] = await told.errors("shop", 1);
    const { first_seen, last_seen, fingerprint, message, ...rest } = fault;
    assert.match(fingerprint, /^[0-9a-f]{16}$/);
    assert.match(message, /is not iterable/);
    assert.equal(first_seen, last_seen);
    assert.deepEqual({ ...rest, stack: rest.stack.split("\n").map((line) => line.replace(/ \(|\)/g, " ").trim().split(" ").at(-1)), frame: rest.frame.trimEnd() }, {
      script: "shop",
      name: "TypeError",
      stack: ["prices.ts:4:22", "index.ts:6:32"],
      file: "prices.ts",
      line: 4,
      column: 22,
      frame: FRAME,
      count: 1,
      first_version: versions[0],
      last_version: versions[0],
      first_request: threw.id,
      last_request: threw.id,
    });
    assert.deepEqual((await host.api("GET", `${errors}/${fingerprint}`)).result, fault);
    const [event] = await told.events("shop", 1);
    assert.match(event.exceptions[0].stack, /prices\.ts:4:22/, "in the logs, too");
  });

  test("the same one in another version, where it is elsewhere in the file, is one; another is another", async () => {
    await ask(null);
    versions.push(await host.again());
    await until(() => ask([1]), ({ status }) => status === 200);
    const last = await ask(null);
    const [fault] = await until(() => told.get("/scripts/shop/errors"), ([fault]) => fault.count >= 3);
    assert.deepEqual([fault.count, fault.line, fault.first_version, fault.last_version, fault.last_request], [3, 5, versions[0], versions[1], last.id]);
    await (await host.ask("shop/", { method: "POST", body: "no JSON" })).arrayBuffer();
    const all = await told.errors("shop", 2);
    assert.deepEqual(all.map(({ name }) => name), ["SyntaxError", "TypeError"], "the last seen first");
    assert.notEqual(all[0].fingerprint, all[1].fingerprint);
    assert.equal((await told.get("/errors?limit=1")).length, 1);
  });

  test("one that is dealt with is gone, until it is seen again", async () => {
    const [, { fingerprint }] = await told.errors("shop", 2);
    await host.api("DELETE", `${errors}/${fingerprint}`);
    await host.api("DELETE", `${errors}/${fingerprint}`, undefined, { status: 404 });
    await host.api("GET", `${errors}/${fingerprint}`, undefined, { status: 404 });
    await ask(null);
    const [fault] = await until(() => told.get("/scripts/shop/errors"), ([fault]) => fault.fingerprint === fingerprint);
    assert.deepEqual([fault.fingerprint, fault.count, fault.first_version], [fingerprint, 1, versions[1]]);
  });

  test("in production the visitor is told an id and nothing of the error", async () => {
    const { status, id, body } = await ask(null);
    assert.equal(status, 502);
    assert.deepEqual(JSON.parse(body), { error: { code: "dynamic_worker_threw", message: `The dynamic worker threw an error. Its owner finds it under the id ${id}.`, request_id: id } });
    assert.ok(!/iterable|prices|shop/.test(body));
  });

  test("nor by an error that looks like one of the runtime's", async () => {
    await host.deploy("forges", `export default { fetch() { throw new Error("internal error; reference = private"); } };`);
    const answer = await host.ask("forges/");
    const { error } = JSON.parse(await text(answer, 502));
    assert.ok(!JSON.stringify(error).includes("private"), JSON.stringify(error));
    assert.equal(error.request_id, answer.headers.get(ID));
  });

  test("how often is exact, however many events are too many to be kept", async () => {
    await host.deploy("busy", `export default { fetch(request) { if (request.url.endsWith("boom")) throw new Error("busy"); return new Response("x"); } };`);
    await Promise.all(Array.from({ length: 8 }, async (_, from) => { for (let i = 0; i < 60; i += 1) await (await host.ask(`busy/${(from + i) % 5 === 0 ? "boom" : ""}`)).arrayBuffer(); }));
    const [fault] = await until(() => told.get("/scripts/busy/errors"), ([fault]) => fault?.count >= 96);
    assert.equal(fault.count, 96);
    assert.ok((await told.events("busy", 1)).every(({ outcome }) => outcome === "exception"));
  });

  test("in development the answer itself tells all of it", () => withScripts({ bindings: { ERROR_DETAIL: "true" } }, async (dev) => {
    await dev.deploy("bad", `export default { fetch(request, env) { console.log("before"); throw new Error("of " + env.KEY); } };`, { bindings: [{ type: "secret_text", name: "KEY", text: "hush-hush" }] });
    const answer = await dev.ask("bad/");
    const { error } = JSON.parse(await text(answer, 502));
    const { faults: [fault], logs, ...rest } = error;
    assert.deepEqual(rest, { code: "dynamic_worker_threw", message: "The dynamic worker threw Error: of [secret KEY]", request_id: answer.headers.get(ID), tail: "arrived", version: rest.version });
    assert.deepEqual(logs.map(({ message }) => message), [["before"]]);
    assert.equal(fault.file, "index.js");
    assert.match(fault.frame, /^> 1 \| export default/);
    assert.match(fault.frame, /^\s+\|\s+\^$/m);
  }));

  test("a script that throws ever other errors pushes out its own, and none of another's", async () => {
    const objects = await host.miniflare.getDurableObjectNamespace("TELEMETRY");
    const object = objects.get(objects.idFromName("flooded"));
    const ask = async (body) => (await object.fetch("https://x/", { method: "POST", body: JSON.stringify(body) })).json();
    const thrown = (script, at) => {
      const once = { at: Date.now() + at, version: "v", request: `r${at}` };
      return { script, count: 1, first: once, last: once, fault: { fingerprint: `f${at}`, name: "Error", message: "m" } };
    };
    const faults = [thrown("steady", 1), ...Array.from({ length: 150 }, (_, at) => thrown("floods", at + 2))];
    await ask({ op: "add", isolate: "i", sequence: 1, namespace: "n", series: [], identities: [], events: [], faults, ids: [], dropped: 0 });
    assert.deepEqual((await ask({ op: "errors", script: "steady" })).map(({ fingerprint }) => fingerprint), ["f1"]);
    const left = await ask({ op: "errors", script: "floods", limit: 200 });
    assert.deepEqual([left.length, left[0].fingerprint, left.at(-1).fingerprint], [100, "f151", "f52"]);
  });

  test("what a script rejects with, of any kind, is told", async () => {
    await host.deploy("odd", `export default { fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/string") throw "a string";
      if (pathname === "/null") throw null;
      if (pathname === "/custom") { class Odd extends Error { name = "Odd"; } throw new Odd("of the tenant's own"); }
      return Promise.reject({ an: "object" });
    } };`);
    for (const path of ["string", "null", "custom", "object"]) assert.equal((await host.ask(`odd/${path}`)).status, 502, path);
    const all = await told.errors("odd", 4);
    assert.equal(all.length, 4, JSON.stringify(all));
    assert.ok(all.some(({ name, message }) => name === "Odd" && message === "of the tenant's own"), JSON.stringify(all.map(({ name, message }) => [name, message])));
  });
});
