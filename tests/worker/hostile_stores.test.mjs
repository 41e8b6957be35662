// A tenant that poisons what it shares with others, and that would store more than it may.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { options } from "./host.mjs";
import { scriptsOf, text, wait } from "./dispatch.mjs";
import { again, attacker, everything, startHostile } from "./hostile.mjs";
import { until } from "./telemetry.mjs";

const TRIES = `
  send: async ({ raw }, ...messages) => (await raw()).JOBS.send(messages.map(({ bytes, deep, ...message }) => (bytes ? { ...message, body: new Uint8Array(bytes) } : deep ? { ...message, body: "[".repeat(deep) + "]".repeat(deep) } : message)), undefined),
  plain: ({ env }, body, options) => env.JOBS.send(body, options),
  sql: ({ env }, ...all) => env.DB.batch(all.map((one) => env.DB.prepare(one))).then((results) => results.length),
  many: async ({ env }, rows, times) => { try { await env.DB.batch(Array.from({ length: times }, () => env.DB.prepare("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT zeroblob(1000000) FROM n").bind(rows))); return "all"; } catch (error) { return error.message; } },
  shared: async ({ env, raw }, count) => (await raw()).SHARED.read(count === "set" ? new Set(["a", "b"]) : Array(count).fill("a")),
  lie: async ({ env }, told) => { const room = env.ROOMS.getByName("room"); await room.lie(told); return room.hello(); },
  called: ({ env }, name) => env.ROOMS.getByName(name).hello(),
  loop: ({ env }) => env.ROOMS.getByName("room").loop(),
  nest: ({ env }) => env.ROOMS.getByName("room").nest(),
`;

