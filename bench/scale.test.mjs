// Shows that the measurements of scale work; it judges no time.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { fit, floors, verdict } from "./fit.mjs";
import { summary } from "./scale_report.mjs";
import { markdown as soaked, soak } from "./soak.mjs";
import { random } from "./stats.mjs";

const script = join(import.meta.dirname, "run.mjs");
let folder;
// A temporary directory of its own shows what a run leaves behind.
before(async () => (folder = await mkdtemp(join(tmpdir(), "scale-test-"))));
after(() => rm(folder, { recursive: true }));
const scale = (...options) => promisify(execFile)(process.execPath, [script, "--scale", ...options], { env: { ...process.env, TMPDIR: folder } });

if (platform() === "linux") {
  test("a quick run measures scripts, versions and jobs, and leaves nothing", async () => {
    const { stdout } = await scale("--quick");
    const results = join(import.meta.dirname, "results");
    assert.equal(await readFile(join(results, "scale-quick.md"), "utf8"), stdout);
    assert.match(stdout, /A quick run/);
    const { options, scripts, versions, jobs } = JSON.parse(await readFile(join(results, "scale-quick.json"), "utf8"));
    assert.deepEqual([scripts.sizes, versions.sizes], [options.sizes, options.versions]);
    for (const { name, unit, values } of [...scripts.rows, ...versions.rows]) {
      assert.ok(values.every((one) => one === null || (one.value >= 0 && (one.ratio > 0 || unit === "CPU µs"))), `${name} ${unit}: ${JSON.stringify(values)}`);
    }
    assert.equal(scripts.rows.filter(({ unit }) => unit === "ms p99").length, 11, "two ways, and nine calls");
    assert.deepEqual(scripts.memory.map(({ size, seen }) => [size, seen]), [[10, 10], [30, 30]]);
    assert.ok(scripts.memory.every(({ before, after }) => before > 1 && after >= before));
    assert.deepEqual(jobs.map(({ counts }) => counts.map(({ count }) => count)), Array(3).fill([1, 2, 4, 8]));
    assert.deepEqual(await readdir(folder), []);
  });
}

for (const [options, message] of [
  [["--sizes", "10,x"], /--sizes takes positive integers, not x/],
  [["--only", "nothing"], /there is no part nothing/],
]) {
  test(`a mistaken command line is explained: ${options.join(" ")}`, () => assert.rejects(scale(...options), ({ code, stderr }) => code === 1 && message.test(stderr)));
}

test("ratios are of the same round, to the least size that has it", () => {
  const round = (ms, all) => ({ warm: { p50: ms, p99: 2 * ms, cpuMicros: 100 * ms }, ...(all && { warmAll: { p50: all, p99: all, cpuMicros: all } }), api: {} });
  const { scripts: { rows } } = summary({ scripts: { 10: [round(1), round(10), round(2)], 100: [round(2, 3), round(20, 5), round(4, 7)], 1000: [round(3, 6), round(10, 5), round(6, 14)] } });
  const row = (name, unit) => rows.find((one) => one.name.startsWith(name) && one.unit === unit).values;
  assert.deepEqual(row("warm, ten", "ms p50").map(({ value, ratio }) => [value, ratio]), [[2, 1], [4, 2], [6, 3]]);
  assert.deepEqual(row("warm, all", "ms p50").map((one) => one && [one.value, one.ratio]), [null, [5, 1], [6, 2]]);
});

test("a line tells what grows from what only moves", () => {
  const chance = random(5);
  const noise = () => (chance() - 0.5) * 4;
  const points = (slope) => Array.from({ length: 30 }, (_, x) => [x, 100 + slope * x + noise()]);
  assert.deepEqual([0.5, -0.5].map((slope) => verdict(fit(points(slope)))), ["grows", "shrinks"]);
  const { slope, low, high } = fit(points(0.5));
  assert.ok(low < 0.5 && 0.5 < high && Math.abs(slope - 0.5) < 0.1);
  // An interval of 95 % is wrong in one of twenty runs.
  const flat = Array.from({ length: 400 }, () => verdict(fit(points(0)))).filter((one) => one === "flat").length;
  assert.ok(flat > 400 * 0.91 && flat < 400 * 0.99, `${flat}`);
  assert.deepEqual(fit([[0, 1], [1, 3], [2, 5]]), { slope: 2, low: 2, high: 2 });
  assert.throws(() => fit([[0, 1], [1, 2]]), /three points/);
  assert.deepEqual(floors([[0, 5], [0.4, 3], [1.1, 9], [1.2, 8], [3, 1]], 1), [[0.5, 3], [1.5, 8], [3.5, 1]]);
});

if (platform() === "linux") {
  test("a soak tells what was sent, what was wrong, and what memory did", async () => {
    const result = await soak({ minutes: 0.15, rate: 60, scripts: 3, sample: 0.2 });
    assert.deepEqual([result.wrong, result.told, result.requests > 100], [[], result.requests, true]);
    assert.deepEqual(Object.keys(result.memory), ["rss", "heap", "embedder", "wasm"]);
    for (const { first, last, perMinute } of Object.values(result.memory)) assert.ok(first > 0 && last > 0 && perMinute.low <= perMinute.slope && perMinute.slope <= perMinute.high);
    assert.match(soaked(result), /wrong answers: 0; told by telemetry: \d+/);
  });
}
