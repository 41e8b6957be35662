// Durable Objects of scripts: as Cloudflare's, and nobody else's.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { TOKEN, scriptsOf, startScripts, text, wait, withScripts } from "./dispatch.mjs";
import { compare } from "./stores/compared.mjs";
import { until } from "./until.mjs";

const binding = (name, class_name) => ({ name, type: "durable_object_namespace", class_name });
const created = (...classes) => ({ new_tag: "v1", new_sqlite_classes: classes });
const bound = { bindings: [binding("NS", "Counter")], migrations: created("Counter") };
/** What a later upload of it says. */
const again = { bindings: bound.bindings };

/** `/name/method/...args` calls a method of an object. */
const CALLS = `
import { DurableObject } from "cloudflare:workers";
export default { async fetch(request, env) {
  const [, name, method, ...args] = new URL(request.url).pathname.split("/").map(decodeURIComponent);
  const stub = env.NS.getByName(name);
  if (method === "fetch") return stub.fetch(request);
  try { return Response.json((await stub[method](...args)) ?? null); } catch (error) { return new Response(error.message, { status: 422 }); }
} };`;
const COUNTER = (version = "one") => `${CALLS}
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export class Counter extends DurableObject {
  memory = 0;
  async add() {
    this.memory += 1;
    const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
    await this.ctx.storage.put("count", count);
    return count;
  }
  told() { return ["${version}", this.memory]; }
  async slow(ms) { console.log("a slow call begins"); await wait(Number(ms)); return "${version}"; }
  ring(ms) { return this.ctx.storage.setAlarm(Date.now() + Number(ms)); }
  async turns() {
    this.ctx.storage.setAlarm(Date.now() + 60_000);
    await this.ctx.storage.deleteAlarm();
    await wait(300);
    const removed = await this.ctx.storage.getAlarm();
    this.ctx.storage.deleteAlarm();
    this.ctx.storage.setAlarm(Date.now() + 60_000);
    return [removed, (await this.ctx.storage.getAlarm()) > Date.now()];
  }
  async alarm() { await this.ctx.storage.put("rang", "${version}"); }
  rang() { return this.ctx.storage.get("rang"); }
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/stream")) return new Response(new ReadableStream({ async start(to) {
      for (const word of ["a ", "slow ", "body"]) { to.enqueue(new TextEncoder().encode(word)); await wait(1000); }
      to.close();
    } }));
    const [client, server] = Object.values(new WebSocketPair());
    if (pathname.endsWith("/hibernating")) this.ctx.acceptWebSocket(server);
    else { server.accept(); server.addEventListener("message", ({ data }) => server.send(data)); }
    return new Response(null, { status: 101, webSocket: client });
  }
  webSocketMessage(socket, data) { socket.send(data); }
} // ${version}`;

