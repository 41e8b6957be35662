// The capacity model (bench/CAPACITY.md) against this Worker: what it says of some traffic and some deploys is what is counted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CODE, EACH, operations } from "../../bench/capacity.mjs";
import { random } from "../../bench/stats.mjs";
import { NAMESPACES } from "./api.mjs";
import { says, startScripts, text, wait } from "./dispatch.mjs";
import { options } from "./host.mjs";
import { telemetryOf, until } from "./telemetry.mjs";

const TTL_MS = 400;
const SCRIPTS = 12;
const RATE = 40;
const SECONDS = 6;
// A window in which requests went out so late says nothing: the machine stood still. Nor does one in which an hour ended, and what was counted
// in it was added up. A model that is wrong is wrong in each.
const LATE_MS = 60;
const TRIES = 15;

let host;
before(async () => {
  // An object that has left memory reads its schema again: here none does.
  const { durableObjects } = options();
  const kept = Object.fromEntries(Object.entries(durableObjects).map(([name, object]) => [name, { ...object, unsafePreventEviction: true }]));
  host = await startScripts({ main: "counted.js", bindings: { SNAPSHOT_TTL_MS: TTL_MS }, extra: { durableObjects: kept } });
  for (const path of paths) await host.deploy(path.slice(0, -1), says("hello"));
});
after(() => host?.dispose());

const counts = async () => (await host.fetch("/counts")).json();
async function during(body) {
  const before = await counts();
  await body();
  const now = await counts();
  return (name) => (now[name] ?? 0) - (before[name] ?? 0);
}
const paths = Array.from({ length: SCRIPTS }, (_, i) => `s${i}/`);

/** Requests that come at random, so many a second: `{ requests, seconds, late }`. */
async function traffic(chance) {
  const began = performance.now();
  const underway = [];
  let [at, late] = [0, 0];
  while (at < SECONDS * 1000) {
    at += (-Math.log(1 - chance()) * 1000) / RATE;
    const left = at - (performance.now() - began);
    if (left > 1) await wait(left);
    late = Math.max(late, performance.now() - began - at);
    underway.push(host.ask(paths[Math.floor(chance() * SCRIPTS)]).then(text));
  }
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(underway);
  return { requests: underway.length, seconds, late };
}

test("each version that is new to an isolate costs one read of R2, one worker and one row of its day", async () => {
  const cost = await during(async () => {
    for (const path of paths) await text(await host.ask(path));
    await telemetryOf(host).totals(SCRIPTS);
  });
  assert.deepEqual([cost("r2.class_b"), cost("workers"), cost("Script.live")], [SCRIPTS * EACH.cold.r2Reads, SCRIPTS * EACH.cold.workers, SCRIPTS]);
  // What has been written beside the reports' own rows and a row for each script.
  const { keys } = (await host.api("GET", `${NAMESPACES}/tenants/cost`)).result.days[0];
  assert.equal(keys, SCRIPTS);
});

test("steady traffic asks of objects what the model says, within a tenth, and of R2 nothing", async () => {
  const chance = random(7);
  const others = [];
  while (others.length < TRIES) {
    let seen;
    const cost = await during(async () => { seen = await traffic(chance); });
    const { requests, seconds, late } = seen;
    const model = operations({ rate: requests / seconds, isolates: 1, scripts: SCRIPTS, code: { ...CODE, ttlMs: TTL_MS } });
    const told = { live: cost("Script.live"), namespace: cost("Directory.namespace"), telemetry: cost("Telemetry.add"), pulse: cost("Pulse./"), rows: cost("Telemetry.rows.written") };
    const expected = Object.fromEntries(["live", "namespace", "telemetry", "pulse"].map((name) => [name, model[name] * seconds]));
    // Of as many reports as there were: one more or less of them, at the ends of the window, is twelve rows.
    expected.rows = (model.series / model.telemetry + 1) * told.telemetry;
    assert.equal(cost("requests"), requests);
    assert.deepEqual([cost("r2.class_a"), cost("r2.class_b"), cost("workers")], [0, 0, 0]);
    // A window begins and ends somewhere between two of what comes rarely.
    const isClose = ([name, number]) => Math.abs(told[name] - number) <= Math.max(1.5, number / 10);
    if (late <= LATE_MS && Object.entries(expected).every(isClose)) return;
    others.push(JSON.stringify({ requests, seconds, late, told, expected }));
  }
  assert.fail(`no window was as the model says:\n${others.join("\n")}`);
});

test("a deploy is what the model says, to the row", async () => {
  // Each upload has an alarm five seconds later.
  await until(counts, (now) => now["Script.alarm"] >= SCRIPTS);
  const alarms = (await counts())["Script.alarm"];
  const cost = await during(async () => {
    await host.deploy("s0", says("hello again"));
    await until(counts, (now) => now["Script.alarm"] > alarms);
  });
  // The traffic before it may still be told of.
  const told = { objects: cost("objects") - cost("Pulse./") - cost("Telemetry.add"), rowsRead: cost("rows.read") - cost("Telemetry.rows.read"), rowsWritten: cost("rows.written") - cost("Telemetry.rows.written"), r2Writes: cost("r2.class_a"), r2Reads: cost("r2.class_b"), checks: cost("workers") };
  assert.deepEqual(told, EACH.deploy);
});
