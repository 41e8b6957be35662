// GET /dynamic: a worker for each request, no memory kept, and no more of them than the operator allows.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { refused, served, timing } from "./contract.mjs";
import { withHost } from "./host.mjs";

const limited = (perMinute, body) => withHost({ bindings: { DYNAMIC_PER_MINUTE: perMinute } }, body);

/** The statuses of so many requests at once. */
async function statuses(host, count) {
  const answers = await Promise.all(Array.from({ length: count }, () => host.fetch("/dynamic")));
  await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  return answers.map(({ status }) => status).sort();
}

describe("a worker for each request", () => {
  test("20 at once are 20 workers, each at its first request", () => limited(1000, async (host) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => host.fetch("/dynamic")));
    const all = await Promise.all(answers.map((answer) => served(answer, "dynamic", "cold")));
    assert.equal(new Set(all.map(({ body }) => body.id)).size, 20);
    assert.equal(new Set(all.map(({ key }) => key)).size, 20);
    assert.deepEqual(all.map(({ body }) => body.counter), Array(20).fill(1));
  }));

  test("it says when it was made and how long it took to load", () => limited(1000, async (host) => {
    const began = Date.now();
    const answer = await host.fetch("/dynamic");
    const { total, load, run } = timing(answer);
    const { body } = await served(answer, "dynamic", "cold");
    const took = Date.now() - began;
    assert.ok(Date.parse(body.createdAt) >= began - 1 && Date.parse(body.createdAt) <= Date.now() + 1, body.createdAt);
    assert.ok(Number.parseInt(body.loadTime, 10) <= took + 1, body.loadTime);
    assert.ok(total <= took + 1 && load + run <= total + 2, `total ${total}, load ${load}, run ${run}, seen ${took}`);
  }));
});

describe("the limit", () => {
  test("exactly so many, however they come", () => limited(3, async (host) => {
    assert.deepEqual(await statuses(host, 12), [...Array(3).fill(200), ...Array(9).fill(429)]);
    const answer = await host.fetch("/dynamic");
    const wait = Number(answer.headers.get("retry-after"));
    assert.ok(Number.isInteger(wait) && wait >= 1 && wait <= 20, `one every 20 s, so not in ${wait} s`);
    assert.ok((await refused(answer, 429, "rate_limited")).includes(`${wait} s`));
    assert.equal((await host.fetch("/dynamic", { method: "HEAD" })).status, 429, "HEAD counts as well");
    await served(await host.fetch("/metrics"), "metrics");
  }));

  test("who waits as long as it says is served", () => limited(60, async (host) => {
    let answer = await host.fetch("/dynamic");
    // One more for each second that it takes.
    for (let i = 0; i < 200 && answer.status === 200; i++) answer = await host.fetch("/dynamic");
    assert.equal(answer.headers.get("retry-after"), "1");
    await refused(answer, 429, "rate_limited");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await served(await host.fetch("/dynamic"), "dynamic", "cold");
  }));

  test("0 allows none, and the rest works", () => limited(0, async (host) => {
    assert.deepEqual(await statuses(host, 3), [429, 429, 429]);
    assert.equal((await host.fetch("/dynamic")).headers.get("retry-after"), "60");
    await served(await host.fetch("/config"), "config", "cold");
  }));

  test("the default is 60", () => withHost({}, async (host) => {
    const all = await statuses(host, 75);
    const through = all.filter((status) => status === 200).length;
    // One more for each second that the 75 took.
    assert.ok(through >= 60 && through <= 65, `${through} of 75`);
    assert.equal(all.filter((status) => status === 429).length, 75 - through);
  }));

  test("a restart forgets nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "limit-"));
    const kept = { bindings: { DYNAMIC_PER_MINUTE: 2 }, extra: { durableObjectsPersist: folder } };
    try {
      for (const expected of [200, 200, 429]) {
        await withHost(kept, async (host) => assert.deepEqual(await statuses(host, 1), [expected]));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
