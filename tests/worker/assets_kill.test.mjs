// kill -9 of the runtime in the middle of uploads of files: the site is the old one, the session goes on, and what was
// written for nothing goes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { hashOf, parts, uploaded } from "./assets/site.mjs";
import { startHost } from "./host.mjs";
import { descendants } from "./processes.mjs";
import { form } from "./uploads.mjs";
import { until } from "./until.mjs";

const TOKEN = "the-token-of-the-killed-sites";
const ROUNDS = 8;
const path = `${NAMESPACES}/tenants/scripts/site`;

let folder, host;
before(() => { folder = mkdtempSync(join(tmpdir(), "kill-")); });
after(async () => {
  await host?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const start = (bindings = {}) => startHost({
  bindings: { API_TOKEN: TOKEN, ...bindings },
  extra: { durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2") },
});

async function kill(host) {
  const [runtime, ...others] = descendants(process.pid).filter(({ name }) => name.startsWith("workerd"));
  assert.deepEqual(others, [], "this process has one host");
  process.kill(runtime.pid, "SIGKILL");
  await host.dispose();
}

/** A site that says which it is: three uploads' worth of it, and some small ones. */
const site = (round) => Object.fromEntries([
  ...[1, 2, 3].map((i) => [`/large-${i}.txt`, `${round} ${i} `.repeat(1_500_000)]),
  ...Array.from({ length: 40 }, (_, i) => [`/${i}.txt`, `${round} small ${i}`]),
  ["/same.txt", "the same in all"],
]);

async function served(host, files) {
  for (const [at, content] of Object.entries(files)) {
    assert.ok((await (await host.fetch(`/dispatch/tenants/site${at}`)).text()) === content, at);
  }
}

const put = (api, jwt) => api("PUT", path, form({ compatibility_date: "2026-01-01", assets: { jwt, config: {} } }, {}));

test("at any moment", async () => {
  host = await start();
  let api = apiOf(host, TOKEN);
  await api("POST", NAMESPACES, { name: "tenants" });
  await put(api, await uploaded(api, path, site(0)));
  let interrupted = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const files = site(round);
    const byHash = Object.fromEntries(Object.entries(files).map(([at, content]) => [hashOf(at, content), [content, "text/plain"]]));
    const manifest = Object.fromEntries(Object.entries(files).map(([at, content]) => [at, { hash: hashOf(at, content), size: content.length }]));
    const { jwt, buckets } = (await api("POST", `${path}/assets-upload-session`, { manifest })).result;
    assert.equal(buckets.length, 3);
    const send = async (bucket) => {
      const body = parts(Object.fromEntries(bucket.map((hash) => [hash, byHash[hash]])));
      return (await api("POST", "/accounts/acc/workers/assets/upload?base64=true", body, { token: jwt })).result.jwt;
    };
    const sent = Promise.allSettled(buckets.map(send));
    await new Promise((resolve) => setTimeout(resolve, 15 * round));
    await kill(host);
    interrupted += (await sent).filter(({ status }) => status === "rejected").length;

    host = await start();
    api = apiOf(host, TOKEN);
    await served(host, site(round - 1));
    // As wrangler does, which sends a bucket again that has failed: what is there already is passed over.
    let done;
    for (const bucket of buckets) done = (await send(bucket)) ?? done;
    await put(api, done);
    await served(host, files);
  }
  assert.ok(interrupted > ROUNDS, `${interrupted} uploads were interrupted`);

  // A site that nobody comes back for; and a clean-up that does not wait for an hour.
  const [large] = Object.entries(site("lost"));
  await uploaded(api, path, { [large[0]]: large[1] });
  await kill(host);
  host = await start({ BUNDLE_GRACE_MS: 2000 });
  api = apiOf(host, TOKEN);
  await api("PATCH", `${path}/settings`, { retention: 1 });
  await put(api, await uploaded(api, path, { "/same.txt": "the same in all" }));
  const bucket = await host.miniflare.getR2Bucket("BUNDLES");
  // The last, and the two before that may stand in for it.
  const kept = new Set([site(ROUNDS), site(ROUNDS - 1), { "/same.txt": "the same in all" }].flatMap((files) => Object.entries(files).map(([at, content]) => hashOf(at, content))));
  await until(async () => {
    const keys = (await bucket.list()).objects.map(({ key }) => key.split("/").slice(2));
    const assets = keys.filter(([kind]) => kind === "asset").map(([, hash]) => hash).sort();
    return JSON.stringify(assets) === JSON.stringify([...kept].sort()) && keys.length - assets.length === 3;
  }, "only what versions name is left");
});
