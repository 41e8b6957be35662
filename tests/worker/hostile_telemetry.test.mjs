// A tenant that hides what it does, tells lies about it, or stops what is told of others.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { text } from "./dispatch.mjs";
import { attacker, everything, startHostile } from "./hostile.mjs";
import { telemetryOf, until } from "./telemetry.mjs";

describe("a hostile script", () => {
  let host, told;
  before(async () => {
    host = await startHostile({ bindings: { ERROR_DETAIL: "true" } });
    told = telemetryOf(host);
  });
  after(() => host?.dispose());

  test("calls nothing by a name of which no tail tells", async () => {
    await host.deploy("hides", attacker(`
      service: ({ env }) => env.NEXT.__workerLoaderLoads("work"),
      object: ({ env }) => env.ROOMS.getByName("room").__workerLoaderLoads("work"),
      below: async ({ env, raw }) => (await raw()).ROOMS.call({ id: String(env.ROOMS.idFromName("room")) }, ["__workerLoaderLoads"], ["work"]),
      plain: ({ env }) => env.NEXT.add(1, 2),
    `, { room: `__workerLoaderLoads(what) { console.log("done unseen: " + what); return "done"; }` }), everything());
    assert.deepEqual(await host.attempt("hides", "plain"), { told: 3 });
    assert.match((await host.attempt("hides", "service")).refused, /does not implement the method "__workerLoaderLoads"/);
    for (const way of ["object", "below"]) assert.match((await host.attempt("hides", way)).refused, /no call/, way);
    assert.ok(!host.log().includes("done unseen"));
    await host.unharmed();
  });

  test("writes what no stack is deep enough for, and its neighbours' logs are told", async () => {
    await host.deploy("deep", `const nested = (levels) => JSON.parse("[".repeat(levels) + "1" + "]".repeat(levels));
      export default { fetch() {
        for (const levels of [10, 64, 65, 1000, 2000]) console.log("deep", nested(levels), { a: nested(levels) });
        for (let levels = 6000; levels < 8400; levels += 12) console.log(nested(levels));
        return new Response("written");
      } };`);
    await host.deploy("neighbour", `export default { fetch() { console.log("the neighbour's"); return new Response("ok"); } };`);
    assert.equal(await text(await host.ask("deep/")), "written");
    await text(await host.ask("neighbour/"));
    const [neighbour] = await told.events("neighbour", 1);
    assert.deepEqual(neighbour?.logs[0].message, ["the neighbour's"]);
    const [{ logs }] = await told.events("deep", 1);
    const levels = (value) => (Array.isArray(value) ? 1 + levels(value[0]) : 0);
    const cut = "(nested over 64 levels deep)";
    assert.deepEqual(logs.slice(0, 5).map(({ message: [, list, object] }) => [levels(list) || list, levels(object.a) || object]), [[10, 10], [64, cut], ...Array(3).fill([cut, cut])]);
    // What the script's own stack was not deep enough for the runtime tells as nothing.
    assert.deepEqual(logs.slice(5).filter(({ message: [value] }) => value !== cut && JSON.stringify(value) !== "{}"), []);
    assert.doesNotMatch(host.log(), /is not recorded yet/);
  });

  test("throws with a stack of its own making, and what is read of it is what could be one", async () => {
    await host.deploy("stacks", `export default { fetch() {
      const error = new Error("made");
      error.stack = "Error: made\\n    at " + " (".repeat(3000) + ":1".repeat(3000) + "x\\n    at long (" + "l".repeat(1200) + ".js:7:7)\\n    at short (short.js:5:6)";
      throw error;
    } };`);
    await text(await host.ask("stacks/"), 502);
    const [fault] = await told.errors("stacks", 1);
    assert.deepEqual([fault?.message, fault?.file, fault?.line], ["made", "short.js", 5]);
  });

  test("calls a service under its own request's id, and is not told what that threw and wrote", async () => {
    await host.deploy("callee", `export default { fetch() { console.log("the callee's own"); throw new Error("the callee's error"); } };`);
    const source = (own) => `export default { async fetch(request, env) {
      const headers = { "x-worker-request-id": request.headers.get("x-worker-request-id") };
      for (let i = 0; i < 3; i += 1) await env.CALLEE.fetch("https://callee/", { headers }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
      throw new Error("${own}");
    } };`;
    await host.deploy("caller", source("the caller's"), { bindings: [{ name: "CALLEE", type: "service", service: "callee" }] });
    for (let i = 0; i < 5; i += 1) {
      const answer = await text(await host.ask("caller/"), 502);
      assert.ok(!answer.includes("the callee's"), answer);
      assert.match(JSON.parse(answer).error.message, /the caller's/);
    }
    await host.deploy("late", `export default { async fetch(request, env, ctx) {
      const headers = { "x-worker-request-id": request.headers.get("x-worker-request-id") };
      const later = async () => { await scheduler.wait(20); await env.CALLEE.fetch("https://callee/", { headers }).catch(() => {}); await scheduler.wait(500); };
      ctx.waitUntil(later());
      throw new Error("the late one's");
    } };`, { bindings: [{ name: "CALLEE", type: "service", service: "callee" }] });
    const answer = await text(await host.ask("late/"), 502);
    assert.ok(!answer.includes("the callee's"), answer);
    const events = await told.events("callee", 16);
    assert.equal(events.length, 16, "what they threw is told to whom they belong");
  });

  test("makes up events, and none is anybody's", async () => {
    await host.deploy("forges", attacker(`
      all: async ({ env, ctx, raw }) => {
        const event = { outcome: "exception", scriptName: "victim", logs: [{ level: "log", message: ["forged"], timestamp: 1 }], exceptions: [{ name: "Error", message: "forged", timestamp: 1 }], eventTimestamp: Date.now(), event: { request: { url: "https://x/", method: "GET", headers: {} } } };
        const told = [];
        for (const stub of [...Object.values(await raw()), env.NEXT, ...Object.values(ctx.exports ?? {})]) {
          for (const name of ["tail", "tailStream", "trace", "fetch"]) {
            try { await (typeof stub === "function" && name === "fetch" ? stub({ props: { namespace: "tenants", script: "victim", version: "x", writes: true } }).tail([event]) : Reflect.apply(stub[name], stub, [[event]])); told.push("taken"); } catch (error) { told.push("refused"); }
          }
        }
        console.log("forged by itself");
        return told.length;
      },
    `), everything());
    assert.ok((await host.attempt("forges", "all")).told >= 24);
    const victims = await host.unharmed();
    await until(() => told.events("forges", 1), (events) => events.length > 0);
    const { series } = await until(() => told.analytics("?by=script"), ({ series }) => series.find(({ script }) => script === "victim")?.totals.requests >= victims + 1);
    const { totals } = series.find(({ script }) => script === "victim");
    assert.deepEqual([totals.requests, totals.outcomes.threw, totals.exceptions, totals.log_lines], [victims + 1, 0, 0, 0], "one of them stored, the others asked");
    assert.deepEqual(await told.get("/scripts/victim/errors"), []);
    assert.deepEqual((await told.get("/scripts/victim/logs")).events, []);
  });
});
