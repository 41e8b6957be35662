// What workers cost: how many there were, why, and what a month of that comes to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { says, text, withScripts } from "./dispatch.mjs";
import { NAMESPACE, telemetryOf, until } from "./telemetry.mjs";

const cost = (host, isSo) => until(() => telemetryOf(host).get("/cost"), isSo);

test("each key is a worker, each load() another, and keys that change are warned of with the reason", () => withScripts({ bindings: { PRICES: { worker_day: 1, included_worker_days: 10 } } }, async (host) => {
  await host.deploy("steady", says("x"));
  for (let i = 0; i < 5; i += 1) await text(await host.ask("steady/"));
  const one = await cost(host, ({ days }) => days[0]?.requests === 5);
  const [{ day, ...today }] = one.days;
  assert.equal(day, new Date().toISOString().slice(0, 10));
  assert.deepEqual(today, { workers: 1, keys: 1, loads: 0, requests: 5, billed_requests: 10, cpu_ms: 0, cold_starts: 1, cold_start_rate: 0.2 });
  assert.deepEqual(one.warnings, []);
  for (let i = 0; i < 4; i += 1) {
    await host.deploy("churns", says("x"), { bindings: [{ type: "plain_text", name: "BUILT", text: `${i}` }] });
    await until(() => host.ask("churns/").then(text), (answer) => answer === "x");
    // The isolate that was told of it serves it at once.
    await text(await host.ask("churns/"));
  }
  for (let i = 0; i < 2; i += 1) {
    await host.deploy("churns", says(`code ${i}`), { bindings: [{ type: "plain_text", name: "BUILT", text: "3" }] });
    await text(await host.ask("churns/"));
  }
  const { days, warnings, prices, projected } = await cost(host, ({ warnings }) => warnings.length > 0);
  assert.equal(days[0].workers, 7);
  assert.deepEqual(warnings.map(({ message, ...rest }) => rest), [{ code: "many_keys", script: "churns", keys: 6, changed: { env: 3, modules: 2, tails: 5 } }]);
  assert.match(warnings[0].message, /^churns was loaded under 6 keys today.*5x tails.*3x env \(a variable, secret or binding changed\), 2x modules/);
  assert.deepEqual([prices.worker_day, prices.included_worker_days, prices.million_requests], [1, 10, 0.3], "what is set, and what is published");
  assert.ok(projected.by_days > 0 && projected.by_days <= 1);
  assert.ok(projected.workers >= 7 * 30 && projected.usd.workers === projected.workers, JSON.stringify(projected));
  assert.equal(projected.usd_beyond_included.workers, projected.workers - 10);
  assert.equal(projected.usd.total, Math.round((projected.usd.workers + projected.usd.requests + projected.usd.cpu) * 100) / 100);
}));

test("workers that services, objects and jobs start are counted, too", () => withScripts({}, async (host) => {
  await host.deploy("called", `import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint { add(a, b) { return a + b; } }`);
  await host.deploy("calls", "export default { async fetch(request, env) { return new Response(`${await env.ADD.add(2, 3)} ${await env.ROOM.getByName('a').hello()}`); } };\nimport { DurableObject } from 'cloudflare:workers'; export class Room extends DurableObject { hello() { return 'hi'; } }", {
    bindings: [{ type: "service", name: "ADD", service: "called" }, { type: "durable_object_namespace", name: "ROOM", class_name: "Room" }],
    migrations: { new_tag: "v1", steps: [{ new_sqlite_classes: ["Room"] }] },
  });
  for (let i = 0; i < 3; i += 1) assert.equal(await text(await host.ask("calls/")), "5 hi");
  const { days: [today] } = await cost(host, ({ days }) => days[0]?.keys >= 3 && days[0].billed_requests >= 12);
  assert.deepEqual([today.keys, today.requests], [3, 3]);
  // The host itself three times, the script three times, the service three times, and the object.
  assert.ok(today.billed_requests >= 12, `${today.billed_requests}`);
}));

test("a script that is run once is a worker of that day", () => withScripts({}, async (host) => {
  const form = new FormData();
  form.set("metadata", JSON.stringify({ main_module: "index.js" }));
  form.set("index.js", new File([says("once")], "index.js", { type: "application/javascript+module" }));
  for (let i = 0; i < 3; i += 1) await host.api("POST", `${NAMESPACE}/run`, form);
  const { days: [today] } = await cost(host, ({ days }) => days[0]?.loads === 3);
  assert.deepEqual([today.workers, today.keys, today.loads], [3, 0, 3]);
}));

test("prices that are none are told", () => withScripts({ bindings: { PRICES: '{"worker_day": "much"}' } }, async (host) => {
  const { errors } = await host.api("GET", `${NAMESPACE}/cost`, undefined, { status: 500 });
  assert.match(errors[0].message, /PRICES/);
  await host.api("GET", `${NAMESPACES}/nothing/cost`, undefined, { status: 404 });
}));
