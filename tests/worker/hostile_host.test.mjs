// A tenant that tries to reach the host by the stubs that it has been handed.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { scriptsOf, text } from "./dispatch.mjs";
import { SECRET, attacker, everything, startHostile } from "./hostile.mjs";
import { telemetryOf, until } from "./telemetry.mjs";

describe("a hostile script", () => {
  let host;
  before(async () => (host = await startHostile({ main: "builtin.js" })));
  after(() => host?.dispose());

  test("changes nothing that is built in here by a path that does not lead to its own object", async () => {
    const builtIn = async () => text(await host.fetch("/built-in"));
    const before = await builtIn();
    const local = ["__proto__", "constructor", "toString", "toLocaleString", "valueOf", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "then", "catch", "finally"];
    await host.deploy("paths", attacker(`
      wrapped: ({ env }) => { const room = env.ROOMS.getByName("room"); return room.a.constructor.constructor("return globalThis"); },
      by: async ({ env, raw }, method, path, args = []) => {
        const { ROOMS } = await raw();
        const which = { id: String(env.ROOMS.idFromName("room")) };
        const getter = () => "the attacker's";
        return String(await (method === "read" ? ROOMS.read(which, path) : ROOMS.call(which, path, args.map((one) => (one === "getter" ? getter : one)))));
      },
    `), everything());
    assert.deepEqual(await host.attempt("paths", "by", "call", ["hello"]), { told: "hello" }, "or this test would prove nothing");
    assert.match((await host.attempt("paths", "wrapped")).refused, /no call/);
    for (const path of [["__proto__", "__defineGetter__"], ["__proto__", "__proto__", "__defineGetter__"], ["a", "__proto__", "__defineGetter__"], ["__defineGetter__"], ["a", "constructor", "prototype", "__defineGetter__"]]) {
      for (const name of ["polluted", "fetch", "namespace_id"]) assert.match((await host.attempt("paths", "by", "call", path, [name, "getter"])).refused, /no call/, `${path}`);
    }
    for (const name of local) {
      for (const path of [[name], ["a", name], [name, "a"], ["a", name, "constructor"]]) {
        assert.match((await host.attempt("paths", "by", "read", path)).refused, /no property/, `${path}`);
        assert.match((await host.attempt("paths", "by", "call", path, ["x"])).refused, /no call/, `${path}`);
      }
    }
    assert.equal(await builtIn(), before);
    await host.unharmed();
  });

  test("learns nothing from the entrypoints below its bindings, whatever it calls there and with what", async () => {
    await host.deploy("raw", attacker(`
      all: async ({ env, raw }) => {
        const stubs = { ...(await raw()), NEXT: env.NEXT };
        const names = ["env", "ctx", "constructor", "prototype", "__proto__", "then", "dup", "connect", "toString", "fetch", "alarm", "tail", "queue", "scheduled", "read", "write", "remove", "list", "run", "head", "get", "begin", "complete", "abort", "call", "send", "take", "metrics", "wipe", "exported", "setAlarm", "sized", "deliver", "store", "place"];
        const forged = { namespace_id: "x", script: "victim", incarnation: "1", id: "kv", namespace: "tenants" };
        const polluted = JSON.parse('{"__proto__":{"script":"victim"},"constructor":{"prototype":{"script":"victim"}}}');
        const lists = [[], [forged], ["../../victim/kv", new Uint8Array(1), "{", 1e308], [{ ctx: { props: forged } }, ["kept"], [forged]], [polluted, polluted], [["kept", "../kept", "\\0"]], [{ length: -1, 0: "kept" }], [new ReadableStream(), () => forged],
          [{ prefix: "../../" }, 1000, "AAAA"], [[{ sql: "SELECT * FROM _cf_KV", params: [] }]], [[{ sql: "ATTACH '/etc/passwd' AS a", params: [] }]], ["https://x/", { headers: { "x-call": JSON.stringify({ call: "put", key: 5 }), "x-dynamic-loader-op": '{"op":"export"}' } }], [{ then: (resolve) => resolve(forged) }, new Map([[forged, forged]])]];
        const told = [];
        const late = (ms) => new Promise((resolve) => setTimeout(resolve, ms, "late"));
        const spelled = async (value) => { const seen = await value; return seen instanceof Response ? seen.text() : JSON.stringify(seen, (key, one) => (typeof one === "function" ? "function" : one instanceof Uint8Array ? new TextDecoder().decode(one) : one)) + Object.keys(seen ?? {}); };
        for (const [binding, stub] of Object.entries(stubs)) {
          if (stub === undefined) throw new Error("no stub of " + binding);
          for (const name of names) {
            const tries = lists.map((args) => () => Reflect.apply(stub[name], stub, args));
            tries.push(() => stub[name], () => stub[name].env, () => stub[name].ctx.props);
            told.push(...(await Promise.all(tries.map(async (one) => { try { return binding + "." + name + ": " + (await Promise.race([spelled(one()), late(300)])); } catch (error) { return binding + "." + name + " threw " + error.message; } }))));
          }
        }
        return told;
      },
    `), everything());
    const { told } = await host.attempt("raw", "all");
    assert.ok(told.length > 2500, `${told.length}`);
    for (const word of ["LOADER", "DIRECTORY", "API_TOKEN", "BUNDLES", "incarnation\":\"", "root:"]) assert.deepEqual(told.filter((one) => one.includes(word) && !one.includes("victim\"")), [], word);
    await host.unharmed();
  });

  test("gains nothing outside by what it does to what is built in where it runs", async () => {
    await host.deploy("breaks", attacker(`
      break: async ({ env }) => {
        const forged = { namespace: "tenants", script: "victim", incarnation: "1", id: "kv", binding: "BUNDLES", prefix: "", props: { script: "victim" }, env: {}, ctx: { props: { script: "victim" } }, sql: "SELECT * FROM kept", key: "kept", get: () => "kept", length: 1, headers: [["x-key", "stolen"]], toJSON() { return { call: "put", key: "../victim", options: {} }; } };
        for (const [name, value] of Object.entries(forged)) if (name !== "get") Object.prototype[name] = value;
        const { map } = Array.prototype;
        Array.prototype.map = function (...args) { return this.length === 1 && typeof this[0] === "string" ? ["../../victim/kept"] : map.apply(this, args); };
        for (const name of ["encode"]) TextEncoder.prototype[name] = () => new Uint8Array([107, 101, 112, 116]);
        Headers.prototype.set = function () { return Headers.prototype.append.call(this, "x-dynamic-loader-op", '{"op":"export"}'); };
        String.prototype.replace = function () { return "../victim"; };
        Reflect.apply = () => "applied";
        const told = [];
        const attempt = async (what) => { try { told.push(String(await what())); } catch (error) { told.push("threw " + error.message); } };
        await attempt(() => env.KV.get("kept"));
        await attempt(async () => (await env.FILES.get("kept"))?.text());
        await attempt(() => env.FILES.put("kept", "the attacker's"));
        await attempt(() => env.DB.prepare("SELECT text FROM kept").first("text"));
        await attempt(() => env.ROOMS.getByName("room").hello());
        await attempt(async () => (await env.ROOMS.getByName("room").fetch("https://object/")).text());
        await attempt(() => env.JOBS.send("x"));
        await attempt(() => env.NEXT.add(1, 2));
        await attempt(async () => (await fetch("http://127.0.0.1:9/v1/")).text());
        let all = "";
        for (const one of told) all += one + "\\n";
        return all;
      },
    `), everything());
    // What it has broken may be what its answer takes.
    const answer = await (await host.ask("breaks/", { method: "POST", body: '["break"]' })).text();
    assert.ok(!answer.includes(SECRET), answer);
    await host.unharmed();
    const keys = async (name) => Object.fromEntries((await host.api("GET", host.of(name, "/stores"))).result.map(({ kind, keys }) => [kind, keys]));
    const victims = await keys("victim");
    assert.deepEqual([victims.kv, victims.r2, victims.object], [1, 1, 1], "nothing was added to the victim's");
  });

  test("throws and answers what it likes, and the next request is served", async () => {
    await host.deploy("odd", `
      const odd = {
        null: () => { throw null; }, undefined: () => { throw undefined; }, symbol: () => { throw Symbol("x"); }, proxy: () => { throw new Proxy(new Error("p"), { get() { throw 1; } }); }, function: () => { throw () => 5; },
        getter: () => { throw { get message() { throw new Error("no"); }, name: { toString() { throw 1; } } }; }, name: () => { const error = new Error("e"); Object.defineProperty(error, "name", { get() { return "n".repeat(5_000_000); } }); throw error; },
        remote: () => { throw Object.assign(new Error("Failed to start Worker: x"), { remote: false }); }, factory: () => { throw new Error("worker-loader factory: a panic took it down"); }, long: () => { throw new Error("y".repeat(5_000_000)); },
        error: () => Response.error(), number: () => 5, thenable: () => ({ then: (resolve) => resolve(5) }), proxied: () => new Proxy(new Response("p"), {}), never: () => new Promise(() => {}), used: async () => { const answer = new Response("u"); await answer.text(); return answer; },
      };
      export default { fetch: (request) => odd[new URL(request.url).pathname.slice(1)]() };`, { tail: true });
    for (const what of ["null", "undefined", "symbol", "proxy", "function", "getter", "name", "remote", "factory", "long", "error", "number", "thenable", "proxied", "never", "used"]) {
      const answer = await host.ask(`odd/${what}`);
      const body = await answer.text();
      // What throws when it is looked at the runtime takes for a failure of its own, and so must whoever hears of it.
      const isRuntimes = what === "proxy";
      assert.equal(answer.status, isRuntimes ? 500 : 502, `${what}: ${body}`);
      const { error } = JSON.parse(body);
      assert.match(error.code, isRuntimes ? /^internal$/ : /^dynamic_worker_(threw|failed|hung)/, what);
      assert.ok(JSON.stringify(error).length < 500, what);
    }
    await host.unharmed();
    await host.logged(/A version of tenants\/odd failed/);
    const lines = host.log().split("\n").filter((line) => line.startsWith("A version of tenants/odd failed"));
    assert.ok(lines.every((line) => line.length < 2200), `the operator's log has ${Math.max(...lines.map(({ length }) => length))} characters of it`);
  });

  test("is called as everybody's prototype is, and so are its namespace and its store, and that is a name as any", async () => {
    for (const namespace of ["__proto__", "constructor"]) {
      const scripts = scriptsOf(host, namespace);
      await scripts.create();
      for (const name of ["__proto__", "constructor", "prototype"]) {
        await scripts.deploy(name, `export default { async fetch(request, env) { await env.KV.put("${namespace}", "${name}"); console.log("of ${name}"); return Response.json((await env.KV.list()).keys.map(({ name }) => name)); } };`, { bindings: [{ name: "KV", type: "kv_namespace", namespace_id: "__proto__" }] });
        assert.deepEqual(JSON.parse(await text(await scripts.ask(`${name}/`))), [namespace]);
      }
      const told = telemetryOf(host, `${NAMESPACES}/${namespace}`);
      const { series } = await until(() => told.analytics("?by=script"), ({ series }) => series.length === 3);
      assert.deepEqual(series.map(({ script, totals }) => [script, totals.requests]).sort(), [["__proto__", 1], ["constructor", 1], ["prototype", 1]]);
      for (const name of ["__proto__", "constructor"]) assert.deepEqual((await told.events(name, 1)).map(({ logs }) => logs[0].message), [[`of ${name}`]]);
    }
    await assert.rejects(host.deploy("binds", "export default { fetch() {} };", { bindings: [{ name: "__proto__", type: "plain_text", text: "x" }] }), /cannot be the name of a binding/);
  });
});
