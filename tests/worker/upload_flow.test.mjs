// Uploads from the first byte to the bucket: what is stored, and what is answered.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import Cloudflare, { toFile } from "cloudflare";
import { CODE, MODULE, TOKEN, api, content, form, host, keys, path, script, stored, upload, versions, withUploads } from "./uploads.mjs";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const WASM = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]);

withUploads();

describe("an upload", () => {
  test("is one object of the bucket with every module as it came, source maps in another, and Cloudflare's answer", async () => {
    const modules = {
      "index.js": ["import t from './t.txt'; export default { fetch() {}, scheduled() {} };\n//# sourceMappingURL=index.js.map"],
      "./t.txt": ["täxt", "text/plain"],
      "a.wasm": [WASM, "application/wasm"],
      "index.js.map": ["{}", "application/source-map"],
    };
    const metadata = { main_module: "index.js", compatibility_date: "2026-01-01", tags: ["a"], bindings: [{ type: "plain_text", name: "A", text: "b" }] };
    const { result } = await api("PUT", `${path}?excludeScript=true&bindings_inherit=strict`, form(metadata, modules), { headers: { "user-agent": "wrangler/4.164.0" } });
    assert.match(result.deployment_id, UUID);
    assert.ok(Number.isInteger(result.startup_time_ms) && result.startup_time_ms > 0);
    assert.deepEqual(
      [result.id, result.handlers, result.named_handlers, result.has_modules, result.has_assets, result.entry_point, result.tags, result.last_deployed_from],
      [script, ["fetch", "scheduled"], [], true, false, "index.js", ["a"], "wrangler"],
    );
    const [bundle, map] = await keys();
    assert.match(bundle, /^bundle\/[0-9a-f]{64}$/);
    assert.equal(bundle.slice(7), result.etag);
    assert.match(map, /^map\/[0-9a-f]{64}$/);
    const read = Object.fromEntries((await stored(bundle)).map(({ name, kind, bytes }) => [name, [kind, Buffer.from(bytes).toString("latin1")]]));
    const latin1 = (data) => Buffer.from(data).toString("latin1");
    assert.deepEqual(read, {
      "index.js": ["js", modules["index.js"][0]], "t.txt": ["text", latin1("täxt")], "a.wasm": ["wasm", latin1(WASM)],
    });
    assert.deepEqual((await stored(map)).map(({ name }) => name), ["index.js.map"]);
    const [version] = await versions();
    assert.equal(version.id, result.deployment_id);
    assert.equal(version.metadata.source, "wrangler");
  });

  test("of the same modules is kept once, whatever their order, and told as a new version", async () => {
    const modules = { "index.js": [CODE], "b.js": ["export {}"] };
    const first = (await api("PUT", path, form({ main_module: "index.js" }, modules))).result;
    const second = (await api("PUT", path, form({ main_module: "index.js" }, { "b.js": modules["b.js"], "index.js": [CODE] }))).result;
    assert.equal(first.etag, second.etag);
    assert.notEqual(first.deployment_id, second.deployment_id);
    assert.equal((await keys()).length, 1);
    assert.equal((await versions()).length, 2);
  });

  test("of the same modules with other source maps keeps those, and one without has none", async () => {
    const map = (file) => JSON.stringify({ version: 3, sources: [file], sourcesContent: ["const a: number = 1;"], names: [], mappings: "AAAA" });
    const needs = `import { env } from "cloudflare:workers"; if (env.FAIL) throw new Error("no");\n${CODE}\n//# sourceMappingURL=index.js.map`;
    const send = (file) => api("PUT", path, form({ main_module: "index.js" }, { "index.js": [needs], "index.js.map": [map(file), "application/source-map"] }));
    const fail = () => api("PATCH", `${path}/settings`, { bindings: [{ name: "FAIL", type: "plain_text", text: "1" }] }, { status: 400 });
    const etags = [];
    for (const file of ["src/first.ts", "src/second.ts"]) {
      etags.push((await send(file)).result.etag);
      assert.match((await fail()).errors[0].message, new RegExp(file), "the map that came with the latest version");
    }
    await send("src/first.ts");
    assert.match((await fail()).errors[0].message, /src\/first\.ts/, "and again, as it is there");
    assert.equal(etags[0], etags[1]);
    assert.deepEqual((await keys()).map((key) => key.split("/")[0]), ["bundle", "map", "map"]);
    await api("PUT", path, form({ main_module: "index.js" }, { "index.js": [needs] }));
    assert.doesNotMatch((await fail()).errors[0].message, /\.ts/);
  });

  test("of another main module is another one, of a module renamed, too", async () => {
    const etags = new Set();
    for (const modules of [{ "index.js": [CODE], "b.js": [CODE] }, { "index.js": [CODE], "c.js": [CODE] }, { "index.js": [CODE], "b.js": [CODE, "text/plain"] }]) {
      etags.add((await api("PUT", path, form({ main_module: "index.js" }, modules))).result.etag);
    }
    assert.equal(etags.size, 3);
  });

  test("sees its own env where it is tried: what it sends, what it keeps, and what it inherits", async () => {
    const secret = { type: "secret_text", name: "SECRET", text: "hush" };
    await upload(CODE, { bindings: [secret, { type: "json", name: "J", json: { a: [1] } }] });
    const check = (wanted) => `import { env } from "cloudflare:workers";
      if (JSON.stringify(Object.entries(env).sort()) !== ${JSON.stringify(JSON.stringify(wanted))}) throw new Error(JSON.stringify(Object.entries(env).sort()));
      ${CODE}`;
    const kept = { keep_bindings: ["secret_text"], bindings: [{ type: "inherit", name: "K", old_name: "J" }] };
    await upload(check([["K", { a: [1] }], ["SECRET", "hush"]]), kept);
    const { errors } = await upload(check([]), {
      bindings: [{ type: "inherit", name: "NOPE" }],
    }, { status: 400 });
    assert.equal(errors[0].code, 10057);
  });

  test("that metadata from a form has as text is what it should be", async () => {
    const client = new Cloudflare({ apiToken: TOKEN, baseURL: new URL("client/v4", host.url).href, maxRetries: 0 });
    const { scripts } = client.workersForPlatforms.dispatch.namespaces;
    const where = { account_id: "acc", dispatch_namespace: "tenants" };
    const file = await toFile(Buffer.from(CODE), "index.js", { type: MODULE });
    const metadata = { main_module: "index.js", compatibility_date: "2026-01-01", tags: ["x"], limits: { cpu_ms: 50 }, bindings: [{ type: "plain_text", name: "N", text: "12" }] };
    const result = await scripts.update(script, { ...where, metadata, files: [file] });
    assert.deepEqual([result.id, result.handlers], [script, ["fetch"]]);
    const { result: settings } = await api("GET", `${path}/settings`);
    assert.equal(settings.limits.cpu_ms, 50);
    assert.deepEqual(settings.bindings, [{ type: "plain_text", name: "N", text: "12" }]);

    const other = await toFile(Buffer.from(CODE.replace("hi", "ho")), "index.js", { type: MODULE });
    await scripts.content.update(script, { ...where, metadata: { main_module: "index.js" }, files: [other] });
    const { result: after } = await api("GET", `${path}/settings`);
    assert.deepEqual(after, settings, "content alone");
    const answer = await scripts.content.get(script, where);
    assert.equal(answer.headers.get("cf-entrypoint"), "index.js");
    assert.equal(await (await answer.formData()).get("index.js").text(), CODE.replace("hi", "ho"));
  });

  test("of a version changes nothing that is live, and needs a script", async () => {
    const version = (options) => api("POST", `${path}/versions`, form({ main_module: "index.js", annotations: { "workers/message": "m" } }, { "index.js": [CODE.replace("hi", "ho")] }), options);
    assert.equal((await version({ status: 404 })).errors[0].code, 10092);
    assert.deepEqual(await keys(), []);
    const { result: live } = await upload();
    const { result } = await version();
    assert.equal(result.number, 2);
    assert.ok(result.startup_time_ms > 0);
    assert.equal(result.annotations["workers/message"], "m");
    assert.deepEqual(result.resources.script.handlers, ["fetch"]);
    const { deployments } = (await api("GET", `${path}/deployments`)).result;
    assert.deepEqual(deployments.map(({ versions }) => versions), [[{ version_id: live.deployment_id, percentage: 100 }]]);
    const answer = await content();
    assert.match(await answer.text(), /'hi'/);
  });

  test("of content changes nothing else, and needs a script and a module", async () => {
    const put = (body, options) => api("PUT", `${path}/content`, body, { headers: { "content-type": MODULE }, ...options });
    assert.equal((await put(CODE, { status: 404 })).errors[0].code, 10092);
    await upload(CODE, { bindings: [{ type: "secret_text", name: "S", text: "hush" }, { type: "plain_text", name: "A", text: "b" }], compatibility_flags: ["nodejs_compat"] });
    const before = (await api("GET", `${path}/settings`)).result;
    const { result } = await put("export default { fetch() {}, queue() {} }");
    assert.deepEqual([result.dispatch_namespace, result.script.handlers], ["tenants", ["fetch", "queue"]]);
    assert.deepEqual((await api("GET", `${path}/settings`)).result, before);
    // All three start from the latest version, and put live what that is.
    const staged = form({ main_module: "index.js", compatibility_date: "2026-01-02" }, { "index.js": [CODE] });
    const { result: version } = await api("POST", `${path}/versions`, staged);
    const deployed = async () => (await api("GET", `${path}/deployments`)).result.deployments[0].id;
    const live = await deployed();
    for (const change of [
      (options) => put(CODE, options),
      (options) => api("PATCH", `${path}/settings`, { compatibility_date: "2026-01-03" }, options),
      (options) => api("PUT", `${path}/secrets`, { name: "S", text: "x", type: "secret_text" }, options),
    ]) {
      const { errors } = await change({ status: 400 });
      assert.deepEqual(errors.map(({ code }) => code), [10215], JSON.stringify(errors));
    }
    assert.equal(await deployed(), live);
    await api("POST", `${path}/deployments?force=true`, { strategy: "percentage", versions: [{ version_id: version.id, percentage: 100 }] });
    await put(CODE);
    const empty = await api("PUT", `${path}/content`, form({ main_module: "index.js" }, {}), { status: 400 });
    assert.match(empty.errors[0].message, /no module/);
  });
});

