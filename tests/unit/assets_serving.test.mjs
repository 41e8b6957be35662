// Serving files, as far as it is not to be seen from outside: what is read of the bucket, and what is kept of it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { route, served } from "../../src/assets/route.js";
import { site } from "../../src/assets/site.js";
import { upload } from "../../src/assets/upload.js";
import { sign } from "../../src/assets/token.js";

/** A bucket of these texts, which says what it was asked for. */
function bucketOf(texts) {
  const reads = [];
  return {
    reads,
    async get(key) {
      reads.push(key);
      return key in texts ? { text: async () => texts[key], json: async () => JSON.parse(texts[key]), body: texts[key] } : null;
    },
  };
}
const manifestOf = (files, config = {}) => JSON.stringify({
  config: { html_handling: "auto-trailing-slash", not_found_handling: "none", headers: [], redirects: { exact: {}, rules: [] }, ...config },
  types: ["text/html"],
  files,
});
const version = (manifest, more = {}) => ({ assets: { manifest, config: {} }, compatibility_date: "2026-01-01", compatibility_flags: [], ...more });
const digest = (text) => createHash("sha256").update(text).digest("hex");
/** Where a manifest is kept, for a script of this prefix. */
const keyOf = (prefix, manifest) => `${prefix}/manifest/${digest(manifest)}`;
const asked = (path, init) => new Request(`https://site.example${path}`, init);

describe("the bucket", () => {
  test("is read once for a site, and then for the files alone; not at all for what is known", async () => {
    const manifest = manifestOf({ "/x.html": ["f1", 0] });
    const key = keyOf("a/b", manifest);
    const bucket = bucketOf({ [key]: manifest, "a/b/asset/f1": "<h1>x</h1>" });
    const known = served(version(key));
    for (const body of ["<h1>x</h1>", "<h1>x</h1>"]) assert.equal(await (await route(bucket, known, asked("/x"), null)).text(), body);
    assert.deepEqual(bucket.reads, [key, "a/b/asset/f1", "a/b/asset/f1"]);
    for (const request of [asked("/x", { method: "HEAD" }), asked("/x", { headers: { "if-none-match": '"f1"' } }), asked("/x.html"), asked("/y")]) {
      await route(bucket, known, request, null);
    }
    assert.equal(bucket.reads.length, 3);
  });

  test("is not asked where the worker runs first", async () => {
    const bucket = bucketOf({});
    const runWorker = async () => new Response("worker");
    const first = (run_worker_first) => served(version("a/b/manifest/2", { assets: { manifest: "a/b/manifest/2", config: { run_worker_first } } }));
    assert.equal(await (await route(bucket, first(true), asked("/x"), runWorker)).text(), "worker");
    assert.equal(await (await route(bucket, first({ worker: ["/api/*"], files: [] }), asked("/api/x"), runWorker)).text(), "worker");
    assert.deepEqual(bucket.reads, []);
    await assert.rejects(route(bucket, first({ worker: ["/api/*"], files: [] }), asked("/x"), runWorker), /manifest a\/b\/manifest\/2 is not in the bucket/);
  });

  test("that lacks a file fails the request", async () => {
    const manifest = manifestOf({ "/x": ["gone", -1] });
    const bucket = bucketOf({ [keyOf("a/c", manifest)]: manifest });
    await assert.rejects(route(bucket, served(version(keyOf("a/c", manifest))), asked("/x"), null), /no asset gone of a\/c/);
  });

  test("that has another manifest than was stored fails the request, until it has that one again", async () => {
    const manifest = manifestOf({ "/x": ["f", -1] });
    const key = keyOf("a/d", manifest);
    const ask = (texts) => route(bucketOf({ "a/d/asset/f": "mine", "a/d/asset/g": "other", ...texts }), served(version(key)), asked("/x"), null);
    for (const other of [manifestOf({ "/x": ["g", -1] }), `${manifest} `, manifest.slice(0, -1), ""]) await assert.rejects(ask({ [key]: other }), /manifest a\/d\/manifest\/\w+ is damaged/);
    assert.equal(await (await ask({ [key]: manifest })).text(), "mine");
  });

  test("is read anew for sites that were not used for long: an isolate keeps so much of them", async () => {
    const texts = [0, 1, 2, 3, 4, 5].map((i) => manifestOf({ [`/${i}${"x".repeat(2 << 20)}`]: ["f", 0] }));
    const keys = texts.map((text) => keyOf("m/n", text));
    const bucket = bucketOf(Object.fromEntries(keys.map((key, i) => [key, texts[i]])));
    const read = async (...sites) => {
      bucket.reads.length = 0;
      for (const i of sites) assert.equal((await site(bucket, keys[i])).prefix, "m/n");
      return bucket.reads.map((key) => keys.indexOf(key));
    };
    assert.deepEqual(await read(1, 2, 3), [1, 2, 3]);
    assert.deepEqual(await read(1, 2, 3), []);
    assert.deepEqual(await read(1, 4), [4], "over 8 MiB: 2 was not used for longest");
    assert.deepEqual(await read(1, 3, 4), []);
    assert.deepEqual(await read(2), [2]);
    assert.deepEqual(await Promise.all([read(5), site(bucket, keys[5])]).then(([reads]) => reads), [5], "two at once read it once");
    assert.deepEqual(await read(5, 2), [], "and it counts once");
  });

  test("is read each time for a site that is larger than all that is kept, and the others stay", async () => {
    const texts = ["x".repeat(8 << 20), "1", "2"].map((name) => manifestOf({ [`/${name}`]: ["f", 0] }));
    const keys = texts.map((text) => keyOf("l/n", text));
    const bucket = bucketOf(Object.fromEntries(keys.map((key, i) => [key, texts[i]])));
    for (const i of [1, 2, 0, 1, 2, 0]) assert.equal(Object.keys((await site(bucket, keys[i])).files).length, 1);
    assert.deepEqual(bucket.reads.map((key) => keys.indexOf(key)), [1, 2, 0, 0]);
  });

  test("is read by whoever waits for a request that ends before it has read, or fails", async () => {
    const manifest = manifestOf({ "/x": ["f", 0] });
    const key = keyOf("w/n", manifest);
    const bucket = bucketOf({ [key]: manifest });
    const hung = site({ get: () => new Promise(() => {}) }, key);
    const waiting = [site(bucket, key), site(bucket, key)];
    for (const { prefix } of await Promise.all(waiting)) assert.equal(prefix, "w/n");
    assert.ok(bucket.reads.length <= 2);
    await site(bucket, key);
    assert.ok(bucket.reads.length <= 2, "it is kept");
    void hung;

    const broken = { get: async () => { throw new Error("no bucket"); } };
    const other = keyOf("w/n", manifestOf({}));
    const failed = site(broken, other);
    const after = site(bucketOf({ [other]: manifestOf({}) }), other);
    await assert.rejects(failed, /no bucket/);
    assert.equal((await after).prefix, "w/n");
  });
});

