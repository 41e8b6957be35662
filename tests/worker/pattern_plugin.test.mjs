// Plugins: a chain over a request and its response.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { scriptsOf } from "./dispatch.mjs";
import { TOKEN, startPatterns } from "./patterns.mjs";

const plugin = (body) => `import { WorkerEntrypoint } from "cloudflare:workers"; let calls = 0; export default class extends WorkerEntrypoint { ${body} }`;
// Writes its name into what it is shown, on both ways.
const MARKS = (mark) => plugin(`
  request(request, { config }) { const headers = new Headers(request.headers); headers.append("x-way", ${JSON.stringify(mark)} + (config.suffix ?? "")); return new Request(request, { headers }); }
  response(response) { const headers = new Headers(response.headers); headers.append("x-back", ${JSON.stringify(mark)}); return new Response(null, { status: response.status, headers }); }`);
const TARGET = `export default { async fetch(request) { return Response.json({ way: request.headers.get("x-way"), url: request.url, method: request.method, body: await request.text() }, { status: 201 }); } };`;

describe("plugins", () => {
  let host, manage, ask, plugins;
  const put = (name, document, status = 200) => manage("PUT", `/plugin/${name}`, document, { status });
  const told = async (path, options) => { const { json, headers, status } = await ask(path, options); return { ...json, back: headers.get("x-back"), status }; };
  before(async () => {
    ({ manage, ask } = host = await startPatterns());
    await host.api("POST", NAMESPACES, { name: "plugin" });
    plugins = scriptsOf(host, "plugin", TOKEN);
    for (const mark of ["a", "b", "c"]) await plugins.deploy(mark, MARKS(mark));
    await plugins.deploy("target", TARGET);
    await put("main", { plugins: [{ name: "a" }, { name: "b" }], target: "target" }, 201);
  });
  after(() => host?.dispose());

  test("run in their order over the request, and the other way round over the response", async () => {
    const { way, back, url, method, body, status } = await told("/plugin/main/x/y?z", { method: "POST", body: "a body" });
    assert.deepEqual([way, back, status], ["a, b", "b, a", 201]);
    assert.deepEqual([new URL(url).pathname + new URL(url).search, method, body], ["/x/y?z", "POST", "a body"], "and all else is as it was");
    assert.match((await ask("/plugin/main/")).headers.get("server-timing"), /plugin-a;dur=\d+, plugin-b;dur=\d+, plugin-b;dur=\d+, plugin-a;dur=\d+/);
  });

  test("are reordered, enabled and disabled by the document, and configured by it", async () => {
    await put("main", { plugins: [{ name: "b" }, { name: "a", config: { suffix: "!" } }, { name: "c", enabled: false }], target: "target" });
    assert.equal((await told("/plugin/main/")).way, "b, a!");
    await put("main", { plugins: [{ name: "c", hooks: ["request"] }, { name: "a", hooks: ["response"] }, { name: "b", enabled: false }], target: "target" });
    const { way, back } = await told("/plugin/main/");
    assert.deepEqual([way, back], ["c", "a"]);
    assert.equal((await manage("GET", "/plugin/main")).document.plugins.length, 3);
  });

  test("a new version of one is in effect at once, and the chain is as it was", async () => {
    await put("main", { plugins: [{ name: "a" }], target: "target" });
    const before = (await ask("/plugin/main/")).headers.get("x-worker-version");
    await plugins.deploy("a", MARKS("new"));
    assert.equal((await told("/plugin/main/")).way, "new");
    assert.equal((await ask("/plugin/main/")).headers.get("x-worker-version"), before);
    await plugins.deploy("a", MARKS("a"));
  });

  test("one answers itself: those behind it and the target are not asked, those before it see the answer", async () => {
    await plugins.deploy("guard", plugin(`request(request) { return request.headers.get("x-key") === "k" ? undefined : new Response("no key", { status: 403 }); }`));
    await put("main", { plugins: [{ name: "a" }, { name: "guard", hooks: ["request"] }, { name: "b" }], target: "target" });
    const refused = await ask("/plugin/main/", { status: 403 });
    assert.deepEqual([refused.text, refused.headers.get("x-back")], ["no key", "a"]);
    assert.equal((await told("/plugin/main/", { headers: { "x-key": "k" } })).way, "a, b");
  });

  test("one that fails or takes too long: the request goes on without it, or it does not", async () => {
    await plugins.deploy("throws", plugin(`request() { throw new Error("out of order"); } response() { throw new Error("out of order"); }`));
    await plugins.deploy("slow", plugin(`async request() { await new Promise((resolve) => setTimeout(resolve, 5000)); }`));
    const chain = (one) => put("main", { plugins: [{ name: "a" }, one, { name: "b" }], target: "target" });
    for (const hooks of [["request"], ["response"]]) {
      await chain({ name: "throws", hooks, on_failure: "open" });
      const { way, back } = await told("/plugin/main/");
      assert.deepEqual([way, back], ["a, b", "b, a"]);
      await chain({ name: "throws", hooks });
      const { error } = (await ask("/plugin/main/", { status: 502 })).json;
      assert.deepEqual([error.code, error.message], ["plugin_failed", "The plugin throws failed: out of order."]);
    }
    await chain({ name: "slow", hooks: ["request"], deadline_ms: 100, on_failure: "open" });
    assert.equal((await told("/plugin/main/")).way, "a, b");
    await chain({ name: "slow", hooks: ["request"], deadline_ms: 100, on_failure: "closed" });
    assert.equal((await ask("/plugin/main/", { status: 504 })).json.error.code, "plugin_timeout");
  });

  test("one is shown bodies where it asks for them, and then may change them", async () => {
    await plugins.deploy("upper", plugin(`
      async request(request) { return new Request(request.url, { method: request.method, headers: request.headers, body: (await request.text()).toUpperCase() }); }
      async response(response) { return new Response((await response.text()).replace("BODY", "body back"), response); }`));
    await put("main", { plugins: [{ name: "upper", body: true }], target: "target" });
    assert.equal((await told("/plugin/main/", { method: "POST", body: "a body" })).body, "A body back");
    await put("main", { plugins: [{ name: "upper", body: false, hooks: ["response"] }], target: "target" });
    const answer = await host.fetch("/plugin/main/", { method: "POST", body: "a body" });
    assert.equal(await answer.text(), "", "what it was not shown it cannot give");
  });

  test("each is a worker of its own, loaded when a hook needs it", async () => {
    await plugins.deploy("never", MARKS("never"));
    await plugins.deploy("once", plugin(`request(request, context) { return Response.json([calls += 1, Object.keys(this.env), context]); }`));
    const loaded = async () => (await ask("/metrics")).json.loadedWorkers;
    await put("lazy", { plugins: [{ name: "once", hooks: ["request"], config: { a: 1 } }, { name: "never" }], target: "target" }, 201);
    await loaded();
    const before = await loaded();
    assert.deepEqual((await ask("/plugin/lazy/")).json, [1, [], { config: { a: 1 }, plugin: "once", chain: "lazy" }]);
    assert.deepEqual((await ask("/plugin/lazy/")).json[0], 2);
    assert.equal(await loaded(), before + 2, "the chain, and the one that was asked");
  });

  test("the one of the README", async () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const [, code] = /### Plugins\n.*?```js\n(.*?)```/s.exec(readme);
    await plugins.deploy("check", code);
    await put("checked", { plugins: [{ name: "check", config: { key: "k1" } }], target: "target" }, 201);
    assert.equal((await ask("/plugin/checked/", { status: 403 })).text, "No key.\n");
    const answer = await ask("/plugin/checked/", { headers: { "x-key": "k1" } });
    assert.deepEqual([answer.status, answer.headers.get("x-checked-by")], [201, "check"]);
  });

  test("a target of another namespace takes its owner's word; without a target somebody has to answer", async () => {
    const shops = scriptsOf(host, "shops", TOKEN);
    await shops.create();
    await shops.deploy("front", TARGET);
    const document = { plugins: [{ name: "a" }], target: "shops/front" };
    assert.match((await put("across", document, 400)).error.message, /in the `services` of this one/);
    await host.api("PATCH", `${NAMESPACES}/plugin`, { services: ["shops/front"] });
    await put("across", document, 201);
    assert.equal((await told("/plugin/across/")).way, "a");
    await put("alone", { plugins: [{ name: "a" }] }, 201);
    assert.equal((await ask("/plugin/alone/x", { status: 404 })).json.error.code, "not_found");
    await put("none", { plugins: [{ name: "nobody" }] }, 400);
    await ask("/plugin/none/", { status: 404 });
  });
});