describe("Durable Objects", () => {
  let host;
  let api;
  before(async () => {
    host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 0 } });
    api = apiOf(host, TOKEN);
  });
  after(() => host?.dispose());
  const call = async (path) => JSON.parse(await text(await host.ask(path)));
  const socket = async (path) => {
    const { url } = host;
    const opened = new WebSocket(`${url.replace("http", "ws")}dispatch/tenants/${path}`);
    const heard = [];
    opened.onmessage = ({ data }) => heard.push(data);
    const closed = new Promise((resolve) => (opened.onclose = ({ code }) => resolve(code)));
    await new Promise((resolve, reject) => ([opened.onopen, opened.onerror] = [resolve, reject]));
    return { closed, heard, send: (data) => opened.send(data), close: () => opened.close() };
  };

  test("set and remove their alarm in the order in which they say so, waited for or not", async () => {
    await host.deploy("inturn", COUNTER(), bound);
    assert.deepEqual(await call("inturn/a/turns"), [null, true]);
  });

  test("answer each call as Cloudflare's do", async () => {
    const names = { NS: "Counter", OTHER: "Plain", ARROW: "Arrow", SILENT: "Silent" };
    const durableObjects = Object.fromEntries(Object.entries(names).map(([name, className]) => [name, { className, useSQLite: true }]));
    await compare(host, "objects_calls.js", {
      binding: Object.entries(names).map(([name, class_name]) => binding(name, class_name)),
      metadata: { migrations: created(...Object.values(names)) },
      options: { durableObjects },
      count: 97,
    });
  });

  test("are the script's own, whatever it calls them, and of one class", async () => {
    for (const name of ["one", "two"]) await host.deploy(name, COUNTER(), bound);
    assert.deepEqual([await call("one/a/add"), await call("one/a/add"), await call("two/a/add")], [1, 2, 1]);
    await host.deploy("both", `${COUNTER()}
      export class Other extends Counter {}
      export { worker as default }; const worker = { async fetch(request, env) { return Response.json([await env.NS.getByName("a").add(), await env.OTHER.getByName("a").add()]); } };`.replace("export default {", "const unused = {"), {
      bindings: [binding("NS", "Counter"), binding("OTHER", "Other")], migrations: created("Counter", "Other"),
    });
    assert.deepEqual(await call("both/"), [1, 1]);
  });

  test("what a script makes up reaches no other's, nor the host", async () => {
    await host.deploy("victim", COUNTER(), bound);
    await call("victim/a/add");
    // By what it is given; hostile.mjs has a way to the stub below that.
    await host.deploy("forger", `${CALLS}
      export class Counter extends DurableObject {
        async props() { return [this.ctx.props, this.ctx.id.name]; }
        async steal() {
          const told = [];
          for (const headers of [{ "x-dynamic-loader-object": encodeURIComponent('{"script":"victim","id":"x"}') }, { "x-dynamic-loader-op": '{"op":"alarm"}' }]) {
            told.push((await this.env.NS.getByName("other").fetch("https://object/", { headers })).status);
          }
          return told;
        }
        alarm() { throw new Error("rang"); }
        fetch(request) { return new Response(null, { status: [...request.headers.keys()].some((name) => name.startsWith("x-dynamic-loader")) ? 500 : 204 }); }
      }`, bound);
    assert.deepEqual(await call("forger/a/steal"), [204, 204]);
    const victims = (await host.api("GET", `${NAMESPACES}/tenants/scripts/victim/stores`)).result[0].id;
    assert.equal(typeof victims, "string");
    await host.deploy("attacker", `import { DurableObject } from "cloudflare:workers";
      export class Counter extends DurableObject { add() { return "the attacker's"; } }
      export default { async fetch(request, env, ctx) {
        const told = [];
        const attempt = async (call) => { try { told.push(String(await call())); } catch (error) { told.push("threw"); } };
        const { NS } = env;
        const Id = NS.idFromName("a").constructor;
        for (const id of ["../../victim/1/object/${victims}/" + NS.idFromName("a"), "a".repeat(63) + "/", "\u0000".repeat(64), ""]) {
          class Forged extends Id { toString() { return id; } }
          await attempt(() => NS.get(new Forged(id, "a")).add());
          await attempt(() => NS.get(new Forged(id, "a")).fetch("https://object/"));
        }
        const stub = NS.getByName("a");
        for (const name of ["wipe", "exported", "setAlarm", "getAlarm", "alarm", "fetch", "dup", "constructor", "ctx", "env", "storage"]) {
          await attempt(async () => { const value = await stub[name]; return typeof value === "function" && name !== "fetch" ? value({ script: "victim" }) : "none"; });
        }
        await attempt(() => ctx.exports?.Objects?.({ props: { script: "victim" } }).call({ id: String(stub.id) }, ["add"], []));
        await attempt(() => stub.add());
        return Response.json(told);
      } };`, bound);
    const told = JSON.parse(await text(await host.ask("attacker/")));
    assert.equal(told.length, 21);
    assert.deepEqual(told.slice(0, 8), Array(8).fill("threw"), "ids that are none");
    assert.ok(told.every((one) => ["threw", "none", "undefined", "the attacker's"].includes(one)), JSON.stringify(told));
    assert.equal(told.at(-1), "the attacker's");
    assert.equal(await call("victim/a/add"), 2, "nothing of it was touched");
    assert.deepEqual(await call("forger/a/props"), [{}, "a"]);
  });

  test("the entrypoint and the objects refuse what our module would not have asked", async () => {
    const objects = await host.miniflare.getDurableObjectNamespace("OBJECTS");
    const id = "0".repeat(64);
    const ask = (script, incarnation) => objects.get(objects.idFromName(`made/up/1/object/Counter/${id}`)).fetch("https://object/", {
      headers: { "x-dynamic-loader-object": encodeURIComponent(JSON.stringify({ namespace: "tenants", script, incarnation, class: "Counter", id })) },
    });
    await assert.rejects(ask("none", "1"), /not there any more/);
    await assert.rejects(ask("one", "1"), /not there any more/, "of another life of the script");
  });

  test("a new version finds what is stored; what is under way comes to its end, and what comes after waits for it", async () => {
    await host.deploy("app", COUNTER(), bound);
    assert.equal(await call("app/a/add"), 1);
    const slow = call("app/a/slow/3000");
    const streamed = text(await host.ask("app/a/fetch/stream"));
    await host.logged(/a slow call begins/);
    await host.deploy("app", COUNTER("two"), again);
    const after = call("app/a/told");
    assert.equal(await Promise.race([slow, after.then(() => "too early")]), "one");
    assert.deepEqual(await after, ["two", 0]);
    assert.equal(await streamed, "a slow body");
    assert.equal(await call("app/a/add"), 2);
    assert.deepEqual(await call("app/a/told"), ["two", 1], "it stays in memory");
  });

  test("WebSockets work, and are closed with 1012 when other code is live; those of others are not", async () => {
    await host.deploy("sockets", COUNTER(), bound);
    const [one, two, other] = [await socket("sockets/a/fetch/plain"), await socket("sockets/a/fetch/hibernating"), await socket("sockets/b/fetch/plain")];
    for (const { send } of [one, two, other]) send("hello");
    await until(() => [one, two, other].every(({ heard }) => heard.length > 0), "they are answered");
    await host.deploy("sockets", COUNTER("two"), again);
    assert.deepEqual(await call("sockets/a/told"), ["two", 0]);
    assert.deepEqual([await one.closed, await two.closed], [1012, 1012]);
    other.send("still there");
    await until(() => other.heard.length === 2, "it is answered");
    other.close();
  });

  test("an alarm runs the code that is live", async () => {
    await host.deploy("alarms", COUNTER(), bound);
    await call("alarms/a/ring/3000");
    await host.deploy("alarms", COUNTER("two"), again);
    assert.equal(await until(() => call("alarms/a/rang"), "it rings"), "two");
  });

  test("an alarm rings when its namespace is called otherwise", async () => {
    const before = scriptsOf(host, "early", TOKEN);
    await before.create();
    // Another object is told: who calls this one would tell it the name.
    const source = COUNTER().replace('async alarm() {', 'note() { return this.ctx.storage.put("rang", "told"); } async alarm() { await this.env.NS.getByName("b").note();');
    await before.deploy("app", source, bound);
    await text(await before.ask("app/a/ring/2000"));
    await api("PATCH", `${NAMESPACES}/early`, { name: "late" });
    const rang = async () => JSON.parse(await text(await scriptsOf(host, "late", TOKEN).ask("app/b/rang")));
    assert.equal(await until(rang, "it rings"), "told");
  });

  test("go with their script, and one that is made anew finds nothing", async () => {
    await host.deploy("gone", COUNTER(), bound);
    assert.deepEqual([await call("gone/a/add"), await call("gone/a/add")], [1, 2]);
    await call("gone/a/ring/1000");
    await host.remove("gone");
    await host.deploy("gone", COUNTER(), bound);
    assert.equal(await call("gone/a/add"), 1);
    await wait(1200);
    assert.equal(await call("gone/a/rang"), null);
  });

  test("a script that is gone leaves nothing of its objects", async () => {
    const folder = mkdtempSync(join(tmpdir(), "objects-gone-"));
    try {
      await withScripts({ bindings: { SNAPSHOT_TTL_MS: 0 }, extra: { durableObjectsPersist: folder } }, async (host) => {
        await host.deploy("app", COUNTER().replace('put("count", count)', 'put("count", count); await this.ctx.storage.put("mark", "the mark of this test")'), bound);
        for (const name of ["a", "b", "c"]) await text(await host.ask(`app/${name}/add`));
        const has = (name) => {
          try {
            return readFileSync(join(folder, name)).includes("the mark of this test");
          } catch (error) {
            // The runtime deletes some while they are looked at.
            if (error.code === "ENOENT") return false;
            throw error;
          }
        };
        const marked = () => readdirSync(folder, { recursive: true }).filter((name) => /\.sqlite/.test(name) && has(name));
        assert.ok(marked().length >= 3);
        await host.remove("app");
        await until(marked, "they are deleted", ({ length }) => length === 0);
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("migrations: a class is renamed with its objects, and deleted with them", async () => {
    await host.deploy("moves", COUNTER(), bound);
    await call("moves/a/add");
    const renamed = COUNTER().replace("class Counter", "class Tally");
    await host.deploy("moves", renamed, { bindings: [binding("NS", "Tally")], migrations: { old_tag: "v1", new_tag: "v2", renamed_classes: [{ from: "Counter", to: "Tally" }] } });
    assert.equal(await call("moves/a/add"), 2);
    const at = "/accounts/0123456789abcdef0123456789abcdef/workers/dispatch/namespaces/tenants/scripts/moves";
    assert.equal((await api("GET", at)).result.script.migration_tag, "v2");
    await host.deploy("moves", renamed, { migrations: { old_tag: "v2", new_tag: "v3", steps: [{ deleted_classes: ["Tally"] }] } });
    await host.deploy("moves", renamed, { bindings: [binding("NS", "Tally")], migrations: { old_tag: "v3", new_tag: "v4", new_sqlite_classes: ["Tally"] } });
    assert.equal(await call("moves/a/add"), 1, "it is another class of the same name");
  });

  test("what cannot be is refused as Cloudflare does, and nothing changes", async () => {
    await host.deploy("kept", COUNTER(), bound);
    await call("kept/a/add");
    const codes = async (source, metadata) => {
      try {
        await host.deploy("kept", source, metadata);
        return "it was taken";
      } catch (error) {
        return Number(/"code":\s*(\d+)|code: (\d+)/.exec(`${error.message} ${JSON.stringify(error)}`)?.slice(1).find(Boolean));
      }
    };
    const without = CALLS;
    assert.equal(await codes(without, { bindings: [] }), 10064, "the class is gone and its objects are there");
    assert.equal(await codes(COUNTER(), { bindings: [binding("NS", "None")] }), 10061);
    assert.equal(await codes(COUNTER(), { bindings: [{ ...binding("NS", "Counter"), script_name: "app" }] }), 10061);
    assert.equal(await codes(COUNTER(), bound), 10079, "from the start again");
    assert.equal(await codes(COUNTER(), { ...again, migrations: { old_tag: "v1", new_tag: "v2", new_sqlite_classes: ["Counter"] } }), 10074);
    assert.equal(await codes(COUNTER(), { ...again, migrations: { old_tag: "v1", new_tag: "v2", deleted_classes: ["Counter"] } }), 10061);
    assert.equal(await codes(COUNTER(), { ...again, migrations: { old_tag: "v1", new_tag: "v2", new_sqlite_classes: ["NotExported"] } }), 10064);
    await assert.rejects(host.upload("kept", COUNTER("two"), { ...again, migrations: { old_tag: "v1", new_tag: "v2", new_sqlite_classes: ["Counter2"] } }));
    assert.equal(await call("kept/a/add"), 2);
    const id = await host.upload("kept", COUNTER("three"), again);
    await host.split("kept", { [id]: 100 });
    assert.deepEqual([await call("kept/a/add"), await call("kept/a/told")], [3, ["three", 1]], "a version that is deployed later");
  });
});

test("the digest that makes ids is SHA-256", async () => {
  const { sha256 } = await import("../../src/capability/object/child.js");
  for (let length = 0; length < 300; length += 1) {
    const bytes = randomBytes(length);
    assert.equal(Buffer.from(sha256(bytes)).toString("hex"), createHash("sha256").update(bytes).digest("hex"), `${length} bytes`);
  }
});
