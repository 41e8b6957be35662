// What the gateway knows of a script: as new as what is known for requests to it, and not read for each.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { startSharing, text, wait } from "./dispatch.mjs";
import { ASKS, startOrigin, startOutbound } from "./outbound.mjs";

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
    const second = await startSharing(first, { SNAPSHOT_TTL_MS: 200 }, "tenants", { outboundService: undefined });
    try {
      await first.deploy("app", `export default { async fetch() {
        const told = [];
        for (let i = 0; i < 7; i += 1) {
          const answer = await fetch("${at}");
          told.push(answer.headers.get("x-outbound-refused") ?? answer.status);
          await scheduler.wait(400);
        }
        return Response.json(told);
      } };`, { outbound: { rules } });
      for (const [change, code, by] of [
        [() => first.patch("app", { outbound: { rules: [] } }), "outbound_inside", 1],
        // What is known of a namespace lasts ten times as long.
        [() => first.api("PATCH", `${NAMESPACES}/tenants`, { outbound: "block" }), "outbound_blocked", 6],
      ]) {
        await first.patch("app", { outbound: { rules } });
        await wait(300);
        origin.took();
        const running = second.ask("app/");
        while (origin.got.length === 0) await wait(5);
        await change();
        const told = JSON.parse(await text(await running));
        assert.deepEqual([told[0], ...told.slice(by)], [200, ...Array(7 - by).fill(code)], JSON.stringify(told));
      }
    } finally {
      await second.dispose();
    }
  } finally {
    await first.dispose();
  }
});

test("nothing is read for a request that goes out, and nobody waits for its record", async () => {
  const host = await startOutbound({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 60_000 } });
  try {
    await host.asker("app", rules);
    await host.asks("app", at);
    await wait(600);
    const before = (await host.spy()).asked.length;
    const began = performance.now();
    for (let i = 0; i < 5; i += 1) assert.deepEqual((await host.asks("app", at, "https://no.example/")).map(({ status }) => status), [200, 403]);
    assert.ok(performance.now() - began < 250, "the record is written later");
    await wait(800);
    const asked = (await host.spy()).asked.slice(before);
    assert.deepEqual([...new Set(asked.map(({ op }) => op))], ["add_outbound_audit"]);
    assert.ok(asked.length <= 2, `${asked.length} flights for ten requests`);
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
    await wait(600);
    await host.spy({ storage: "fails" });
    assert.equal((await host.asks("app", at))[0].status, 200, "nothing waits for it");
    await wait(600);
    await host.spy({ storage: "works" });
    await host.asks("app", at);
    await wait(600);
    const { result } = await host.api("GET", `${NAMESPACES}/tenants/scripts/app/outbound/audit`);
    assert.deepEqual(result.requests.map(({ count }) => count), [3]);
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
