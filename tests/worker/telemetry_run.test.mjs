// A script that is run once: what it answers, writes and throws, and what it may not do.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { startScripts } from "./dispatch.mjs";
import { NAMESPACE, telemetryOf } from "./telemetry.mjs";

describe("run", () => {
  let host;
  before(async () => (host = await startScripts()));
  after(() => host?.dispose());

  const run = (code, metadata = {}, options = undefined, path = NAMESPACE) => {
    const form = new FormData();
    form.set("metadata", JSON.stringify({ main_module: "index.js", ...metadata }));
    for (const [name, text] of Object.entries(typeof code === "string" ? { "index.js": code } : code)) form.set(name, new File([text], name, { type: "application/javascript+module" }));
    return host.api("POST", `${path}/run`, form, options);
  };

  test("it gets the request, and its answer, logs and times come back", async () => {
    const code = {
      "index.js": `import { twice } from "./lib.js";
export default { async fetch(request, env) {
  console.log("got", twice(2), env.NAME);
  return Response.json({ url: request.url, method: request.method, body: await request.text(), x: request.headers.get("x"), json: env.JSON }, { status: 201, headers: { "x-own": "yes" } });
} };`,
      "lib.js": "export const twice = (n) => 2 * n;",
    };
    const { result } = await run(code, {
      request: { method: "POST", url: "https://a.example/b?c", headers: { x: "y" }, body: "hello" },
      bindings: [{ type: "plain_text", name: "NAME", text: "Ada" }, { type: "json", name: "JSON", json: [1] }],
    });
    assert.equal(result.response.status, 201);
    assert.deepEqual(JSON.parse(result.response.body), { url: "https://a.example/b?c", method: "POST", body: "hello", x: "y", json: [1] });
    assert.deepEqual(result.response.headers.find(([name]) => name === "x-own"), ["x-own", "yes"]);
    assert.equal(result.response.truncated, false);
    assert.deepEqual([result.tail, result.faults, result.logs.map(({ message }) => message)], ["arrived", [], [["got", 4, "Ada"]]]);
    for (const name of ["load_ms", "run_ms", "total_ms"]) assert.ok(result.timing[name] >= 0, name);
    assert.deepEqual((await telemetryOf(host).get("/logs")).events, [], "nothing of it is kept");
  });

  test("what it throws has its place, and what does not load too", async () => {
    const { result } = await run(`export default {\n  fetch() {\n    return missing();\n  },\n};`);
    assert.deepEqual([result.response, result.error], [null, "ReferenceError: missing is not defined"]);
    const [{ file, line, column, frame }] = result.faults;
    assert.deepEqual([file, line, column], ["index.js", 3, 5]);
    assert.match(frame, /^> 3 \|     return missing\(\);$/m);
    const { errors } = await run("export default {\n  fetch( { oops\n};", {}, { status: 400 });
    assert.match(errors[0].message, /SyntaxError[^]*index\.js:3:2[^]*> 3 \|/);
  });

  test("nothing goes out of it, it ends in time, and no more of its answer is read than is shown", async () => {
    assert.match((await run("export default { async fetch() { await fetch('https://example.com/'); } };")).result.error, /not permitted/);
    const { result } = await run("export default { fetch: () => new Response('x'.repeat(1_000_000)) };");
    assert.deepEqual([result.response.body.length, result.response.truncated], [256 * 1024, true]);
    const endless = await run("export default { fetch: () => new Response(new ReadableStream({ pull(to) { to.enqueue(new TextEncoder().encode('more')); } })) };");
    assert.equal(endless.result.response.truncated, true);
    assert.equal((await run("export default { fetch: () => new Promise(() => {}) };")).result.response, null);
  });

  test("who may not run code runs none, and what is no upload is told", async () => {
    const code = "export default { fetch: () => new Response('x') };";
    // Small: whoever is refused is not read to the end, and workerd may close the connection.
    const refused = (status, token, path = NAMESPACE) => host.api("POST", `${path}/run`, "x", { status, token });
    await refused(401, "wrong");
    await refused(404, undefined, `${NAMESPACES}/nothing`);
    const { value } = (await host.api("POST", "/accounts/acc/tokens", { name: "reads", permission: "read", namespaces: ["tenants"] })).result;
    await refused(403, value);
    assert.match((await run(code, { bindings: [{ type: "kv_namespace", name: "KV", namespace_id: "x" }] }, { status: 400 })).errors[0].message, /values alone/);
    for (const [binding, told] of [
      [{ name: "A", type: "constructor" }, /values alone/],
      [{ type: "plain_text", text: "a" }, /with a name/],
      [{ name: "A", type: "secret_text" }, /"A" is a secret_text: it needs `text`/],
      [{ name: "A", type: "plain_text", text: 5 }, /needs `text`/],
      [{ name: "A", type: "json" }, /needs `json`/],
      [null, /with a name/],
    ]) assert.match((await run(code, { bindings: [binding] }, { status: 400 })).errors[0].message, told, JSON.stringify(binding));
    for (const request of [5, []]) assert.match((await run(code, { request }, { status: 400 })).errors[0].message, /request has to be an object/);
    assert.equal((await run(code, { bindings: null, compatibility_flags: null, request: null })).result.response.status, 200, "null is what is not there");
    assert.match((await run(code, { request: { url: "no url" } }, { status: 400 })).errors[0].message, /request cannot be made/);
    assert.match((await run(code, { compatibility_date: "tomorrow" }, { status: 400 })).errors[0].message, /date/);
    await host.api("POST", `${NAMESPACE}/run`, "export default {", { status: 400, headers: { "content-type": "text/plain" } });
  });
});
