// The same dynamic worker under our host and under the plain JavaScript host of the benchmark: the same status, headers
// and body, but for the headers that we say we add.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Miniflare } from "miniflare";
import { startHost } from "./host.mjs";
import { samples } from "./samples/index.mjs";
import { wire } from "./wire.mjs";

const ROOT = join(import.meta.dirname, "../..");
const OURS = ["x-worker-key", "x-worker-cache", "server-timing"];
const source = (path) => readFileSync(join(ROOT, path), "utf8");

/** The plain host over one code. Its `./code.js` is the test's here: the code comes as JSON in a text module. */
async function startPlain(modules, env = {}) {
  const code = { compatibilityDate: "2026-07-01", mainModule: Object.keys(modules)[0], modules, env, globalOutbound: null };
  const miniflare = new Miniflare({
    modulesRoot: "/",
    modules: [
      { type: "ESModule", path: "/warm.js", contents: source("bench/hosts/warm.js") },
      { type: "ESModule", path: "/code.js", contents: 'import text from "./code.json";\nexport const CODE = JSON.parse(text);\n' },
      { type: "Text", path: "/code.json", contents: JSON.stringify(code) },
    ],
    compatibilityDate: "2026-07-01",
    workerLoaders: { LOADER: {} },
    host: "127.0.0.1",
    port: 0,
    cf: false,
  });
  return { url: (await miniflare.ready).href, dispose: () => miniflare.dispose() };
}

/**
 * Asks both, at the same address as far as either can see, and compares. `varies`: the bodies tell the time, so their
 * lengths may differ.
 */
async function same(ours, plain, path, { varies, ...asked } = {}) {
  const headers = { host: "differential.example", "user-agent": "a test", "accept-encoding": "gzip", ...asked.headers };
  const [mine, theirs] = await Promise.all([ours, plain].map(({ url }) => wire(new URL(path, url), { ...asked, headers })));
  const what = `${asked.method ?? "GET"} ${path}`;
  assert.equal(mine.headers.find(([name]) => name === "x-worker-entered"), undefined, what);
  const added = mine.headers.filter(([name]) => OURS.includes(name)).map(([name]) => name).sort();
  assert.deepEqual(added, [...OURS].sort(), `${what}: each of our headers once`);
  // Our own workers tell when they were entered; the host takes that out, and the plain one leaves it.
  const passed = [...OURS, "x-worker-entered", ...(varies ? ["content-length"] : [])];
  const left = ({ headers }) => headers.filter(([name]) => !passed.includes(name)).sort();
  assert.deepEqual([mine.status, mine.reason], [theirs.status, theirs.reason], what);
  assert.deepEqual(left(mine), left(theirs), what);
  return { mine, theirs, what };
}

const sameBody = ({ mine, theirs, what }) => assert.ok(mine.body.equals(theirs.body), `${what}: ${mine.body} is not ${theirs.body}`);

describe("our own workers", () => {
  let ours;
  before(async () => (ours = await startHost({ bindings: { DYNAMIC_PER_MINUTE: 1000 } })));
  after(() => ours?.dispose());

  const compare = async (modules, env, body) => {
    const plain = await startPlain(modules, env);
    try {
      await body(plain);
    } finally {
      await plain.dispose();
    }
  };
  const keys = ({ body }) => Object.keys(JSON.parse(body)).sort();

  test("/config", async () => {
    const config = await ours.fetch("/config");
    const env = { CONFIG: await config.json(), ETAG: config.headers.get("etag") };
    await compare({ "config.js": source("src/pattern/config.js") }, env, async (plain) => {
      const asked = [{}, { method: "HEAD" }, { headers: { "if-none-match": env.ETAG } }, { headers: { "if-none-match": '"0"' } }];
      for (const request of asked) sameBody(await same(ours, plain, "/config?a=b", request));
    });
  });

  test("/dynamic", () => {
    const env = { ID: "a", CREATED_AT: new Date().toISOString() };
    return compare({ "dynamic.js": source("src/pattern/dynamic.js") }, env, async (plain) => {
      const { mine, theirs } = await same(ours, plain, "/dynamic", { varies: true, headers: { "accept-encoding": "identity" } });
      assert.deepEqual(keys(mine), keys(theirs));
      sameBody(await same(ours, plain, "/dynamic", { varies: true, method: "HEAD" }));
    });
  });

  test("/metrics", () => {
    // The plain host has no props to give: the main module stands in for it.
    const main = 'import worker from "./metrics.js";\nexport default { fetch: (request, env) => worker.fetch(request, env, { props: env.PROPS }) };\n';
    const modules = { "main.js": main, "metrics.js": source("src/pattern/metrics.js") };
    return compare(modules, { PROPS: { activeConnections: 1, loadedWorkers: 0, medianMs: 0, healthy: 1000 } }, async (plain) => {
      const { mine, theirs } = await same(ours, plain, "/metrics", { varies: true, headers: { "accept-encoding": "identity" } });
      assert.deepEqual(keys(mine), keys(theirs));
      sameBody(await same(ours, plain, "/metrics", { varies: true, method: "HEAD" }));
    });
  });
});

// The host runs no code that it is given yet; the test Worker in tests/probe has its dispatch, for any code.
describe("any worker, through the host's dispatch", () => {
  let ours;
  before(async () => (ours = await startHost({ toml: "tests/probe/wrangler.toml", dist: "tests/probe/dist" })));
  after(() => ours?.dispose());

  for (const { name, source, requests } of samples) {
    test(name, async () => {
      const spec = encodeURIComponent(JSON.stringify({ name, source }));
      const deployed = await ours.fetch("/script/deploy", { headers: { "x-spec": spec } });
      assert.equal(deployed.status, 200, await deployed.text());
      const plain = await startPlain({ "index.js": source });
      try {
        for (const { method, query, body } of requests) {
          sameBody(await same(ours, plain, `/script/run?${query}`, { method, body }));
        }
      } finally {
        await plain.dispose();
      }
    });
  }
});
