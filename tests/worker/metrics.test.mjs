// GET /metrics: measured, not invented. Each number is brought about here, and then asked for.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { put, served, timing } from "./contract.mjs";
import { withHost } from "./host.mjs";
import { until } from "./until.mjs";

const TOKEN = "the-token-of-the-metrics-tests";
const metrics = async (host, cache) => (await served(await host.fetch("/metrics"), "metrics", cache)).body;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A request whose body does not end: the Worker waits for it. */
function unfinished(host) {
  const { hostname, port } = new URL(host.url);
  const socket = connect(port, hostname);
  socket.on("error", () => {});
  socket.write(`PUT /config HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\nif-match: *\r\ncontent-length: 100\r\n\r\n{`);
  return socket;
}

describe("metrics", () => {
  test("a fresh isolate, and the same worker again", () => withHost({}, async (host) => {
    const first = await host.fetch("/metrics");
    assert.ok(timing(first).factory >= 0);
    const cold = await served(first, "metrics", "cold");
    const { timestamp, ...numbers } = cold.body;
    assert.deepEqual(numbers, { activeConnections: 1, loadedWorkers: 0, responseTime: "0ms", healthScore: "1.000" });
    for (let i = 0; i < 5; i++) {
      const warm = await served(await host.fetch("/metrics"), "metrics", "warm");
      assert.equal(warm.key, cold.key);
      assert.ok(warm.body.timestamp >= timestamp);
    }
  }));

  test("of 20 first requests at once one is cold: the factory ran once", () => withHost({ main: "spied.js" }, async (host) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => host.fetch("/metrics")));
    const caches = answers.map(({ headers }) => headers.get("x-worker-cache")).sort();
    const keys = await Promise.all(answers.map(async (answer) => (await served(answer, "metrics")).key));
    assert.deepEqual(caches, ["cold", ...Array(19).fill("warm")]);
    assert.equal(new Set(keys).size, 1);
    const seen = await (await host.fetch("/spy")).json();
    assert.equal(seen.codes.length, 1);
    assert.equal(seen.calls, 20);
  }));

  test("activeConnections are the requests in flight", () => withHost({ bindings: { API_TOKEN: TOKEN } }, async (host) => {
    const active = async () => (await metrics(host)).activeConnections;
    assert.equal(await active(), 1);
    const open = Array.from({ length: 7 }, () => unfinished(host));
    await until(active, "seven more", (count) => count === 8);
    for (const socket of open.splice(0, 3)) socket.write(" ".repeat(99));
    await until(active, "three have ended", (count) => count === 5);
    for (const socket of open.splice(0)) socket.destroy();
    await until(active, "the others have gone away", (count) => count === 1);
    assert.equal((await metrics(host)).healthScore, "1.000", "and that is no failure of ours");
  }));

  test("responseTime is the median", () => withHost({ main: "spied.js", bindings: { DYNAMIC_PER_MINUTE: 100 } }, async (host) => {
    const spy = async (modes) => (await host.fetch("/spy", { method: "PUT", body: JSON.stringify(modes) })).json();
    const slow = async (count) => {
      await spy({ hold: "once" });
      const all = Array.from({ length: count }, () => host.fetch("/dynamic"));
      await until(() => spy({}), "all have begun", ({ held }) => held === count);
      await wait(1000);
      await spy({ hold: "" });
      for (const answer of await Promise.all(all)) await served(answer, "dynamic");
    };
    const median = async () => Number.parseInt((await metrics(host)).responseTime, 10);
    for (let i = 0; i < 9; i++) await metrics(host);
    await slow(5);
    assert.ok((await median()) < 1000, "nine quick ones, five slow ones");
    await slow(12);
    const slowed = await median();
    assert.ok(slowed >= 1000 && slowed < 60_000, `${slowed} ms, where most took over a second`);
  }));

  test("healthScore falls with what fails, and with nothing else", () => withHost(
    { bindings: { API_TOKEN: TOKEN, DYNAMIC_PER_MINUTE: "no number" } },
    async (host) => {
      const status = async (answer) => [(await answer).status, await (await answer).arrayBuffer()][0];
      for (let i = 0; i < 2; i++) {
        assert.equal(await status(host.fetch("/nothing")), 404);
        assert.equal(await status(host.fetch("/config", { method: "POST" })), 405);
        assert.equal(await status(put(host.fetch, "wrong", {})), 401);
        assert.equal(await status(put(host.fetch, TOKEN, {})), 400);
      }
      assert.equal((await metrics(host)).healthScore, "1.000", "what a client does wrong is no failure of ours");
      for (let i = 0; i < 3; i++) assert.equal(await status(host.fetch("/dynamic")), 500);
      // Of twelve requests, three.
      assert.equal((await metrics(host)).healthScore, "0.750");
      for (let i = 0; i < 7; i++) await metrics(host);
      assert.equal((await metrics(host)).healthScore, "0.850", "of twenty, three");
    },
  ));
});
