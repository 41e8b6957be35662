// What an isolate holds of scripts, and how much of it: nobody pushes out what others use.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refused } from "./contract.mjs";
import { cache, says, scriptsOf, text, version, wait, withScripts } from "./dispatch.mjs";
import { asked as askedBefore } from "./snapshot.mjs";
import { until } from "./until.mjs";

// Nothing here is asked for again because it grew old.
const long = (body) => withScripts({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 600_000 } }, body);

/** How many questions of this kind `body` led to. */
async function asked(host, op, body) {
  const before = await askedBefore(host, op);
  await body();
  return await askedBefore(host, op) - before;
}

describe("previews", () => {
  test("are held under the whole id, however much of it is said", () => long(async (host) => {
    await host.deploy("app", says("live"));
    const id = await host.upload("app", says("shown"));
    const spellings = Array.from({ length: 29 }, (_, i) => id.slice(0, 8 + i));
    assert.equal(await asked(host, "preview", async () => {
      for (const spelling of [...spellings, ...spellings.reverse()]) {
        const answer = await host.ask(`app@${spelling}/`);
        assert.deepEqual([await text(answer), version(answer)], ["shown", id], spelling);
      }
    }), 1);
    assert.equal(await text(await host.ask("app/")), "live");
    const other = `${id.slice(0, 8)}${id.endsWith("0") ? "-0000-0000-0000-000000000001" : "-0000-0000-0000-000000000000"}`;
    assert.equal((await host.ask(`app@${other}/`)).status, 404, "what is said is not passed over");
  }));

  test("push out no script that is live", () => long(async (host) => {
    await host.deploy("app", says("live"));
    await text(await host.ask("app/"));
    for (let i = 0; i < 19; i += 1) {
      const id = await host.deploy("many", says(`v${i}`));
      await Promise.all(Array.from({ length: 29 }, async (_, i) => text(await host.ask(`many@${id.slice(0, 8 + i)}/`))));
    }
    assert.equal(await asked(host, "live", async () => assert.equal(cache(await host.ask("app/")), "warm")), 0);
    const first = (await host.api("GET", "/accounts/acc/workers/dispatch/namespaces/tenants/scripts/many/versions?per_page=50")).result.items.at(-1).id;
    await host.spy({ storage: "fails" });
    assert.equal(await text(await host.ask(`many@${first}/`)), "v0", "held, all of so few");
  }));
});

test("scripts are held up to so many bytes of what is live of them; a large one goes, and not the small ones", () => long(async (host) => {
  await host.deploy("small", says("small"));
  await text(await host.ask("small/"));
  const bindings = [{ type: "plain_text", name: "LARGE", text: "x".repeat(990_000) }];
  for (let i = 0; i < 12; i += 1) {
    await host.deploy(`large-${i}`, says(`l${i}`), { bindings });
    assert.equal(await text(await host.ask(`large-${i}/`)), `l${i}`);
  }
  const asks = (name) => asked(host, "live", async () => text(await host.ask(`${name}/`)));
  assert.deepEqual([await asks("small"), await asks("large-11"), await asks("large-5"), await asks("large-0")], [0, 0, 0, 1]);
}));

describe("names that are asked for in vain", () => {
  test("push out those of their own namespace", () => long(async (host) => {
    const other = scriptsOf(host, "other");
    await other.create();
    const none = () => asked(host, "live", async () => refused(await other.ask("none/"), 404, "not_found"));
    const nobody = () => asked(host, "namespace", async () => refused(await host.fetch("/dispatch/nobody/x/"), 404, "not_found"));
    assert.deepEqual([await none(), await nobody()], [1, 1]);
    for (let i = 0; i < 600; i += 50) await Promise.all(Array.from({ length: 50 }, async (_, j) => text(await host.ask(`none-${i + j}/`), 404)));
    assert.deepEqual([await none(), await nobody()], [0, 0]);
    for (let i = 0; i < 600; i += 50) await Promise.all(Array.from({ length: 50 }, async (_, j) => text(await host.fetch(`/dispatch/nobody-${i + j}/x/`), 404)));
    assert.equal(await none(), 0);
    assert.equal(await nobody(), 1, "what there is not is of one kind");
  }));
});

describe("many first requests at once", () => {
  const AT_ONCE = Array.from({ length: 20 });

  test("are one question, whether there is such a script or not", () => long(async (host) => {
    await host.deploy("app", says("hi"));
    await host.spy({ storage: "late", lateMs: 50 });
    for (const [path, status] of [["app/", 200], ["none/", 404]]) {
      const once = async () => { await Promise.all(AT_ONCE.map(async () => text(await host.ask(path), status))); };
      assert.deepEqual([await asked(host, "live", once), await asked(host, "live", once)], [1, 0], path);
    }
  }));

  test("do not depend on the first of them: a client that goes away keeps nobody waiting", () => long(async (host) => {
    await host.deploy("app", says("hi"));
    const { reads } = await host.spy({ storage: "late", lateMs: 40_000 });
    const client = new AbortController();
    const gone = host.ask("app/", { signal: client.signal }).catch(() => "gone");
    await until(async () => (await host.spy()).reads > reads, "it waits");
    client.abort();
    assert.equal(await gone, "gone");
    await host.spy({ storage: "works" });
    const began = performance.now();
    await Promise.all(AT_ONCE.map(async () => assert.equal(await text(await host.ask("app/")), "hi")));
    assert.ok(performance.now() - began < 20_000, "less than what the first one would have waited");
  }));

  test("all hear that storage fails", () => long(async (host) => {
    await host.deploy("app", says("hi"));
    await host.spy({ storage: "fails" });
    const began = performance.now();
    await Promise.all(AT_ONCE.map(async () => refused(await host.ask("app/"), 503, "storage_unavailable")));
    assert.ok(performance.now() - began < 4000, "side by side, not each after the other");
    await host.spy({ storage: "works" });
    assert.equal(await text(await host.ask("app/")), "hi");
  }));

  test("each ask where the operator wants no copies", () => withScripts({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 0 } }, async (host) => {
    await host.deploy("app", says("hi"));
    await host.spy({ storage: "late", lateMs: 50 });
    assert.equal(await asked(host, "live", () => Promise.all(AT_ONCE.map(async () => text(await host.ask("app/"))))), AT_ONCE.length);
  }));
});
