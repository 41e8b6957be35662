// What became of requests to elsewhere, as it is counted: src/capability/audit.js.
import assert from "node:assert/strict";
import { test } from "node:test";
import { count } from "../../src/capability/audit.js";

let resume = [];
globalThis.scheduler = { wait: () => new Promise((resolve) => resume.push(resolve)) };
const turn = () => new Promise((resolve) => setImmediate(resolve));
/** The pauses of all flights are over, and what comes of that is done. */
const land = async () => { resume.splice(0).forEach((resolve) => resolve()); for (let i = 0; i < 10; i += 1) await turn(); };

/** A host whose script's object answers under this status, or throws. */
function host(script, status = 200) {
  const told = [];
  const object = { fetch: async (request) => { told.push(await request.json()); if (status === 0) throw new Error("on fire"); return new Response("null", { status }); } };
  const env = { SCRIPTS: { getByName: (name) => (assert.equal(name, `id/${script}`), object) } };
  const flights = [];
  const ctx = { props: { namespace_id: "id", script, incarnation: "life" }, waitUntil: (flight) => flights.push(flight) };
  const seen = (more) => count(env, ctx, { decision: "allowed", code: "", policy: "script", rule: "r", host: "a.example", method: "GET", ...more });
  return { told, flights, seen, fails: (now) => (status = now) };
}
const sum = (told) => told.flatMap(({ counts }) => counts).reduce((sum, { count }) => sum + count, 0);

test("what is alike is one, and goes in one flight", async () => {
  const { told, flights, seen } = host("alike");
  for (let i = 0; i < 5; i += 1) seen();
  seen({ method: "POST" });
  assert.deepEqual([told.length, flights.length], [0, 1]);
  await land();
  assert.deepEqual(told.map(({ op, incarnation, counts }) => [op, incarnation, counts.map(({ method, count }) => [method, count])]), [["add_outbound_audit", "life", [["GET", 5], ["POST", 1]]]]);
  await flights[0];
  seen();
  assert.equal(flights.length, 2, "the next begins another");
  await land();
  assert.equal(sum(told), 7);
});

test("a script that asks for ever other hosts has some told apart, and none lost", async () => {
  const { told, seen } = host("many");
  for (let i = 0; i < 1000; i += 1) seen({ host: `h${i}.example` });
  await land();
  assert.equal(told.length, 1);
  assert.deepEqual([told[0].counts.length, told[0].counts.at(-1).host, sum(told)], [201, "*", 1000]);
});

test("what could not be told is told later; of a script that is gone, nothing", async () => {
  const { told, flights, seen, fails } = host("fails", 0);
  const { error } = console;
  const written = [];
  console.error = (line) => written.push(line);
  try {
    for (const status of [0, 500, 200]) {
      fails(status);
      seen();
      await land();
    }
    await land();
    assert.deepEqual(told.map(({ counts }) => counts[0].count), [1, 1, 1, 2], "the first again, until it has arrived; and then what came meanwhile");
    assert.deepEqual([written.length, flights.length], [2, 3]);
    fails(404);
    seen();
    await land();
    fails(200);
    seen();
    await land();
    assert.deepEqual(told.map(({ counts }) => counts[0].count), [1, 1, 1, 2, 1, 1]);
  } finally {
    console.error = error;
  }
});
