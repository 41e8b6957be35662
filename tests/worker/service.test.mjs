// Service bindings: scripts that call each other, by fetch and by RPC.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { TOKEN, scriptsOf, startScripts, text, withScripts } from "./dispatch.mjs";
import { SECRETS_KEY } from "./host.mjs";

const service = (name, more = {}) => ({ type: "service", name, ...more });
// Does what it is asked, by its binding NEXT.
const CALLER = `
export default { async fetch(request, env) {
  const { method, args = [], path } = await request.json();
  try {
    if (path !== undefined) {
      const answer = await env.NEXT.fetch("https://next.example" + path, { method: "POST", body: "a body", headers: { "x-own": "mine" } });
      return Response.json({ status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() });
    }
    return Response.json({ value: await env.NEXT[method](...args) ?? null });
  } catch (error) {
    return Response.json({ error: error.message });
  }
} };`;
const CALLED = (mark) => `
import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  async fetch(request) { return new Response(${JSON.stringify(mark)} + " " + request.method + " " + request.url + " " + request.headers.get("x-own") + " " + await request.text(), { headers: { "x-from": "called" } }); }
  add(a, b) { return a + b; }
  mark() { return ${JSON.stringify(mark)}; }
  props() { return this.ctx.props; }
  fails() { throw new RangeError("too far"); }
  counter() { let n = 0; return { next: () => ++n }; }
}
export class Admin extends WorkerEntrypoint {
  props() { return this.ctx.props; }
  name() { return "admin"; }
}`;
// Calls the other one for as long as it is told to.
const CIRCLE = `
import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  async fetch(request) { return Response.json(await this.down(1000)); }
  async down(left) {
    if (left === 0) return { depth: 0 };
    try {
      const { depth, error } = await this.env.NEXT.down(left - 1);
      return { depth: depth + 1, error };
    } catch (error) { return { depth: 0, error: error.message }; }
  }
}`;

