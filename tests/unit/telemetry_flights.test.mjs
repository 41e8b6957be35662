// How what is counted goes to its object: src/telemetry/flights.js, meter.js.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Flights } from "../../src/telemetry/flights.js";
import { DOUBLES, count, countRequest, event, quiet, started } from "../../src/telemetry/meter.js";

let pauses = [];
globalThis.scheduler = { wait: (ms) => new Promise((resolve) => pauses.push({ ms, resolve })) };
const turn = async () => { for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve)); };
/** All pauses are over; gives how long they were. */
const land = async () => {
  const over = pauses.splice(0);
  for (const { resolve } of over) resolve();
  await turn();
  return over.map(({ ms }) => ms);
};
const contexts = [];
const ctx = { waitUntil: (promise) => contexts.push(promise) };
beforeEach(() => {
  pauses = [];
  contexts.length = 0;
});

describe("flights", () => {
  const made = (tell, options = {}) => new Flights({ pauseMs: 1000, most: 2, fresh: () => [], tell, ...options });

  test("one at a time, each with all that came before it; the last leaves nothing", async () => {
    const told = [];
    const flights = made(async (env, id, load) => void told.push([id, ...load]));
    for (const item of [1, 2]) flights.load({}, ctx, "a").push(item);
    flights.load({}, ctx, "b").push(9);
    assert.deepEqual([told, contexts.length], [[], 2], "nothing on the request's way");
    assert.deepEqual(await land(), [1000, 1000]);
    assert.deepEqual(told, [["a", 1, 2], ["b", 9]]);
    assert.deepEqual(flights.waiting("a"), []);
    flights.load({}, ctx, "a").push(3);
    assert.equal(contexts.length, 3, "the next request's context brings what it counts");
    await land();
    assert.deepEqual(told.at(-1), ["a", 3]);
  });

  test("a clock that was set back while one was under way, which was cut off, keeps the next from nothing", async (context) => {
    const told = [];
    const flights = made(async (env, id, load) => void told.push([...load]));
    flights.load({}, ctx, "a").push(1);
    // It is never heard of again.
    pauses = [];
    const now = Date.now();
    context.mock.method(Date, "now", () => now - 86_400_000);
    flights.load({}, ctx, "a").push(2);
    await land();
    assert.deepEqual(told, [[1, 2]]);
  });

  test("what could not be told goes again, as it was, and before what came after it", async (context) => {
    const written = [];
    context.mock.method(console, "error", (line) => written.push(line));
    const told = [];
    let fails = true;
    const flights = made(async (env, id, load) => {
      told.push([...load]);
      if (fails) throw new Error("on fire");
    });
    flights.load({}, ctx, "a").push(1);
    await land();
    flights.load({}, ctx, "a").push(2);
    assert.deepEqual(flights.waiting("a"), [[1], [2]]);
    fails = false;
    await land();
    await land();
    assert.deepEqual(told, [[1], [1], [2]]);
    assert.match(written[0], /is not recorded yet: on fire/);
  });

  test("whoever is told may ask for a longer pause", async () => {
    const flights = made(async () => 5000);
    for (const pause of [1000, 5000, 5000]) {
      flights.load({}, ctx, "a").push(1);
      assert.deepEqual(await land(), [pause]);
    }
  });

  test("one whose request was cut off does not hold up the others for ever", async (context) => {
    context.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
    const told = [];
    const flights = made(async (env, id, load) => void told.push([...load]));
    flights.load({}, ctx, "a").push(1);
    const [lost] = pauses.splice(0);
    context.mock.timers.tick(10_999);
    flights.load({}, ctx, "a").push(2);
    assert.equal(contexts.length, 1);
    context.mock.timers.tick(1);
    flights.load({}, ctx, "a").push(3);
    assert.equal(contexts.length, 2);
    await land();
    assert.deepEqual(told, [[1, 2, 3]]);
    lost.resolve();
    await turn();
    assert.deepEqual(told, [[1, 2, 3]], "and nothing twice, should it go on after all");
  });

  test("another request's context takes over in time, and what is counted goes on", async (context) => {
    context.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
    const told = [];
    let next = 0;
    // There is always more when something has been told.
    const flights = made(async (env, id, load) => {
      told.push(...load);
      if (next < 40) flights.load({}, ctx, "a").push((next += 1));
    });
    flights.load({}, ctx, "a").push(0);
    for (let i = 0; i < 60; i += 1) {
      context.mock.timers.tick(1000);
      // By whichever request comes next, while one waits.
      if (next < 40) flights.load({}, ctx, "a");
      await land();
    }
    assert.deepEqual(told, Array.from({ length: 41 }, (_, at) => at), "each once, in their order");
    assert.ok(contexts.length >= 3 && contexts.length <= 5, `${contexts.length} contexts in 40 seconds`);
  });

  test("of more ids than so many the one that has waited longest is forgotten", async () => {
    const told = [];
    const flights = made(async (env, id) => void told.push(id));
    for (const id of ["a", "b", "c"]) flights.load({}, ctx, id);
    assert.deepEqual([flights.waiting("a").length, flights.waiting("c").length], [0, 1]);
    await land();
    assert.ok(told.includes("c"));
  });
});

