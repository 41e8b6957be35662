// What a script may use: how long, how much, how often.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { says, startScripts, startSharing, text, wait, withScripts } from "./dispatch.mjs";
import { until } from "./until.mjs";

// What it is asked for, by path; `turns` counts how often it came round, in this isolate.
const MODULE = `
let turns = 0, ended = 0;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default { async fetch(request) {
  const { pathname, searchParams } = new URL(request.url);
  const n = Number(searchParams.get("n") ?? 0);
  switch (pathname) {
    case "/turns": return Response.json({ turns, ended });
    case "/late":
      await request.text();
      request.signal.addEventListener("abort", () => { ended += 1; });
      for (;;) { await sleep(20); turns += 1; }
    case "/read": return new Response(String((await request.arrayBuffer()).byteLength));
    case "/unread": return new Response("did not look");
    case "/known": return new Response(new Uint8Array(n));
    case "/stream": {
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      (async () => {
        try {
          for (const ms of searchParams.getAll("ms")) { await sleep(Number(ms)); await writer.write(new Uint8Array(n)); }
          await writer.close();
        } catch { ended += 1; }
      })();
      return new Response(readable, { headers: { "x-own": "kept" } });
    }
    case "/socket": {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", ({ data }) => setTimeout(() => server.send(data), 1300));
      return new Response(null, { status: 101, webSocket: client });
    }
  }
} };`;

// Encoded, half an answer is none.
const IDENTITY = { "accept-encoding": "identity" };

describe("requests in a minute", () => {
  // So that no minute ends in between.
  const within = async () => { if (Date.now() % 60_000 > 45_000) await wait(60_000 - (Date.now() % 60_000)); };
  const quota = (host, requests_per_minute) => host.api("PATCH", `${NAMESPACES}/tenants/quota`, { requests_per_minute });

  test("are as many as the namespace's quota says, of all its scripts, and then 429", () => withScripts({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 1000 } }, async (host) => {
    for (const name of ["a", "b"]) await host.deploy(name, says(name));
    await quota(host, 5);
    await within();
    for (const name of ["a", "b", "a", "b", "a"]) assert.equal(await text(await host.ask(`${name}/`)), name);
    const answer = await host.ask("b/");
    const seconds = Number(answer.headers.get("retry-after"));
    assert.ok(seconds >= 1 && seconds <= 60, `${seconds}`);
    assert.equal(JSON.parse(await text(answer, 429)).error.code, "rate_limited");
    await quota(host, null);
    assert.equal(await text(await host.ask("b/")), "b");
  }));

  test("are counted together, of isolates that do not know each other", () => withScripts({ bindings: { SNAPSHOT_TTL_MS: 1000 } }, async (host) => {
    await host.deploy("a", says("a"));
    await quota(host, 20);
    const other = await startSharing(host, {});
    try {
      await within();
      for (let i = 0; i < 10; i++) assert.equal(await text(await host.ask("a/")), "a");
      await wait(600);
      // The next one tells of them; the other hears of them with its first.
      assert.equal(await text(await host.ask("a/")), "a");
      assert.equal(await text(await other.ask("a/")), "a");
      await wait(100);
      const statuses = [];
      for (let i = 0; i < 12; i++) { const answer = await other.ask("a/"); await answer.text(); statuses.push(answer.status); }
      const good = statuses.filter((status) => status === 200).length;
      assert.deepEqual(statuses, [...Array(good).fill(200), ...Array(12 - good).fill(429)]);
      assert.ok(good <= 9, `${good} more were let through`);
    } finally {
      await other.dispose();
    }
  }));
});

test("workers that are loaded are counted, and beyond as many as there may be no other is", () => withScripts({ bindings: { SNAPSHOT_TTL_MS: 0, MAX_LOADED_WORKERS: "3" } }, async (host) => {
  const loaded = async () => JSON.parse(await text(await host.fetch("/metrics"))).loadedWorkers;
  assert.deepEqual([await loaded(), await loaded()], [0, 1]);
  for (const name of ["a", "b", "c"]) await host.deploy(name, says(name));
  for (const name of ["a", "a", "b"]) assert.equal(await text(await host.ask(`${name}/`)), name);
  assert.equal(await loaded(), 3);
  const { error } = JSON.parse(await text(await host.ask("c/"), 503));
  assert.equal(error.code, "too_many_workers");
  assert.match(error.message, /^3 workers are loaded, .*MAX_LOADED_WORKERS\.$/);
  assert.equal(await text(await host.ask("b/")), "b", "those that are loaded serve on");
  assert.equal(await loaded(), 3);
}));

