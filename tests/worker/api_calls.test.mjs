// Calls that are not in order: each is told all that is wrong with it, and changes nothing.
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { startHost } from "./host.mjs";

const TOKEN = "the-token-of-the-operator";
const MIB = 1024 * 1024;
const SCRIPT = `${NAMESPACES}/tenants/scripts/shop`;
const codes = ({ errors }) => errors.map(({ code }) => code);

/** A script as the simplest client uploads one. */
export function upload(api, path, text, metadata = {}, options) {
  const form = new FormData();
  form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: "2026-07-01", ...metadata }));
  form.set("index.js", new Blob([text], { type: "application/javascript+module" }), "index.js");
  return api("PUT", path, form, options);
}

describe("calls that are not in order", () => {
  let host, api;
  before(async () => {
    host = await startHost({ bindings: { API_TOKEN: TOKEN } });
    api = apiOf(host, TOKEN);
    await api("POST", NAMESPACES, { name: "tenants" });
    await upload(api, SCRIPT, 'export default { fetch: () => new Response("shop") };', { tags: ["a"] });
  });
  after(() => host?.dispose());

  test("a body that is no JSON, no object, nothing, or not UTF-8", async () => {
    for (const body of ["{", "[1,", '{"name": "x"', "\u0000"]) {
      assert.deepEqual(codes(await api("POST", NAMESPACES, body, { status: 400 })), [10006], body);
    }
    assert.deepEqual(codes(await api("POST", NAMESPACES, new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array([0x22, 0xff, 0x22]));
        controller.close();
      },
    }), { status: 400 })), [10006]);
    for (const body of [[], "5", '"tenants"', { name: "x", nam: "y" }]) {
      assert.deepEqual(codes(await api("POST", NAMESPACES, body, { status: 400 })), [10006], JSON.stringify(body));
    }
    for (const body of ["null", "", {}, { name: 5 }]) {
      assert.deepEqual(codes(await api("POST", NAMESPACES, body, { status: 400 })), [10016], JSON.stringify(body));
    }
    for (const body of [{}, { trusted_workers: "perhaps" }]) {
      assert.deepEqual(codes(await api("PATCH", `${NAMESPACES}/tenants`, body, { status: 400 })), [10004], JSON.stringify(body));
    }
  });

  test("all that is wrong is told at once", async () => {
    const patch = await api("PATCH", `${NAMESPACES}/tenants`, { name: "NO NAME", trusted_workers: "perhaps" }, { status: 400 });
    assert.equal(patch.errors.length, 2);
    await api("POST", NAMESPACES, { name: "taken" });
    const body = { name: "taken", trusted_workers: "perhaps", trusted: true };
    assert.deepEqual(codes(await api("PATCH", `${NAMESPACES}/tenants`, body, { status: 400 })), [10006, 10004, 100120]);
    assert.deepEqual(codes(await api("PATCH", `${NAMESPACES}/tenants`, { name: "taken" }, { status: 409 })), [100120]);
    await api("DELETE", `${NAMESPACES}/taken`);
    const list = await api("GET", `${NAMESPACES}/tenants/scripts?page=none&tags=a:perhaps`, undefined, { status: 400 });
    assert.equal(list.errors.length, 2);
  });

  test("JSON that is nested too deeply, wherever it comes from", async () => {
    const nested = (levels, open = "[", close = "]") => open.repeat(levels) + close.repeat(levels);
    const metadata = (levels) => `{"main_module":"a.js","bindings":[{"name":"J","type":"json","json":${nested(levels - 3)}}]}`;
    const form = (root, text, more = {}) => {
      const body = new FormData();
      body.set(root, text);
      for (const [name, code] of Object.entries(more)) body.set(name, new File([code], name, { type: "application/javascript+module" }));
      return body;
    };
    const modules = { "a.js": "export default { fetch() {} };" };
    const calls = [
      ["POST", NAMESPACES, nested, { "content-type": "application/json" }],
      ["PATCH", `${SCRIPT}/secrets-bulk`, (levels) => nested(levels, '{"secrets":', "}").replace(":}", ":1}"), { "content-type": "application/json" }],
      ["PATCH", `${SCRIPT}/settings`, (levels) => `{"bindings":${nested(levels - 1)}}`, { "content-type": "application/json" }],
      ["PATCH", `${SCRIPT}/settings`, (levels) => form("settings", `{"bindings":${nested(levels - 1)}}`)],
      ["PATCH", `${SCRIPT}/settings`, (levels) => form("settings[bindings][][json]", nested(levels))],
      ["PUT", `${NAMESPACES}/tenants/scripts/deep`, (levels) => form("metadata", metadata(levels), modules)],
      ["PUT", `${NAMESPACES}/tenants/scripts/deep`, metadata, { "content-type": "application/javascript" }],
      ["POST", `${SCRIPT}/assets-upload-session`, nested, { "content-type": "application/json" }],
    ];
    for (const [at, [method, path, body, headers]] of calls.entries()) {
      for (const levels of [65, 123, 124, 2000]) {
        const { errors } = await api(method, path, body(levels), { status: 400, headers });
        assert.deepEqual(errors.map(({ code }) => code), [10006], `${at}: ${levels}`);
        assert.match(errors[0].message, /nested too deeply: 64 levels/);
      }
      const answer = await host.fetch(`/client/v4${path}`, { method, headers: { authorization: `Bearer ${TOKEN}`, ...headers }, body: body(64) });
      assert.doesNotMatch(await answer.text(), /nested/, `${at}: 64`);
      assert.ok(answer.status < 500, `${at}: ${answer.status}`);
    }
    await api("POST", NAMESPACES, `{"name": "${"[".repeat(100)}\\\"${"{".repeat(100)}"}`, { status: 400 }).then(({ errors }) => assert.equal(errors[0].code, 10016));
    await api("DELETE", `${NAMESPACES}/tenants/scripts/deep`);
  });

  test("a body over a mebibyte is not read on", async () => {
    // By hand and by and by: fetch() would go on reading what has no end.
    const { status, sent } = await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${TOKEN}`, "transfer-encoding": "chunked" };
      const post = request(new URL(`/client/v4${NAMESPACES}`, host.url), { method: "POST", headers });
      let sent = 0;
      const more = setInterval(() => {
        if (sent >= 16 * MIB) return;
        sent += 65536;
        post.write(Buffer.alloc(65536, 0x20));
      }, 5);
      const over = (end) => {
        clearInterval(more);
        post.destroy();
        end();
      };
      post.on("response", ({ statusCode }) => over(() => resolve({ status: statusCode, sent })));
      post.on("error", (error) => over(() => reject(error)));
    });
    assert.equal(status, 413);
    assert.ok(sent > MIB && sent < 16 * MIB, `${sent} bytes were sent`);
    await api("POST", NAMESPACES, " ".repeat(MIB + 1), { status: 413 });
    await api("POST", NAMESPACES, `${" ".repeat(MIB - 20)}{"name":"large"}`);
    await api("DELETE", `${NAMESPACES}/large`);
  });

  test("parameters", async () => {
    const { errors } = await api("GET", `${NAMESPACES}?page=0&per_page=x`, undefined, { status: 400 });
    assert.deepEqual(errors.map(({ code, message }) => [code, message.split(" ")[0]]), [[10004, "page"], [10004, "per_page"]]);
    await api("GET", `${SCRIPT}/versions?per_page=1000`, undefined, { status: 400 });
    await api("GET", `${SCRIPT}/versions?deployable=perhaps`, undefined, { status: 400 });
    await api("GET", `${NAMESPACES}/tenants/scripts?tags=a`, undefined, { status: 400 });
  });

  test("scripts are deleted by tag, and never for want of one", async () => {
    const delete_ = (query, status) => api("DELETE", `${NAMESPACES}/tenants/scripts${query}`, undefined, { status });
    for (const query of ["", "?tags=", "?tags=,", "?limit=5"]) await delete_(query, 400);
    await delete_("?tags=a:yes&limit=0", 400);
    assert.deepEqual((await delete_("?tags=a:no")).result, { deleted: [], deleted_count: 0, has_more: false });
    await api("GET", SCRIPT);
    for (const name of ["x", "y", "z"]) {
      await upload(api, `${NAMESPACES}/tenants/scripts/${name}`, "export default { fetch() {} };", { tags: ["old"] });
    }
    const list = (await api("GET", `${NAMESPACES}/tenants/scripts?tags=old:yes&per_page=2`)).info;
    assert.deepEqual([list.count, list.total_count], [2, 3]);
    const { result } = await delete_("?tags=old:yes&limit=2");
    assert.deepEqual([result.deleted_count, result.has_more], [2, true]);
    assert.equal((await delete_("?tags=old:yes")).result.deleted_count, 1);
    assert.deepEqual((await api("GET", `${NAMESPACES}/tenants/scripts`)).result.map(({ script }) => script.id), ["shop"]);
  });

  test("secrets, tags, settings, deployments: all that is wrong", async () => {
    const count = async (expected, method, path, body) => {
      const { errors } = await api(method, `${SCRIPT}${path}`, body, { status: 400 });
      assert.equal(errors.length, expected, JSON.stringify(errors));
    };
    await count(1, "PUT", "/secrets", {});
    await count(2, "PATCH", "/secrets-bulk", { secrets: { A: { name: "B", text: "x" }, C: { name: "D", text: "y" } } });
    await count(3, "PUT", "/tags", ["a,b", "", "x".repeat(64)]);
    await count(1, "PUT", "/tags", { a: 1 });
    await count(3, "PATCH", "/settings", { logpush: "perhaps", tags: ["a&b"], outbound: "open" });
    // Not only what loading it would say, and not only what is wrong with the first part.
    await count(4, "PATCH", "/settings", { compatibility_flags: ["no_such_flag"], logpush: "perhaps", compatibility_date: "soon", tags: ["a&b"], outbound: "inherit" });
    await count(3, "PATCH", "/settings", { bindings: [{ type: "inherit", name: "NONE" }], outbound: "inherit", retention: 0 });
    await upload(api, SCRIPT, 'export default { fetch: () => new Response("shop") };', { tags: ["a"], bindings: [{ type: "plain_text", name: "PLAIN", text: "x" }] });
    const secrets = { "": { text: "x" }, A: { text: "x", type: "key" }, PLAIN: { text: "x" }, GONE: null, B: { text: 5 }, GOOD: { text: "x" } };
    const { errors } = await api("PATCH", `${SCRIPT}/secrets-bulk`, { secrets }, { status: 400 });
    for (const name of ["secrets.:", "secrets.A:", "'PLAIN' already in use", '"GONE"', "secrets.B:"]) {
      assert.ok(errors.some(({ message }) => message.includes(name)), `${name}: ${JSON.stringify(errors)}`);
    }
    assert.deepEqual(codes(await api("PATCH", `${SCRIPT}/secrets-bulk`, { secrets: { GONE: null, LOST: null } }, { status: 404 })), [10056, 10056]);
    await count(1, "POST", "/deployments", {});
    assert.deepEqual((await api("GET", `${SCRIPT}/tags`)).result, ["a"]);
  });

  test("settings have the fields that there are, of the types that those are", async () => {
    const patch = async (body, wanted) => {
      const { errors } = await api("PATCH", `${SCRIPT}/settings`, body, { status: 400 });
      assert.deepEqual(errors.map(({ message }) => /\w+/.exec(message)[0]), wanted, JSON.stringify(errors));
    };
    const { result: before } = await api("GET", `${SCRIPT}/settings`);
    await patch({ settings: { logpush: true } }, ["settings"]);
    await patch({ log_push: true, tag: ["a"], retention: 0 }, ["log_push", "tag", "retention"]);
    await patch({ placement: "smart", usage_model: 5, cache_options: [] }, ["placement", "cache_options", "usage_model"]);
    for (const bad of [5, {}, "x", [{ service: "a" }]]) await patch({ tail_consumers: bad }, ["tail_consumers"]);
    for (const bad of [[], 5, "x"]) await api("PATCH", `${SCRIPT}/settings`, bad, { status: 400 });
    const form = new FormData();
    form.set("settings[log_push]", "true");
    await api("PATCH", `${SCRIPT}/settings`, form, { status: 400 });
    assert.deepEqual((await api("GET", `${SCRIPT}/settings`)).result, before);
    // What they answer can be sent again, and what clients send beside it is taken.
    const { bindings, ...rest } = before;
    await api("PATCH", `${SCRIPT}/settings`, { ...rest, bindings: bindings.map(({ name }) => ({ name, type: "inherit" })) });
    await api("PATCH", `${SCRIPT}/settings`, { placement: { mode: "smart" }, usage_model: "standard", tail_consumers: [], cache_options: null, migrations: {}, annotations: {} });
    assert.deepEqual((await api("GET", `${SCRIPT}/settings`)).result, before);
  });

  test("a script, a version, a deployment, a secret that is not there", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    for (const [path, code] of [
      [`${NAMESPACES}/nowhere`, 100119],
      [`${NAMESPACES}/nowhere/scripts/x`, 100119],
      [`${NAMESPACES}/builtin`, 100119],
      [`${NAMESPACES}/tenants/scripts/none`, 10092],
      [`${NAMESPACES}/tenants/scripts/none/settings`, 10092],
      [`${SCRIPT}/versions/${id}`, 10222],
      [`${SCRIPT}/deployments/${id}`, 190002],
      [`${SCRIPT}/secrets/NONE`, 10056],
    ]) {
      assert.deepEqual(codes(await api("GET", path, undefined, { status: 404 })), [code], path);
    }
    await api("POST", NAMESPACES, { name: "builtin" }, { status: 400 });
    await api("DELETE", `${SCRIPT}/tags/none`, undefined, { status: 404 });
    await api("DELETE", `${SCRIPT}/secrets/NONE`, undefined, { status: 404 });
  });

  test("a namespace is trusted, or is not", async () => {
    const open = { outbound: "inherit" };
    await api("PATCH", `${SCRIPT}/settings`, open, { status: 400 });
    assert.equal((await api("PATCH", `${NAMESPACES}/tenants`, { trusted_workers: true })).result.trusted_workers, true);
    assert.equal((await api("PATCH", `${SCRIPT}/settings`, open)).result.outbound, "inherit");
    await api("PATCH", `${SCRIPT}/settings`, { outbound: "block" });
    const { result } = await api("PUT", `${NAMESPACES}/tenants`, { name: "tenants", trusted_workers: false });
    assert.deepEqual([result.namespace_name, result.trusted_workers, result.modified_by], ["tenants", false, "owner"]);
  });

  test("a quota holds for new scripts", async () => {
    const quota = `${NAMESPACES}/tenants/quota`;
    for (const bad of [{}, { scripts: -1 }, { scripts: "x" }]) await api("PATCH", quota, bad, { status: 400 });
    assert.deepEqual((await api("PATCH", quota, { scripts: 1 })).result.scripts, 1);
    const text = "export default { fetch() {} };";
    assert.deepEqual(codes(await upload(api, `${NAMESPACES}/tenants/scripts/more`, text, {}, { status: 403 })), [10037]);
    await upload(api, SCRIPT, text);
    await api("PATCH", quota, { scripts: 100 });
    const { scripts, script_count, version_count, byte_count } = (await api("GET", quota)).result;
    assert.deepEqual([scripts, script_count, version_count > 0, byte_count > 0], [100, 1, true, true]);
    await api("PATCH", quota, { bytes: byte_count + text.length });
    const longer = `${text}// longer`;
    for (const path of [SCRIPT, `${SCRIPT}/content`]) {
      assert.match((await upload(api, path, longer, {}, { status: 403 })).errors[0].message, /bytes are stored, and may be \d+/);
    }
    await api("PATCH", quota, { bytes: null, versions: 1 });
    assert.match((await upload(api, SCRIPT, longer, {}, { status: 403 })).errors[0].message, /versions are kept, and may be 1/);
    await api("PATCH", quota, { versions: null });
  });

  test("a namespace that is there already is no reason to try again", async () => {
    const answer = await api("POST", NAMESPACES, { name: "tenants" }, { status: 409 });
    assert.deepEqual(codes(answer), [100120]);
    assert.equal(answer.headers.get("x-should-retry"), "false");
  });

  test("a list of namespaces is whole for those who never turn a page", async () => {
    const names = Array.from({ length: 101 }, (_, i) => `many-${i}`);
    // A few at a time: of many connections some wait so long that they are closed.
    while (names.length > 0) await Promise.all(names.splice(0, 8).map((name) => api("POST", NAMESPACES, { name })));
    const { result, info } = await api("GET", NAMESPACES);
    assert.deepEqual([result.length, info.total_count, info.total_pages], [102, 102, 1]);
    const pages = [];
    for (let page = 1; page <= 3; page++) {
      pages.push(...(await api("GET", `${NAMESPACES}?page=${page}&per_page=50`)).result);
    }
    assert.deepEqual(pages, result);
  });
});
