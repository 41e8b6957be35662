// What is counted, and how it is added up: src/telemetry/counts.js, histogram.js.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addRequest, classes, told } from "../../src/telemetry/counts.js";
import { BOUNDS, classOf, quantile, upTo } from "../../src/telemetry/histogram.js";

describe("classes of time", () => {
  test("each time is in the one that ends at it or next after it", () => {
    assert.deepEqual(BOUNDS, BOUNDS.toSorted((a, b) => a - b));
    for (const [at, bound] of BOUNDS.entries()) {
      assert.equal(classOf(bound), at, `${bound} ms`);
      assert.equal(classOf(bound + 0.001), at + 1);
    }
    assert.deepEqual([classOf(0), classOf(1e9)], [0, BOUNDS.length]);
  });

  test("a quantile is off by a quarter at most, whatever the times are", () => {
    const random = (() => { let seed = 7; return () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647; })();
    for (const time of [() => 1 + random() * 9, () => 10 ** (random() * 4), () => (random() < 0.9 ? 5 : 2000), () => 300]) {
      const times = Array.from({ length: 5000 }, time).sort((a, b) => a - b);
      const counts = [];
      for (const ms of times) counts[classOf(ms)] = (counts[classOf(ms)] ?? 0) + 1;
      for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
        const exact = times[Math.ceil(share * times.length) - 1];
        const ratio = quantile(counts, share) / exact;
        assert.ok(ratio > 0.74 && ratio < 1.35, `${share}: ${quantile(counts, share)} for ${exact}`);
      }
    }
    assert.equal(quantile([], 0.5), null);
    assert.equal(quantile(Array.from({ length: BOUNDS.length + 1 }, (_, at) => (at === BOUNDS.length ? 3 : 0)), 0.5), BOUNDS.at(-1), "of what took longer nothing else is known");
  });

  test("so many took so long at most", () => {
    const counts = [];
    for (const ms of [0.5, 1, 4, 5, 6, 24, 25, 26, 1e6]) counts[classOf(ms)] = (counts[classOf(ms)] ?? 0) + 1;
    assert.deepEqual([1, 5, 25, 25_000].map((ms) => upTo(counts, ms)), [2, 4, 7, 8]);
  });
});

test("requests are added up to what is told of them", () => {
  const counts = {};
  addRequest(counts, { outcome: "ok", status: 200, ms: 4, coldMs: 30, requestBytes: 10, responseBytes: 5 });
  addRequest(counts, { outcome: "ok", status: 302, ms: 6, requestBytes: 0, responseBytes: undefined, once: true });
  addRequest(counts, { outcome: "threw", status: 502, ms: 8, responseBytes: 0 });
  const { latency_ms, ...rest } = told(counts);
  assert.deepEqual(rest, {
    requests: 3,
    outcomes: { ok: 2, refused: 0, threw: 1, host_failed: 0 },
    statuses: { "1xx": 0, "2xx": 1, "3xx": 1, "4xx": 0, "5xx": 1 },
    cold_start_ms: 30, cold_starts: 1, loads: 1,
    subrequests_allowed: 0, subrequests_refused: 0, log_lines: 0, exceptions: 0, invocations: 0, cpu_ms: 0,
    request_bytes: 10, response_bytes: 5, responses_of_unknown_length: 1,
  });
  assert.equal(latency_ms.mean, 6);
  // A clock stepped back under way.
  addRequest(counts, { outcome: "ok", status: 200, ms: -86_400_000, coldMs: -1, responseBytes: 0 });
  assert.deepEqual([counts.took_ms, counts.cold_start_ms, told(counts).requests], [18, 30, 4]);
  assert.equal(classes(counts).reduce((sum, count) => sum + (count ?? 0), 0), 4);
  assert.deepEqual(told({}).latency_ms, { p50: null, p90: null, p99: null, mean: null });
});