describe("limits", () => {
  let host, count = 0;
  before(async () => { host = await startScripts({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 0 } }); });
  after(() => host?.dispose());
  const scriptWith = async (limits) => {
    const name = `limited-${(count += 1)}`;
    await host.deploy(name, MODULE, { limits, compatibility_flags: ["enable_request_signal"] });
    return { name, ask: (path, init) => host.ask(`${name}${path}`, { signal: AbortSignal.timeout(20_000), headers: IDENTITY, ...init }) };
  };
  const refused = async (answer, status, code, message) => {
    const { error } = JSON.parse(await text(await answer, status));
    assert.equal(error.code, code);
    assert.match(error.message, message);
  };
  const streamed = (...sizes) => ({
    method: "POST",
    duplex: "half",
    body: ReadableStream.from((async function* () { for (const size of sizes) { yield new Uint8Array(size); await wait(30); } })()),
  });

  test("until the answer begins: 504, and the worker stops", async () => {
    const { ask } = await scriptWith({ wall_ms: 1000 });
    assert.equal(await text(await ask("/read", { method: "POST", body: "abc" })), "3");
    await refused(ask("/late"), 504, "dynamic_worker_timeout", /within 1000 ms, its limit `wall_ms`/);
    await refused(ask("/late", { method: "POST", body: "x" }), 504, "dynamic_worker_timeout", /wall_ms/);
    const turns = async () => JSON.parse(await text(await ask("/turns"))).turns;
    const goOn = async () => [await turns(), await wait(200), await turns()];
    await until(goOn, "nothing runs on", ([before, , after]) => before === after);
    // What has begun may take longer.
    assert.equal((await (await ask("/stream?n=5&ms=0&ms=1400&ms=100")).arrayBuffer()).byteLength, 15);
  });

  test("code that does not come holds nobody for longer", async () => {
    const { ask } = await scriptWith({ wall_ms: 1000 });
    await host.spy({ bucket: "hangs" });
    await refused(ask("/known"), 504, "dynamic_worker_timeout", /1000 ms/);
    await host.spy({ bucket: "works" });
    // It may come still; until then it is waited for.
    let answer;
    while ((answer = await ask("/known?n=3")).status !== 200) await refused(answer, 504, "dynamic_worker_timeout", /1000 ms/);
    assert.equal((await answer.arrayBuffer()).byteLength, 3);
  });

  test("between two pieces of the answer: it breaks off; a slow reader is not its fault", async () => {
    const { ask } = await scriptWith({ idle_ms: 1000 });
    const whole = await ask("/stream?n=7&ms=100&ms=100&ms=100&ms=100");
    assert.equal(whole.headers.get("x-own"), "kept");
    assert.equal((await whole.arrayBuffer()).byteLength, 28);
    const broken = await ask("/stream?n=7&ms=0&ms=5000");
    assert.equal(broken.status, 200);
    assert.equal((await broken.arrayBuffer()).byteLength, 7, "what came in time");
    await host.logged(/An answer of tenants\/limited-\d+@\w+ is cut off after 7 bytes: the limit idle_ms of 1000 is exceeded/);
    const slow = (await ask("/stream?n=70000&ms=0&ms=0&ms=0&ms=0")).body.getReader();
    let bytes = 0;
    for (let piece; !(piece = await slow.read()).done; bytes += piece.value.byteLength) await wait(1300);
    assert.equal(bytes, 280_000);
    const known = await ask("/known?n=10");
    assert.equal((await known.arrayBuffer()).byteLength, 10);
  });

  test("of the request: 413, before the worker is asked where its length is told", async () => {
    const { ask } = await scriptWith({ request_bytes: 100 });
    assert.equal(await text(await ask("/read", { method: "POST", body: "a".repeat(100) })), "100");
    await refused(ask("/unread", { method: "POST", body: "a".repeat(101) }), 413, "body_too_large", /over 100 bytes/);
    assert.equal(await text(await ask("/read", streamed(50, 50))), "100");
    await refused(ask("/read", streamed(50, 50, 1)), 413, "body_too_large", /over 100 bytes/);
  });

  test("of the answer: 502 where its length is told, and else it breaks off", async () => {
    const { ask } = await scriptWith({ response_bytes: 100 });
    assert.equal((await (await ask("/known?n=100")).arrayBuffer()).byteLength, 100);
    await refused(ask("/known?n=101"), 502, "dynamic_worker_answer_too_large", /over 100 bytes/);
    assert.equal((await (await ask("/stream?n=50&ms=0&ms=0")).arrayBuffer()).byteLength, 100);
    assert.equal((await (await ask("/stream?n=50&ms=100&ms=100&ms=100")).arrayBuffer()).byteLength, 100);
    await host.logged(/cut off after 150 bytes: the limit response_bytes of 100/);
  });

  test("are the lower of the script's and its namespace's, and explain tells them", async () => {
    const { name, ask } = await scriptWith({ wall_ms: 60_000, response_bytes: 100 });
    const namespace = (body) => host.api("PATCH", `${NAMESPACES}/tenants`, body);
    assert.equal((await text(await ask("/known?n=1"))).length, 1, "it runs already");
    assert.deepEqual((await namespace({ limits: { wall_ms: 1000, response_bytes: 200, cpu_ms: 50 } })).result.limits, { wall_ms: 1000, response_bytes: 200, cpu_ms: 50 });
    await refused(ask("/late"), 504, "dynamic_worker_timeout", /1000 ms/);
    await refused(ask("/known?n=150"), 502, "dynamic_worker_answer_too_large", /over 100 bytes/);
    assert.deepEqual((await host.explain(name, "")).limits, { cpu_ms: 50, wall_ms: 1000, response_bytes: 100 });
    const { errors } = await host.api("PATCH", `${NAMESPACES}/tenants`, { limits: { wall_ms: 0, wal_ms: 5 } }, { status: 400 });
    assert.equal(errors.length, 2);
    assert.deepEqual((await namespace({ limits: {} })).result.limits, {});
    assert.deepEqual((await host.explain(name, "")).limits, { wall_ms: 60_000, response_bytes: 100 });
  });

  test("of a call, in its header, are lower still and never higher", async () => {
    const { name, ask } = await scriptWith({ wall_ms: 1000 });
    const limited = (limits, init) => ({ ...init, headers: { ...IDENTITY, "x-worker-limits": limits } });
    await refused(ask("/late", limited("wall_ms=100")), 504, "dynamic_worker_timeout", /within 100 ms/);
    await refused(ask("/late", limited("wall_ms=3000")), 504, "dynamic_worker_timeout", /within 1000 ms/);
    await refused(ask("/known?n=11", limited("response_bytes=10, cpu_ms=20")), 502, "dynamic_worker_answer_too_large", /over 10 bytes/);
    await refused(ask("/read", limited("request_bytes=2", { method: "POST", body: "abc" })), 413, "body_too_large", /over 2 bytes/);
    assert.equal((await text(await ask("/known?n=11"))).length, 11, "the next call has what the script has");
    const unlimited = await scriptWith({});
    await refused(unlimited.ask("/late", limited("wall_ms=100")), 504, "dynamic_worker_timeout", /within 100 ms/);
    const preview = `${unlimited.name}@${(await host.api("GET", `${NAMESPACES}/tenants/scripts/${unlimited.name}/versions`)).result.items[0].id}`;
    await refused(host.ask(`${preview}/late`, limited("wall_ms=100")), 504, "dynamic_worker_timeout", /within 100 ms/);
    assert.deepEqual((await host.explain(name, "")).limits, { wall_ms: 1000 });
    // What the runtime enforces is passed on to it.
    const before = (await host.spy()).limits.length;
    assert.equal((await text(await ask("/known?n=1", limited("cpu_ms=20, subrequests=3")))).length, 1);
    assert.equal((await text(await ask("/known?n=1"))).length, 1);
    assert.deepEqual((await host.spy()).limits.slice(before), [{ cpuMs: 20, subRequests: 3 }]);
    for (const wrong of ["wall_ms", "wall_ms=0", "fast=1"]) {
      await refused(ask("/known", limited(wrong)), 400, "refused", /x-worker-limits: "[a-z_=01]+" is no limit of a call/);
    }
  });

  test("a WebSocket is one answer, which has begun", async () => {
    const { name } = await scriptWith({ wall_ms: 1000, idle_ms: 1000, response_bytes: 3 });
    const socket = new WebSocket(new URL(`/dispatch/tenants/${name}/socket`, host.url).href.replace("http", "ws"));
    const said = await new Promise((resolve, reject) => {
      socket.onopen = () => socket.send("longer than three bytes");
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = reject;
      setTimeout(reject, 10_000, new Error("nothing came"));
    });
    socket.close();
    assert.equal(said, "longer than three bytes");
  });
});