describe("a hostile script", () => {
  let host;
  before(async () => {
    host = await startHostile({ bindings: { SHARED: [{ binding: "CONTENT", type: "kv_namespace", id: "content", namespaces: "*" }] }, extra: { outboundService: undefined, kvNamespaces: ["CONTENT"], r2Buckets: options().r2Buckets } });
  });
  after(() => host?.dispose());
  const queue = (rest = "") => `${NAMESPACES}/tenants/queues/jobs${rest}`;
  const messages = async () => (await host.api("GET", queue("/messages"))).result;
  const purge = () => host.api("DELETE", queue("/messages"));
  const deploy = (name, more) => host.deploy(name, attacker(TRIES, more), everything());

  test("chooses of a message neither its id, its times nor its size, and poisons no queue for others", async () => {
    await deploy("sends");
    const before = Date.now();
    for (const forged of [{ sent: -1e300 }, { sent: 0 }, { sent: 1e300 }, { due: 1e300 }, { due: -1 }, { id: "chosen" }, { seq: 1 }, { size: -1e15 }, { attempts: 99 }]) {
      await host.attempt("sends", "send", { type: "text", body: "forged", ...forged });
    }
    const all = await messages();
    assert.equal(all.length, 9);
    for (const { id, timestamp, due, attempts } of all) {
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.ok(Date.parse(timestamp) >= before && Date.parse(due) <= Date.now(), `${timestamp} ${due}`);
      assert.equal(attempts, 0);
    }
    const { backlog_bytes, backlog_count } = (await host.api("GET", queue())).result;
    assert.deepEqual([backlog_count, backlog_bytes], [9, 54]);
    await purge();
    // What it says to be small is measured.
    for (const message of [{ type: "v8", body: "x".repeat(200_000), size: 8 }, { type: "v8", body: { a: ["x".repeat(200_000)] }, size: -1e15 }, { type: "json", body: "{" }, { type: "text", body: "x".repeat(200_000) }, { type: "bytes", bytes: 200_000 }, { type: "v8", body: 1, delay: -1 }, { type: "other", body: "x" }]) {
      assert.deepEqual(await host.attempt("sends", "send", message), { refused: "Those are no messages." });
    }
    assert.deepEqual(await messages(), []);
  });

  test("sends what cannot be shown, and whoever looks into the queue sees it all the same", async () => {
    await deploy("shows");
    await host.attempt("shows", "plain", { toString: 1, valueOf: 1 }, { contentType: "v8" });
    await host.attempt("shows", "send", { type: "bytes", bytes: 128_000 }, { type: "json", deep: 60_000 }, { type: "json", body: "[[1]]" });
    const [odd, bytes, deep, plain] = await messages();
    assert.deepEqual([odd.body, bytes.body.length, deep.body.length, plain.body], ["[object Object]", 170_668, 120_000, [[1]]]);
    await purge();
  });

  test("consumes a queue in the words of the runtime, and has had its tries", async () => {
    await host.deploy("eats", `
      const { fromEntries } = Object;
      Object.fromEntries = (list) => { const all = [...list]; if (/^[0-9a-f]{32}$/.test(all[0]?.[0])) throw new Error("Failed to start Worker: it says"); return fromEntries(all); };
      export default { async fetch(request, env) { await env.JOBS.send("eaten"); return new Response("sent"); }, queue() {} };`, { bindings: [{ name: "JOBS", type: "queue", queue_name: "eaten" }] });
    await host.api("PUT", `${NAMESPACES}/tenants/queues/eaten`, { consumer: { script_name: "eats", max_wait_time_ms: 0, max_retries: 1, dead_letter_queue: "dead" } });
    await text(await host.ask("eats/"));
    const dead = async () => (await host.fetch(`/client/v4${NAMESPACES}/tenants/queues/dead/messages`, { headers: { authorization: "Bearer the-token-of-the-dispatch-tests" } })).json();
    const { result } = await until(dead, ({ result }) => result?.length === 1);
    assert.deepEqual(result?.map(({ body }) => body), ["eaten"]);
  });

  test("stores no more in a database by what a statement does beside its first word", async () => {
    await deploy("grows");
    const setUp = ["CREATE TABLE t (a)", "CREATE TRIGGER more AFTER DELETE ON t BEGIN INSERT INTO t VALUES (zeroblob(1000000)); END", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"];
    for (const sql of setUp) assert.deepEqual(await host.attempt("grows", "sql", sql), { told: 1 });
    // Without a quota they do what they say.
    assert.deepEqual(await host.attempt("grows", "sql", "DELETE FROM t WHERE a = 1"), { told: 1 });
    const bytes = async () => (await host.api("GET", host.of("grows", "/stores"))).result.find(({ kind }) => kind === "d1").bytes;
    const before = await bytes();
    assert.ok(before > 1_000_000, `${before}`);
    await host.api("PATCH", `${NAMESPACES}/tenants/quota`, { script_storage: { bytes: 1000 } });
    await until(() => host.attempt("grows", "sql", "INSERT INTO t VALUES (1)"), ({ refused }) => refused);
    for (const sql of ["SELECT 1; INSERT INTO t VALUES (zeroblob(1000000))", "DELETE FROM t WHERE a = 2", "PRAGMA optimize; CREATE TABLE u AS SELECT zeroblob(1000000)", "EXPLAIN SELECT 1; INSERT INTO t VALUES (zeroblob(1000000))", "VALUES (1); INSERT INTO t VALUES (zeroblob(1000000))"]) {
      assert.match((await host.attempt("grows", "sql", sql)).refused, /Exceeded maximum DB size: the quota of this script is 1000 bytes/, sql);
    }
    assert.equal(await bytes(), before);
    assert.deepEqual(await host.attempt("grows", "sql", "SELECT * FROM t WHERE a = 2", "DROP TRIGGER more", "DELETE FROM t"), { told: 3 }, "what makes it no larger is done");
    await host.api("PATCH", `${NAMESPACES}/tenants/quota`, { script_storage: null });
  });

  test("asks for more than anybody can be given, and it is in nobody's memory", async () => {
    await deploy("asks");
    assert.deepEqual(await host.attempt("asks", "many", 20, 1), { told: "all" });
    for (const [rows, times] of [[5000, 1], [30, 50]]) assert.deepEqual(await host.attempt("asks", "many", rows, times), { told: "D1_ERROR: The results are over 33554432 bytes: ask for fewer rows at once." });
    assert.deepEqual(await host.attempt("asks", "sql", "CREATE TABLE after (a)"), { told: 1 }, "and nothing is left locked");
  });

  test("reads of what the host shares so many keys at once, and no more", async () => {
    const shared = { ...everything(), bindings: [...everything().bindings, { name: "SHARED", type: "kv_namespace", namespace_id: "host.content" }] };
    const source = attacker(TRIES).replace('KV: await stolen(env, "read", () => env.KV.get("k")),', 'SHARED: await stolen(env, "read", () => env.SHARED.get("k")),');
    await host.deploy("reads", source, shared);
    assert.deepEqual((await host.attempt("reads", "shared", 100)).told.length, 100);
    for (const count of [101, "set"]) assert.deepEqual(await host.attempt("reads", "shared", count), { refused: "Up to 100 keys are read at once." });
  });

  test("lies about what its objects store within what there can be, and stores nothing that nobody counts", async () => {
    await deploy("lies", {
      top: `let lie; const { json } = Response; Response.json = (value) => (typeof value === "number" && lie !== undefined ? new Response(lie) : json(value));
        const { defineProperty } = Object; Object.defineProperty = (on, name, own) => (name === "facets" || name === "props" ? on : defineProperty(on, name, own));`,
      room: `lie(told) { lie = told; }
        nest() { const nested = Reflect.get(Object.getPrototypeOf(this.ctx), "facets", this.ctx) ?? this.ctx.facets; return nested.get("n", () => ({ class: this.ctx.exports.Room })).hello(); }`,
    });
    const stored = async () => (await host.api("GET", host.of("lies", "/stores"))).result.find(({ kind }) => kind === "object").bytes;
    await host.attempt("lies", "lie", "4096");
    // With the name, "room".
    assert.equal(await until(stored, (bytes) => bytes === 4100), 4100, "or this test would prove nothing");
    for (const lie of ["-1000000000000000", "1e300", "99999999999999", '"many"', "{}", "null", "4096.5", "no JSON"]) {
      await host.attempt("lies", "lie", lie);
      await wait(60);
      assert.equal(await stored(), 4100, lie);
    }
    await host.attempt("lies", "lie", "8192");
    assert.equal(await until(stored, (bytes) => bytes === 8196), 8196, "what comes after them is taken");
    assert.match((await host.attempt("lies", "nest")).refused, /Cannot read properties of undefined/);
  });

  test("stores in the names of its objects what is counted, and rings no oftener than it may", async () => {
    await deploy("rings", {
      room: `loop() { return this.ctx.storage.setAlarm(Date.now()); }
        async alarm() { console.log("rings on"); await this.ctx.storage.setAlarm(Date.now()); }`,
    });
    assert.deepEqual(await host.attempt("rings", "called", "n".repeat(100_000)), { told: "hello" });
    const stored = async () => (await host.api("GET", host.of("rings", "/stores"))).result.find(({ kind }) => kind === "object").bytes;
    assert.ok((await stored()) >= 100_000, `${await stored()}`);
    await host.api("PATCH", `${NAMESPACES}/tenants/quota`, { script_storage: { operations_per_minute: 20 } });
    await host.attempt("rings", "loop");
    const rang = () => host.log().split("rings on").length - 1;
    await until(rang, (times) => times > 10);
    await wait(1500);
    // What fails the runtime tries again, some times.
    // A minute may have ended in between. Without a quota it rings some hundred times a second.
    assert.ok(rang() <= 60, `it rang ${rang()} times`);
    await host.api("PATCH", `${NAMESPACES}/tenants/quota`, { script_storage: null });
    await host.remove("rings");
  });

  test("uses up what its namespace may, and no other has less", async () => {
    const other = scriptsOf(host, "others");
    await other.create();
    await other.deploy("app", "export default { async fetch(request, env) { await env.KV.put('a', 'b'); return new Response(await env.KV.get('a')); } };", { bindings: [{ name: "KV", type: "kv_namespace", namespace_id: "kv" }] });
    await host.deploy("grows", attacker(TRIES), again());
    await host.api("PATCH", `${NAMESPACES}/tenants/quota`, { storage: { operations_per_minute: 50 }, requests_per_minute: 40 });
    await host.api("PATCH", `${NAMESPACES}/others/quota`, { storage: { operations_per_minute: 50 }, requests_per_minute: 40 });
    let last;
    for (let i = 0; i < 100 && last !== 429; i += 1) {
      const answer = await host.ask("grows/", { method: "POST", body: JSON.stringify(["sql", ...Array(9).fill("SELECT 1")]) });
      last = answer.status;
      await answer.text();
    }
    assert.equal(last, 429);
    for (let i = 0; i < 5; i += 1) assert.equal(await text(await other.ask("app/")), "b");
    await host.api("PATCH", `${NAMESPACES}/tenants/quota`, { storage: null, requests_per_minute: null });
    await until(() => host.ask("victim/"), ({ status }) => status === 200);
    await host.unharmed();
  });
});
