// Automatic rollback: a deployment whose newest version fails more than it may goes back by itself, and says why.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { from, says, startSharing, text, version, wait, withScripts } from "./dispatch.mjs";
import { until } from "./until.mjs";

const TTL_MS = 100;
const RULE = { threshold_percent: 10, window_seconds: 60, minimum_requests: 20 };
const FAILS = `export default { fetch: () => new Response("broken", { status: 500 }) };`;
const THROWS = `export default { fetch() { throw new Error("broken"); } };`;

/** Asks from so many addresses, over and over, until the live deployment is another one; gives that, and what it took. */
async function untilBack(host, hosts, live) {
  for (let i = 0; i < 1500; i += 1) {
    const answer = await hosts[i % hosts.length].ask("app/", from(`192.0.2.${i % 250}`));
    await answer.text();
    if (i % 25 === 24) {
      const [now] = await host.deployments("app");
      if (now.id !== live.id) return [now, i + 1];
      await wait(10);
    }
  }
  return [live, Infinity];
}

describe("a deployment with a rule", () => {
  for (const [what, source] of [["answers 5xx", FAILS], ["throws", THROWS]]) {
    test(`whose newest version ${what} goes back, and its history says why`, () => withScripts({ bindings: { SNAPSHOT_TTL_MS: TTL_MS } }, async (host) => {
      const good = await host.deploy("app", says("good"));
      const bad = await host.upload("app", source);
      const live = await host.split("app", { [good]: 50, [bad]: 50 }, { automatic_rollback: RULE });
      const [now, took] = await untilBack(host, [host], live);
      assert.ok(took < 500, `${took} requests`);
      assert.deepEqual(now.versions, [{ version_id: good, percentage: 100 }]);
      assert.equal(now.annotations["workers/triggered_by"], "automatic_rollback");
      assert.match(now.annotations["workers/message"], new RegExp(`^Rolled back: 100\\.0 % of \\d+ requests to version ${bad} failed within 60 s, against 0\\.0 % of \\d+ to the others and before; allowed are 10 points more\\.$`));
      assert.equal(now.automatic_rollback, null);
      await wait(TTL_MS);
      for (let i = 0; i < 20; i += 1) assert.equal(await text(await host.ask("app/", from(`198.51.100.${i}`))), "good");
      const [, before] = await host.deployments("app");
      assert.equal(before.id, live.id, "what it went back from is in the history");
    }));
  }

  test("counts what all isolates report", () => withScripts({ bindings: { SNAPSHOT_TTL_MS: TTL_MS } }, async (host) => {
    const second = await startSharing(host, { SNAPSHOT_TTL_MS: TTL_MS });
    try {
      const good = await host.deploy("app", says("good"));
      const bad = await host.upload("app", FAILS);
      const live = await host.split("app", { [good]: 50, [bad]: 50 }, { automatic_rollback: { ...RULE, minimum_requests: 60 } });
      // Neither sees 60 requests to the new version by itself.
      for (let i = 0; i < 160; i += 1) await (await [host, second][i % 2].ask("app/", from(`192.0.2.${i}`))).text();
      const [now] = await until(async () => {
        for (const one of [host, second]) await (await one.ask("app/", from("192.0.2.200"))).text();
        return host.deployments("app");
      }, "it goes back", ([now]) => now.id !== live.id);
      assert.equal(now.annotations["workers/triggered_by"], "automatic_rollback");
    } finally {
      await second.dispose();
    }
  }));

  test("whose versions fail alike stays, and so does one without a rule", () => withScripts({ bindings: { SNAPSHOT_TTL_MS: TTL_MS } }, async (host) => {
    const one = await host.deploy("app", FAILS);
    const two = await host.upload("app", `${FAILS}//`);
    const alike = await host.split("app", { [one]: 50, [two]: 50 }, { automatic_rollback: RULE });
    for (let i = 0; i < 200; i += 1) await (await host.ask("app/", from(`192.0.2.${i}`))).text();
    await wait(TTL_MS);
    await (await host.ask("app/")).text();
    assert.equal((await host.deployments("app"))[0].id, alike.id);

    const good = await host.deploy("app", says("good"));
    const unruled = await host.split("app", { [good]: 50, [two]: 50 });
    for (let i = 0; i < 200; i += 1) await (await host.ask("app/", from(`192.0.2.${i}`))).text();
    assert.equal((await host.deployments("app"))[0].id, unruled.id);
  }));

  test("is not held to what was before it", () => withScripts({ bindings: { SNAPSHOT_TTL_MS: TTL_MS } }, async (host) => {
    const good = await host.deploy("app", says("good"));
    const bad = await host.upload("app", FAILS);
    const ask = async (count) => {
      for (let i = 0; i < count; i += 1) await (await host.ask("app/", from(`192.0.2.${i}`))).text();
    };
    await host.split("app", { [good]: 50, [bad]: 50 });
    await ask(100);
    const ruled = await host.split("app", { [good]: 50, [bad]: 50 }, { automatic_rollback: RULE });
    for (let i = 0; i < 3; i += 1) {
      await ask(4);
      await wait(TTL_MS);
    }
    assert.equal((await host.deployments("app"))[0].id, ruled.id, "12 requests are too few to tell");
  }));

  test("does not go back for those who ask for the version that fails, nor for those who give it too little, nor for one visitor", () => withScripts({ bindings: { SNAPSHOT_TTL_MS: TTL_MS } }, async (host) => {
    const good = await host.deploy("app", says("good"));
    const bad = await host.upload("app", FAILS);
    const live = await host.split("app", { [good]: 50, [bad]: 50 }, { automatic_rollback: RULE });
    let failed = 0;
    const ask = async (init) => {
      const answer = await host.ask("app/", init);
      await answer.text();
      failed += answer.status === 500 ? 1 : 0;
    };
    for (let i = 0; i < 100; i += 1) await ask(from(`192.0.2.${i}`, { "cloudflare-workers-version-overrides": `app="${bad}"` }));
    assert.equal(failed, 100);
    // Enough of the good version, so that it is not for want of that.
    for (let i = 0; i < 100; i += 1) await ask(from(`192.0.2.${i}`, { "cloudflare-workers-version-overrides": `app="${good}"` }));
    for (let i = 0; i < 200; i += 1) await ask(from("192.0.2.1", { "cloudflare-workers-version-key": `visitor ${i}` }));
    assert.ok(failed > 150, `${failed}`);
    for (let i = 0; i < 100; i += 1) await ask(from(`198.51.100.${i}`, { "x-worker-limits": "wall_ms=1000" }));
    await wait(TTL_MS);
    await ask(from("192.0.2.1"));
    await wait(TTL_MS);
    assert.equal((await host.deployments("app"))[0].id, live.id);
  }));

  test("is held against what was live before it", () => withScripts({ bindings: { SNAPSHOT_TTL_MS: TTL_MS } }, async (host) => {
    const flaky = (name) => `let calls = 0; export default { fetch: () => new Response("${name}", { status: (calls += 1) % 2 ? 500 : 200 }) };`;
    const ask = async (count) => {
      for (let i = 0; i < count; i += 1) await (await host.ask("app/", from(`192.0.2.${i}`))).text();
      await wait(TTL_MS);
      await (await host.ask("app/", from("192.0.2.250"))).text();
      await wait(TTL_MS);
    };
    await host.deploy("app", flaky("one"));
    await ask(60);
    for (const name of ["two", "three"]) {
      // Before the second, the isolate has told all that it counted of the first.
      const live = await host.split("app", { [await host.upload("app", flaky(name))]: 100 }, { automatic_rollback: RULE });
      await ask(100);
      await ask(100);
      assert.equal((await host.deployments("app"))[0].id, live.id, `${name} fails as often as what was there`);
    }
    const worse = await host.split("app", { [await host.upload("app", FAILS)]: 100 }, { automatic_rollback: RULE });
    await ask(100);
    await ask(100);
    const [now] = await host.deployments("app");
    assert.notEqual(now.id, worse.id);
    assert.match(now.annotations["workers/message"], /against [45]\d\.\d % of \d+ to the others and before/);
  }));

  test("does not go back because the bucket is down", () => withScripts({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: TTL_MS } }, async (host) => {
    const good = await host.deploy("app", says("good"));
    await text(await host.ask("app/"));
    const other = await host.upload("app", says("other"));
    await host.spy({ bucket: "fails" });
    const live = await host.split("app", { [good]: 50, [other]: 50 }, { automatic_rollback: RULE });
    for (let i = 0; i < 200; i += 1) assert.equal(await text(await host.ask("app/", from(`192.0.2.${i}`))), "good");
    await wait(TTL_MS);
    await text(await host.ask("app/", from("192.0.2.200")));
    await wait(TTL_MS);
    assert.equal((await host.deployments("app"))[0].id, live.id);
    const { incidents } = (await host.api("GET", `${NAMESPACES}/tenants/scripts/app/incidents`)).result;
    assert.deepEqual(incidents.map(({ version_id, kind, count }) => [version_id, kind, count]), [[other, "unavailable", 1]]);
  }));

  test("of one version alone goes back to the one before it", () => withScripts({ bindings: { SNAPSHOT_TTL_MS: TTL_MS } }, async (host) => {
    const good = await host.deploy("app", says("good"));
    const bad = await host.upload("app", THROWS);
    const live = await host.split("app", { [bad]: 100 }, { automatic_rollback: RULE });
    assert.equal(version(await host.ask("app/")), null, "an error is no answer of the script");
    const [now] = await untilBack(host, [host], live);
    assert.deepEqual(now.versions, [{ version_id: good, percentage: 100 }]);
  }));

  test("that does not load is counted as failing, though another version serves", () => withScripts({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: TTL_MS } }, async (host) => {
    const good = await host.deploy("app", says("good"));
    await text(await host.ask("app/"));
    const bad = await host.upload("app", says("bad"));
    await host.spy({ code: "broken" });
    const live = await host.split("app", { [good]: 50, [bad]: 50 }, { automatic_rollback: RULE });
    const [now] = await untilBack(host, [host], live);
    assert.deepEqual(now.versions, [{ version_id: good, percentage: 100 }]);
  }));
});