test("what a client knows is asked by a list of tags, compared weakly, or by a star", async () => {
  const manifest = manifestOf({ "/x": ["f1", -1], "/404.html": ["f4", 0] }, { not_found_handling: "404-page" });
  const bucket = bucketOf({ [keyOf("k/n", manifest)]: manifest, "k/n/asset/f1": "x", "k/n/asset/f4": "none" });
  const known = served(version(keyOf("k/n", manifest)));
  const answers = async (path, tags) => {
    const asks = ["GET", "HEAD"].map((method) => route(bucket, known, asked(path, { method, headers: { "if-none-match": tags } }), null));
    const [get, head] = await Promise.all(asks);
    assert.equal(get.status, head.status, tags);
    if (get.status === 304) assert.deepEqual([get.headers.get("etag"), await get.text()], ['"f1"', ""]);
    return get.status;
  };
  for (const tags of ['"f1"', 'W/"f1"', '"f0", "f1"', '"f0",W/"f1"', 'W/"f0" , "f1" ,"f2"', '"a,b", "f1"', ',"f1"', "*", " * "]) assert.equal(await answers("/x", tags), 304, tags);
  for (const tags of ["", '"f0"', "f1", '"f1', 'w/"f1"', '"f0", "f2"', '"f11"', '"*"', '*, "f0"']) assert.equal(await answers("/x", tags), 200, tags);
  assert.equal(await answers("/none", "*"), 404, "there is nothing of that name");
  assert.equal(await answers("/x.html", "*"), 404);
});

test("what a version says is looked at once", () => {
  assert.equal(served({ assets: null }), null);
  const navigation = (compatibility_date, ...compatibility_flags) => served(version("m", { compatibility_date, compatibility_flags })).navigation;
  assert.deepEqual([navigation("2025-03-31"), navigation("2025-04-01"), navigation("2026-01-01", "assets_navigation_has_no_effect"), navigation("2020-01-01", "assets_navigation_prefers_asset_serving")], [false, true, false, true]);
});

describe("an upload whose bucket fails", () => {
  const [one, two] = ["1", "2"].map((digit) => digit.repeat(32));
  const list = JSON.stringify([["/one", one, 3], ["/two", two, 3]]);

  test("fails, and nothing is told to be there", async () => {
    const told = [];
    const object = (answers) => ({
      getByName: () => ({
        async fetch(_, { body }) {
          const operation = JSON.parse(body);
          told.push(operation.op);
          return Response.json(answers[operation.op]);
        },
      }),
    });
    const env = {
      DIRECTORY: object({ session_key: { key: "k" } }),
      SCRIPTS: object({ begin: { missing: [`n/s/asset/${one}`, `n/s/asset/${two}`] }, stored: { missing: 0 } }),
      BUNDLES: {
        ...bucketOf({ [keyOf("n/s", list)]: list }),
        async put(key) {
          if (key.endsWith(two)) throw new Error("the bucket is full");
        },
      },
    };
    const form = new FormData();
    for (const hash of [one, two]) form.append(hash, new File(["abc"], hash));
    const token = await sign("k", { namespace: "n", script: "s", files: digest(list) }, Date.now() + 60_000);
    const request = () => new Request("https://host.example/upload", { method: "POST", headers: { authorization: `Bearer ${token}` }, body: form });
    await assert.rejects(upload(env, request()), /the bucket is full/);
    assert.deepEqual(told, ["session_key", "begin"]);
    env.BUNDLES.put = async () => {};
    assert.equal((await upload(env, request())).status, 201);
  });
});