describe("what an isolate brings", () => {
  const owner = (script, namespace_id = "id") => ({ namespace: "n", namespace_id, script });
  function host(ok = true, listens = false) {
    const told = [];
    const points = [];
    const fetch = async (url, { body }) => (told.push(JSON.parse(body)), Response.json({ pause_ms: 1000, listens }, { status: ok ? 200 : 500 }));
    return { told, points, env: { TELEMETRY: { getByName: (name) => (assert.equal(name, "id"), { fetch }) }, ANALYTICS: { writeDataPoint: (point) => points.push(point) } } };
  }

  test("is one message with all series, identities and events, under a name and a number that rises", async () => {
    const { env, told, points } = host();
    for (let i = 0; i < 3; i += 1) countRequest(env, ctx, owner("s"), "v", { outcome: "ok", status: 200, ms: 5, responseBytes: 7 });
    count(env, ctx, owner("s"), "w", { log_lines: 2 });
    for (let i = 0; i < 2; i += 1) started(env, ctx, owner("s"), "v", "n/s@1", "{}");
    event(env, ctx, owner("s"), { requestId: "r", outcome: "exception", logs: [], exceptions: [], eventTimestamp: 5, faults: [{ fingerprint: "f" }, { fingerprint: "f" }] });
    await land();
    count(env, ctx, owner("s"), "v", { log_lines: 1 });
    await land();
    const [one, two] = told;
    assert.deepEqual([one.op, one.namespace, one.events.length, one.ids, one.dropped], ["add", "n", 1, ["r"], 0]);
    assert.deepEqual(one.faults.map(({ script, count, last, fault }) => [script, count, last.request, fault]), [["s", 2, "r", { fingerprint: "f" }]]);
    assert.deepEqual(one.series, [["s", "v", { "outcome.ok": 3, "status.2xx": 3, "took.7": 3, took_ms: 15, response_bytes: 21 }], ["s", "w", { log_lines: 2 }]]);
    assert.deepEqual(one.identities, [{ key: "n/s@1", script: "s", version: "v", parts: "{}", starts: 2 }]);
    assert.ok(two.isolate === one.isolate && two.sequence > one.sequence);
    const { indexes, blobs, doubles } = points[0];
    assert.deepEqual([indexes, blobs, doubles.length], [["n"], ["n", "s", "v"], DOUBLES.length]);
    assert.deepEqual([doubles[DOUBLES.indexOf("outcome.ok")], doubles[DOUBLES.indexOf("response_bytes")]], [3, 21]);
  });

  test("is bounded: series beyond so many are their namespace's, events beyond so many are counted", async () => {
    const { env, told } = host();
    for (let i = 0; i < 300; i += 1) count(env, ctx, owner(`s${i}`), "", { log_lines: 1 });
    const call = (text, more) => ({ requestId: null, outcome: "ok", logs: [text], exceptions: [], eventTimestamp: 1, ...more });
    // What was thrown is counted all the same.
    for (let i = 0; i < 300; i += 1) event(env, ctx, owner("s"), call("x".repeat(100), { faults: [{ fingerprint: "f" }] }));
    await land();
    const [{ series, events, faults, dropped }] = told;
    assert.deepEqual([series.length, events.length, dropped], [251, 200, 100]);
    assert.deepEqual(faults.map(({ count }) => count), [300]);
    assert.deepEqual(series.at(-1), ["", "", { log_lines: 50 }]);
    event(env, ctx, owner("s"), call("x".repeat(600 * 1024)));
    await land();
    assert.deepEqual([told[1].events.length, told[1].dropped], [0, 1], "nor one that is too large");
  });

  test("calls that wrote nothing are counted, and told where somebody listens", async () => {
    for (const listens of [false, true]) {
      const { env, told } = host(true, listens);
      let made = 0;
      for (let i = 0; i < 150; i += 1) quiet(env, ctx, owner("s"), "v", 2, () => `r${i}`, async () => ({ eventTimestamp: (made += 1) }));
      await land();
      assert.deepEqual(told[0].series, [["s", "v", { invocations: 150, cpu_ms: 300 }]]);
      assert.equal(told[0].ids.length, 100, "to read an id costs more than to count the call");
      assert.deepEqual([told.length, made, told[1]?.op, told[1]?.events.length], listens ? [2, 100, "live", 100] : [1, 0, undefined, undefined]);
    }
  });

  test("is in Analytics Engine only once it has arrived", async (context) => {
    context.mock.method(console, "error", () => {});
    const { env, points } = host(false);
    count(env, ctx, owner("s"), "", { log_lines: 1 });
    await land();
    assert.deepEqual(points, []);
  });
});
