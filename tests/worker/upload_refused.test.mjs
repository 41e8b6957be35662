// Of what is wrong nothing is stored, and all of it is told.
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { CODE, MODULE, MOST, TOKEN, announced, api, form, host, keys, nothing, path, upload, versions, withUploads } from "./uploads.mjs";

withUploads();

describe("what is wrong", () => {
  test("is told at once, modules and metadata, and nothing is stored", async () => {
    const modules = { "index.js": [CODE], "../up.js": [CODE], "style.css": ["", "text/css"] };
    const metadata = {
      main_module: "other.js", compatibility_date: "soon", limits: { cpu_ms: "x" },
      bindings: [{ type: "ai", name: "KV" }, { type: "hyperdrive", name: "DB" }],
    };
    const { errors } = await api("PUT", path, form(metadata, modules), { status: 400 });
    const messages = errors.map(({ message }) => message);
    for (const wanted of [/"\.\.\/up\.js"/, /"style\.css".*"text\/css"/, /"other\.js".*not among/, /"soon"/, /cpu_ms/, /"KV".*"ai"/, /"DB".*"hyperdrive"/]) {
      assert.equal(messages.filter((message) => wanted.test(message)).length, 1, `${wanted}\n${messages.join("\n")}`);
    }
    assert.equal(messages.length, 7, messages.join("\n"));
    await nothing();
  });

  test("in the code is told with its place, and nothing is stored or changed", async () => {
    const broken = { "throw new Error('no');": /Uncaught Error: no\n {2}at index\.js:1:7\n/, "let a; 5 5": /SyntaxError.*\n {2}at index\.js:1:10\n/, "": /no handler/, [`import "./x.js"; ${CODE}`]: /No such module "x\.js"/ };
    for (const [code, message] of Object.entries(broken)) {
      const { errors } = await upload(code, {}, { status: 400 });
      assert.deepEqual(errors.map(({ code }) => code), [10021]);
      assert.match(errors[0].message, message);
      assert.doesNotMatch(errors[0].message, /startup/i);
    }
    await nothing();
    await upload();
    const before = [await keys(), await versions(), (await api("GET", `${path}/settings`)).result, await announced()];
    for (const code of Object.keys(broken)) await upload(code, { tags: ["new"], bindings: [{ type: "plain_text", name: "A", text: "b" }] }, { status: 400 });
    const now = [await keys(), await versions(), (await api("GET", `${path}/settings`)).result, await announced()];
    assert.deepEqual(now, before);
  });

  test("with date or flags is told, and nothing is stored", async () => {
    for (const [metadata, message] of [
      [{ compatibility_date: "2099-01-01" }, /requires compatibility date "2099-01-01"/],
      [{ compatibility_flags: ["no_such_flag"] }, /No such compatibility flag: no_such_flag/],
      [{ compatibility_flags: ["nodejs_compat", "no_nodejs_compat"] }, /mutually contradictory/],
    ]) {
      const { errors } = await upload(CODE, metadata, { status: 400 });
      assert.deepEqual([errors[0].code, message.test(errors[0].message)], [10021, true], errors[0].message);
    }
    await nothing();
  });

  test("with the form or the type is told", async () => {
    const put = (body, type, status) => api("PUT", path, body, { status, headers: { "content-type": type } });
    assert.equal((await put("addEventListener('fetch', f)", "application/javascript", 400)).errors[0].code, 10021);
    assert.equal((await put("<html>", "text/html", 415)).errors[0].code, 10001);
    assert.equal((await put("--b\r\n", "multipart/form-data; boundary=b", 400)).errors[0].code, 10006);
    await nothing();
  });

  test("of a namespace or a name that cannot be", async () => {
    assert.equal((await api("PUT", `${NAMESPACES}/nowhere/scripts/a`, CODE, { status: 404, headers: { "content-type": MODULE } })).errors[0].code, 100119);
    const long = { status: 404, headers: { "content-type": MODULE } };
    for (let i = 0; i < 10; i += 1) await api("PUT", `${NAMESPACES}/nowhere/scripts/a`, `${CODE}//${"x".repeat(MOST - 100)}`, long);
    assert.equal((await api("PUT", `${NAMESPACES}/tenants/scripts/A.b`, CODE, { status: 400, headers: { "content-type": MODULE } })).errors[0].code, 10016);
  });
});

describe("a body over the limit", () => {
  test("that says so is told, if it is little over", async () => {
    for (let i = 0; i < 10; i += 1) {
      const { errors } = await upload(`${CODE}//${"x".repeat(MOST * 0.9)}${"y".repeat(MOST * 0.1 * (i + 1))}`, {}, { status: 413 });
      assert.equal(errors[0].code, 10027);
      assert.match(errors[0].message, /over the limit of 200000 bytes: at least \d{6} came/);
    }
    await nothing();
  });

  /** Sends chunks without end, or so many, until the answer comes. */
  const sent = (most = Infinity) => new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "multipart/form-data; boundary=b", "transfer-encoding": "chunked" };
    const put = httpRequest(new URL(`/client/v4${path}`, host.url), { method: "PUT", headers });
    let written = 0;
    const more = setInterval(() => {
      if (written >= most) return;
      put.write(Buffer.alloc(20_000));
      written += 20_000;
    }, 5);
    put.on("response", async (response) => {
      clearInterval(more);
      const body = JSON.parse((await response.toArray()).join(""));
      put.destroy();
      resolve({ status: response.statusCode, body, written });
    });
    put.on("error", reject);
  });

  test("that does not say so is refused while it comes, and the rest is not read", async () => {
    const { status, body, written } = await sent();
    assert.equal(status, 413);
    assert.match(body.errors[0].message, /over the limit of 200000 bytes: at least \d+ came/);
    assert.ok(written < 20 * MOST, `${written} were sent`);
    await nothing();
  });

  test("and then does not go on is not waited for", async () => {
    const began = Date.now();
    assert.equal((await sent(MOST * 1.5)).status, 413);
    assert.ok(Date.now() - began < 10_000);
  });
});
