// The clean-up, and the files of sites: what a kept version names stays, however long, and what none names goes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { hashOf, parts, uploaded } from "./assets/site.mjs";
import { startHost } from "./host.mjs";
import { form } from "./uploads.mjs";
import { until } from "./until.mjs";

const TOKEN = "the-token-of-the-sweeps";
const GRACE_MS = 1500;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let host, api, id, bucket;
before(async () => {
  host = await startHost({ bindings: { API_TOKEN: TOKEN, BUNDLE_GRACE_MS: GRACE_MS } });
  api = apiOf(host, TOKEN);
  bucket = await host.miniflare.getR2Bucket("BUNDLES");
  id = (await api("POST", NAMESPACES, { name: "tenants" })).result.namespace_id;
});
after(() => host?.dispose());

function script(name) {
  const path = `${NAMESPACES}/tenants/scripts/${name}`;
  const keys = async (kind) => {
    const prefix = `${id}/${name}/${kind}/`;
    return (await bucket.list({ prefix })).objects.map(({ key }) => key.slice(prefix.length)).sort();
  };
  return {
    path,
    keys,
    put: async (jwt, more = {}) => (await api("PUT", path, form({ compatibility_date: "2026-01-01", assets: { jwt, config: {} }, ...more }, {}))).result,
    get: async (at) => (await host.fetch(`/dispatch/tenants/${name}${at}`)).text(),
    /** Until the bucket has the files of these sites and their manifests, and no others. */
    has: (sites, what) => until(async () => {
      const wanted = new Set(sites.flatMap((files) => Object.entries(files).map(([path, content]) => hashOf(path, content))));
      return JSON.stringify(await keys("asset")) === JSON.stringify([...wanted].sort()) && (await keys("manifest")).length === sites.length;
    }, what),
  };
}

test("versions that are let go of take with them what no other names", async () => {
  const { path, put, get, has, keys } = script("site");
  // Each has a file of all, one of itself and the one after it, and one of its own.
  const sites = Array.from({ length: 6 }, (_, i) => ({ "/all.txt": "all", [`/${Math.floor(i / 2)}.txt`]: `pair ${Math.floor(i / 2)}`, "/own.txt": `own ${i}` }));
  const ids = [];
  for (const [i, files] of sites.entries()) {
    ids.push((await put(await uploaded(api, path, files))).deployment_id);
    if (i === 0) await api("PATCH", `${path}/settings`, { retention: 1 });
  }
  // The live one, and the two that may stand in for it.
  await has(sites.slice(3), "the first three go");
  await wait(GRACE_MS * 2);
  assert.equal((await keys("asset")).length, 1 + 2 + 3, "and nothing else ever");
  for (const [i, text] of [[3, "pair 1"], [5, "pair 2"]]) {
    await api("POST", `${path}/deployments`, { strategy: "percentage", versions: [{ version_id: ids[i], percentage: 100 }] });
    for (const [at, content] of [["/all.txt", "all"], [`/${Math.floor(i / 2)}.txt`, text], ["/own.txt", `own ${i}`]]) assert.equal(await get(at), content);
  }
});

test("a session keeps what it was told is there, until it is too old", async () => {
  const { path, put, get, has, keys } = script("sessions");
  const [one, two] = [{ "/a.txt": "a", "/b.txt": "b" }, { "/a.txt": "a", "/c.txt": "c" }];
  await put(await uploaded(api, path, one));
  await api("PATCH", `${path}/settings`, { retention: 1 });
  for (let i = 0; i < 3; i += 1) await put(await uploaded(api, path, { "/x.txt": `${i}` }));
  // The version with a and b is gone; within the grace a new session still finds them.
  const manifest = Object.fromEntries(Object.entries(two).map(([path, content]) => [path, { hash: hashOf(path, content), size: 1 }]));
  const { jwt, buckets } = (await api("POST", `${path}/assets-upload-session`, { manifest })).result;
  assert.deepEqual(buckets, [[hashOf("/c.txt", "c")]]);
  const upload = () => api("POST", "/accounts/acc/workers/assets/upload?base64=true", parts({ [hashOf("/c.txt", "c")]: ["c", "text/plain"] }), { token: jwt });
  await wait(GRACE_MS * 0.6);
  const { result } = await upload();
  await wait(GRACE_MS * 0.6);
  await put(result.jwt);
  assert.deepEqual([await get("/a.txt"), await get("/c.txt")], ["a", "c"], "it began anew with each call");
  await has([{ "/x.txt": "1" }, { "/x.txt": "2" }, two], "what the session alone needed goes");
  assert.ok(!(await keys("asset")).includes(hashOf("/b.txt", "b")));
});

test("a session that comes to nothing leaves nothing", async () => {
  const { path, has, keys } = script("nothing");
  await uploaded(api, path, { "/a.txt": "a" });
  assert.deepEqual([(await keys("asset")).length, (await keys("manifest")).length], [1, 1]);
  await has([], "all of it goes");
});

test("a script that is deleted leaves nothing, and one of its name begins anew", async () => {
  const { path, put, get, has } = script("deleted");
  const files = { "/a.txt": "a" };
  await put(await uploaded(api, path, files));
  const jwt = await uploaded(api, path, files);
  await api("DELETE", path);
  await has([], "all of it goes");
  await api("PUT", path, form({ compatibility_date: "2026-01-01", assets: { jwt, config: {} } }, {}), { status: 409 });
  await put(await uploaded(api, path, files));
  assert.equal(await get("/a.txt"), "a");
});