describe("an upload with files", () => {
  const PAGE = "<h1>hi</h1>";
  const hash = createHash("sha256").update(PAGE).digest("hex").slice(0, 32);
  /** Metadata for what a session of one file gave. */
  async function assets() {
    const opened = await api("POST", `${path}/assets-upload-session`, { manifest: { "/index.html": { hash, size: PAGE.length } } });
    if (opened.result.buckets.flat().length === 0) return { jwt: opened.result.jwt };
    const body = new FormData();
    body.set(hash, new File([Buffer.from(PAGE).toString("base64")], hash, { type: "text/html" }));
    const { result } = await api("POST", "/accounts/acc/workers/assets/upload?base64=true", body, { token: opened.result.jwt });
    return { jwt: result.jwt };
  }

  test("alone has no code to try", async () => {
    const { result } = await api("PUT", path, form({ compatibility_date: "2026-01-01", assets: await assets() }, {}));
    assert.deepEqual([result.has_assets, result.has_modules, result.handlers, result.startup_time_ms], [true, false, [], 0]);
    assert.ok((await keys()).every((key) => /^(asset|manifest)\//.test(key)), await keys());
    const { errors } = await api("GET", `${path}/content`, undefined, { status: 404 });
    assert.match(errors[0].message, /assets alone/);
  });

  test("and a Worker, which has them in its env; of one that does not load no manifest is kept", async () => {
    const given = { assets: await assets(), bindings: [{ type: "assets", name: "FILES" }] };
    const code = `import { env } from "cloudflare:workers"; const get = env.FILES.fetch.bind(env.FILES); ${CODE}`;
    const before = await keys();
    await upload(`${code} nope();`, given, { status: 400 });
    assert.deepEqual(await keys(), before);
    const { result } = await upload(code, given);
    assert.deepEqual([result.has_assets, result.has_modules], [true, true]);
    assert.deepEqual((await keys()).filter((key) => !before.includes(key)).map((key) => key.split("/")[0]), ["bundle", "manifest"]);
    const { result: kept } = await upload(code.replace("hi", "ho"), { keep_assets: true, keep_bindings: ["assets"] });
    assert.equal(kept.has_assets, true);
  });
});

describe("uploads at once", () => {
  test("are all there, each whole, in some order; the last one is live", async () => {
    const codes = Array.from({ length: 12 }, (_, i) => `export default { fetch() { return new Response("${i}"); } };`);
    const results = await Promise.all(codes.map((code) => upload(code)));
    const all = await versions();
    assert.deepEqual(all.map(({ number }) => number), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1].map((n) => n + 2));
    const { result: second } = { result: (await api("GET", `${path}/versions?page=2`)).result.items };
    assert.deepEqual(new Set([...all, ...second].map(({ id }) => id)), new Set(results.map(({ result }) => result.deployment_id)));
    const { deployments } = (await api("GET", `${path}/deployments`)).result;
    assert.equal(deployments[0].versions[0].version_id, all[0].id);
    assert.equal((await keys()).length, 12);
    for (const [i, { result }] of results.entries()) {
      const [module] = await stored(`bundle/${result.etag}`);
      assert.equal(Buffer.from(module.bytes).toString(), codes[i]);
    }
    const live = results.findIndex(({ result }) => result.deployment_id === all[0].id);
    const answer = await content();
    assert.ok((await answer.text()).includes(codes[live]));
  });

  test("of the same code are one bundle", async () => {
    const results = await Promise.all(Array.from({ length: 6 }, () => upload()));
    assert.equal(new Set(results.map(({ result }) => result.etag)).size, 1);
    assert.equal((await keys()).length, 1);
  });
});

describe("a change that makes a new version", () => {
  test("is tried as an upload is: of settings", async () => {
    await upload(`import { Buffer } from "node:buffer"; ${CODE}`, { compatibility_flags: ["nodejs_compat"] });
    const before = [await versions(), (await api("GET", `${path}/settings`)).result];
    for (const [patch, message] of [
      [{ compatibility_flags: [], compatibility_date: "2024-01-01" }, /No such module "node:buffer"/],
      [{ compatibility_flags: ["no_such_flag"] }, /no_such_flag/],
    ]) {
      const { errors } = await api("PATCH", `${path}/settings`, patch, { status: 400 });
      assert.equal(errors[0].code, 10021);
      assert.match(errors[0].message, message);
    }
    assert.deepEqual([await versions(), (await api("GET", `${path}/settings`)).result], before);
    await api("PATCH", `${path}/settings`, { bindings: [{ type: "plain_text", name: "A", text: "b" }] });
    assert.equal((await versions()).length, 2);
  });

  test("is tried as an upload is: of secrets", async () => {
    const needs = `import { env } from "cloudflare:workers"; if (!/^[a-z]{3}$/.test(env.KEY)) throw new Error("KEY is no key"); ${CODE}`;
    const secret = (text) => ({ name: "KEY", type: "secret_text", text });
    await upload(needs, { bindings: [secret("abc"), { type: "json", name: "J", json: {} }] });
    const before = await versions();
    for (const [method, rest, body] of [
      ["PUT", "secrets", secret("123")],
      ["DELETE", "secrets/KEY"],
      ["PATCH", "secrets-bulk", { secrets: { KEY: null, OTHER: { text: "x", type: "secret_text" } } }],
    ]) {
      const { errors } = await api(method, `${path}/${rest}`, body, { status: 400 });
      assert.deepEqual([errors[0].code, /KEY is no key/.test(errors[0].message)], [10021, true], errors[0].message);
    }
    assert.deepEqual(await versions(), before);
    await api("PUT", `${path}/secrets`, secret("xyz"));
    await api("PATCH", `${path}/secrets-bulk`, { secrets: { OTHER: { name: "OTHER", text: "x", type: "secret_text" } } });
    await api("DELETE", `${path}/secrets/OTHER`);
    assert.equal((await versions()).length, 4);
    assert.equal((await api("DELETE", `${path}/secrets/NOPE`, undefined, { status: 404 })).errors[0].code, 10056);
  });
});

test("bytes of every value come back from the content as they went up", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) >> 3);
  await api("PUT", path, form({ main_module: "index.js" }, { "index.js": [CODE], "d/data.bin": [bytes, "application/octet-stream"] }));
  const answer = await content();
  const digest = (data) => createHash("sha256").update(data).digest("hex");
  assert.equal(digest(new Uint8Array(await (await answer.formData()).get("d/data.bin").arrayBuffer())), digest(bytes));
});