describe("services", () => {
  let host;
  const told = async (name, body) => JSON.parse(await text(await host.ask(`${name}/`, { method: "POST", body: JSON.stringify(body), signal: AbortSignal.timeout(20_000) })));
  const called = async (method, ...args) => (await told("caller", { method, args })).value;
  const refused = async (name, bindings, count = 1) => {
    const error = await host.deploy(name, CALLER, { bindings }).then(() => assert.fail("it was deployed"), (error) => error);
    assert.equal((error.message.match(/"code":10143/g) ?? []).length, count, error.message);
    return error.message;
  };
  before(async () => {
    host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 0 } });
    await host.deploy("called", CALLED("one"));
    await host.deploy("caller", CALLER, { bindings: [service("NEXT", { service: "called", environment: "production" })] });
  });
  after(() => host?.dispose());

  test("fetch: request and answer go through as they are", async () => {
    const { status, headers, text } = await told("caller", { path: "/a?b" });
    assert.deepEqual([status, headers["x-from"], text], [200, "called", "one POST https://next.example/a?b mine a body"]);
  });

  test("RPC: methods with their arguments, what they give and what they throw", async () => {
    assert.equal(await called("add", 1, 2), 3);
    assert.deepEqual(await called("props"), {});
    assert.equal((await told("caller", { method: "fails" })).error, "too far");
    assert.match((await told("caller", { method: "nothing" })).error, /does not implement the method "nothing"/);
    await host.deploy("functions", `export default { async fetch(request, env) { using counter = await env.NEXT.counter(); await counter.next(); return new Response(String(await counter.next())); } };`, { bindings: [service("NEXT", { service: "called" })] });
    assert.equal(await text(await host.ask("functions/")), "2", "a stub that is given is one");
  });

  test("a named entrypoint, with props", async () => {
    await host.deploy("named", CALLER, { bindings: [service("NEXT", { service: "called", entrypoint: "Admin", props: { role: "all" } })] });
    assert.deepEqual((await told("named", { method: "props" })).value, { role: "all" });
    assert.equal((await told("named", { method: "name" })).value, "admin");
    assert.match((await told("named", { method: "add" })).error, /does not implement/);
    await host.deploy("unnamed", CALLER, { bindings: [service("NEXT", { service: "called", entrypoint: "Nobody" })] });
    assert.match((await told("unnamed", { method: "name" })).error, /Nobody/);
  });

  test("whatever is live of the service, at once", async () => {
    assert.equal(await called("mark"), "one");
    await host.deploy("called", CALLED("two"));
    assert.equal(await called("mark"), "two");
    const one = (await host.deployments("called"))[1].versions[0].version_id;
    await host.split("called", { [one]: 100 });
    assert.equal(await called("mark"), "one");
  });

  test("one that is not there is refused at once; one that goes away is told then", async () => {
    assert.match(await refused("to-nobody", [service("A", { service: "nobody" }), service("B", { service: "none" })], 2), /Could not resolve service binding \\"A\\": there is no script tenants\/nobody/);
    await host.deploy("goes", CALLED("x"));
    await host.deploy("to-goes", CALLER, { bindings: [service("NEXT", { service: "goes" })] });
    await host.remove("goes");
    assert.equal((await told("to-goes", { method: "mark" })).error, "There is no service tenants/goes any more.");
    const { errors } = await host.api("PATCH", `${NAMESPACES}/tenants/scripts/caller/settings`, { bindings: [service("NEXT", { service: "goes" })] }, { status: 400 });
    assert.equal(errors[0].code, 10143);
    assert.equal(await called("add", 1, 1), 2, "nothing has changed");
  });

  test("scripts that call each other in a circle come to an end that says so", async () => {
    await host.deploy("self", CIRCLE, { bindings: [service("NEXT", { service: "self" })] });
    const { depth, error } = JSON.parse(await text(await host.ask("self/", { signal: AbortSignal.timeout(30_000) })));
    assert.equal(depth, 16);
    assert.match(error, /^Services are 16 deep at most, and tenants\/self would be called by one that is/);
    await host.deploy("a", CALLED("a"));
    await host.deploy("b", CIRCLE, { bindings: [service("NEXT", { service: "a" })] });
    await host.deploy("a", CIRCLE, { bindings: [service("NEXT", { service: "b" })] });
    assert.equal(JSON.parse(await text(await host.ask("a/", { signal: AbortSignal.timeout(30_000) }))).depth, 16);
  });

  test("a script has so many calls under way, and no more", async () => {
    await host.deploy("slow", `import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint { async wait(ms) { await new Promise((resolve) => setTimeout(resolve, ms)); return 1; } }`);
    await host.deploy("many", `export default { async fetch(request, env) {
      const all = await Promise.allSettled(Array.from({ length: 300 }, () => env.NEXT.wait(500)));
      const failed = all.filter(({ status }) => status === "rejected");
      return Response.json({ ok: all.length - failed.length, message: failed[0]?.reason.message });
    } };`, { bindings: [service("NEXT", { service: "slow" })] });
    const { ok, message } = JSON.parse(await text(await host.ask("many/")));
    assert.equal(ok, 256);
    assert.match(message, /has 256 calls to its services under way/);
    assert.equal(JSON.parse(await text(await host.ask("many/"))).ok, 256, "they are over when they are answered");
  });

  test("of another namespace: where the owner of this one says so, for as long as that is said", async () => {
    const other = scriptsOf(host, "others");
    await other.create();
    await other.deploy("api", CALLED("other"));
    const bindings = [service("NEXT", { service: "api", namespace: "others" })];
    await refused("across", bindings);
    const patch = (services, options) => host.api("PATCH", `${NAMESPACES}/tenants`, { services }, options);
    await patch(["others"], { status: 400 });
    for (const services of [["others/api"], ["others/*"]]) {
      assert.deepEqual((await patch(services)).result.services, services);
      await host.deploy("across", CALLER, { bindings });
      assert.equal((await told("across", { method: "mark" })).value, "other");
    }
    await patch(null);
    assert.equal((await told("across", { method: "mark" })).error, "The namespace tenants may not call others/api.");
    await refused("across", bindings);
    const reader = (await host.api("POST", "/accounts/a/tokens", { name: "t", permission: "write", namespaces: ["tenants"] })).result.value;
    await patch(["others/api"], { token: reader, status: 403 });
  });

  test("a version that does not load is not called: the one before it is", () => withScripts({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 0 } }, async (host) => {
    const told = async (body) => JSON.parse(await text(await host.ask("caller/", { method: "POST", body: JSON.stringify(body) })));
    await host.deploy("called", CALLED("good"));
    await host.deploy("caller", CALLER, { bindings: [service("NEXT", { service: "called" })] });
    assert.equal((await told({ method: "mark" })).value, "good");
    await host.deploy("called", CALLED("new"));
    await host.spy({ code: "broken" });
    assert.equal((await told({ method: "mark" })).value, "good", "by RPC");
    assert.match((await told({ path: "/" })).text, /^good POST/, "it is known by now");
    await host.spy({ code: "given" });
    await host.deploy("called", CALLED("newer"));
    await host.spy({ code: "broken" });
    assert.match((await told({ path: "/" })).error, /Failed to start Worker/, "what has a body is not sent twice");
    await host.spy({ code: "given" });
    await host.deploy("called", CALLED("mended"));
    assert.equal((await told({ method: "mark" })).value, "mended");
  }));

  test("the stub is a way to the service, and to nothing of this host", async () => {
    const names = ["env", "ctx", "constructor", "__proto__", "prototype", "toString", "valueOf", "hasOwnProperty", "__defineGetter__", "isPrototypeOf", "then", "apply", "call", "bind", "dup", "connect", "self", "scheduled", "queue", "alarm", "tail", "trace", "test", "webSocketMessage"];
    await host.deploy("thief", `export default { async fetch(request, env) {
      const told = {};
      const spelled = async (value) => { const seen = await value; return JSON.stringify(seen, (key, one) => (typeof one === "function" ? "function" : one)) + " " + Object.keys(seen ?? {}); };
      for (const name of ${JSON.stringify(names)}) {
        for (const [way, tried] of [["get", () => env.NEXT[name]], ["call", () => Reflect.apply(env.NEXT[name], env.NEXT, [])], ["deep", () => env.NEXT[name].API_TOKEN], ["deeper", () => env.NEXT[name].env.API_TOKEN], ["made", () => Reflect.apply(env.NEXT[name], env.NEXT, ["return globalThis"])]]) {
          try { told[name + " " + way] = await Promise.race([spelled(tried()), new Promise((resolve) => setTimeout(resolve, 300, "late"))]); } catch (error) { told[name + " " + way] = error.message; }
        }
      }
      return Response.json(told);
    } };`, { bindings: [service("NEXT", { service: "called" })] });
    const answer = await text(await host.ask("thief/", { signal: AbortSignal.timeout(50_000) }));
    for (const secret of [TOKEN, SECRETS_KEY, "LOADER", "DIRECTORY", "API_TOKEN\"", "exports"]) assert.ok(!answer.includes(secret), `${secret}: ${answer}`);
    assert.equal(await called("add", 2, 2), 4, "and it serves on");
  });

  test("bindings that cannot be are refused; what is shown of them is what was sent", async () => {
    for (const bad of [{}, { service: "A B" }, { service: "called", props: 5 }, { service: "called", entrypoint: 5 }, { service: "called", namespace: "x/y" }]) {
      await assert.rejects(host.deploy("bad", CALLER, { bindings: [service("NEXT", bad)] }), /is a service: it needs/);
    }
    const { result } = await host.api("GET", `${NAMESPACES}/tenants/scripts/named/bindings`);
    assert.deepEqual(result, [{ name: "NEXT", type: "service", service: "called", entrypoint: "Admin", props: { role: "all" } }]);
  });
});
