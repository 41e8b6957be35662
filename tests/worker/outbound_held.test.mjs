// What the gateway knows of a script: as new as what is known for requests to it, and not read for each.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { startSharing, text } from "./dispatch.mjs";
import { ASKS, startOrigin, startOutbound } from "./outbound.mjs";
import { until } from "./until.mjs";

const TTL_MS = 200;

let origin, at, rules;
before(async () => {
  origin = await startOrigin();
  at = `http://127.0.0.1:${origin.port}/`;
  rules = [{ host: "127.0.0.1", ports: [origin.port] }];
});
after(() => origin?.close());

test("a change is in effect in an isolate that nobody tells, for a worker that runs there", async () => {
  const first = await startOutbound();
  try {
    const second = await startSharing(first, { SNAPSHOT_TTL_MS: TTL_MS }, "tenants", { outboundService: undefined });
    try {
      await first.deploy("app", `export default { async fetch(request) {
        if (new URL(request.url).pathname === "/once") return Response.json((await fetch("${at}")).headers.get("x-outbound-refused"));
        const told = [];
        for (let refused = 0; refused < 3 && told.length < 500; await scheduler.wait(40)) {
          const sent = Date.now();
          const code = (await fetch("${at}")).headers.get("x-outbound-refused");
          told.push([sent, code]);
          if (code !== null) refused += 1;
        }
        return Response.json(told);
      } };`, { outbound: { rules } });
      for (const [change, code, lasts] of [
        [() => first.patch("app", { outbound: { rules: [] } }), "outbound_inside", TTL_MS],
        // What is known of a namespace lasts ten times as long.
        [() => first.api("PATCH", `${NAMESPACES}/tenants`, { outbound: "block" }), "outbound_blocked", 10 * TTL_MS],
      ]) {
        await first.patch("app", { outbound: { rules } });
        await until(async () => JSON.parse(await text(await second.ask("app/once"))), "it is let out", (code) => code === null);
        origin.took();
        const running = second.ask("app/");
        await until(() => origin.got.length > 0, "it is let out");
        await change();
        const changed = Date.now();
        const told = JSON.parse(await text(await running));
        const from = told.findIndex(([, refused]) => refused !== null);
        assert.ok(from > 0 && told.slice(from).every(([, refused]) => refused === code), JSON.stringify(told));
        const late = told[from - 1][0] - changed;
        // On a busy machine storage may take longer than it is waited for; then the host says so.
        if (late > lasts) await second.logged(/cannot be read, .*stays: it took over 250 ms/);
      }
    } finally {
      await second.dispose();
    }
  } finally {
    await first.dispose();
  }
});

/** How many requests storage was told of. */
const recorded = (host) => async () =>
  (await host.spy()).asked.filter(({ op }) => op === "add_outbound_audit").flatMap(({ counts }) => counts).reduce((sum, { count }) => sum + count, 0);

test("nothing is read for a request that goes out, and nobody waits for its record", async () => {
  const host = await startOutbound({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 60_000 } });
  try {
    await host.asker("app", rules);
    await host.asks("app", at);
    await until(recorded(host), "it is recorded", (count) => count === 1);
    const before = (await host.spy({ storage: "late", lateMs: 40_000 })).asked.length;
    const began = performance.now();
    for (let i = 0; i < 5; i += 1) assert.deepEqual((await host.asks("app", at, "https://no.example/")).map(({ status }) => status), [200, 403]);
    const took = performance.now() - began;
    assert.ok(took < 20_000, "the record is written later");
    await until(recorded(host), "they are recorded", (count) => count === 11);
    const asked = (await host.spy()).asked.slice(before);
    assert.deepEqual([...new Set(asked.map(({ op }) => op))], ["add_outbound_audit"]);
    assert.ok(asked.length <= 2 + took / 250, `${asked.length} flights for ten requests, in ${took} ms`);
    assert.equal(asked.flatMap(({ counts }) => counts).reduce((sum, { count }) => sum + count, 0), 10);
  } finally {
    await host.dispose();
  }
});

test("what could not be recorded is with the next request", async () => {
  const host = await startOutbound({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 60_000 } });
  try {
    await host.deploy("app", ASKS, { outbound: { rules } });
    await host.asks("app", at);
    await until(recorded(host), "it is recorded", (count) => count === 1);
    await host.spy({ storage: "fails" });
    assert.equal((await host.asks("app", at))[0].status, 200, "nothing waits for it");
    await until(recorded(host), "it is tried to", (count) => count === 2);
    await host.spy({ storage: "works" });
    await host.asks("app", at);
    const audit = async () => (await host.api("GET", `${NAMESPACES}/tenants/scripts/app/outbound/audit`)).result.requests.map(({ count }) => count);
    assert.deepEqual(await until(audit, "it is recorded", ([count]) => count >= 3), [3]);
  } finally {
    await host.dispose();
  }
});

test("a limit that cannot be counted for all is counted by each isolate", async () => {
  const host = await startOutbound({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 60_000 } });
  try {
    await host.asker("app", [{ ...rules[0], per_minute: 2 }]);
    await host.asks("app");
    await host.spy({ storage: "fails" });
    assert.deepEqual((await host.asks("app", at, at, at)).map(({ status }) => status), [200, 200, 429]);
  } finally {
    await host.dispose();
  }
});
