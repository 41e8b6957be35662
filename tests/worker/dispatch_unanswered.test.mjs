// What an isolate does with what it knows of a script when storage does not answer.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refused } from "./contract.mjs";
import { ECHO, says, startSharing, sticker, text, wait } from "./dispatch.mjs";
import { asked, changedElsewhere, deployElsewhere, withTtl } from "./snapshot.mjs";
import { until } from "./until.mjs";

describe("storage that does not answer", () => {
  test("does not stop what runs, however long that lasts", () => withTtl(100, async (host) => {
    await host.deploy("app", says("one"));
    const two = await host.upload("app", says("two"));
    await text(await host.ask("app/"));
    await host.spy({ storage: "fails", bucket: "fails" });
    for (let i = 0; i < 10; i++) {
      assert.equal(await text(await host.ask("app/", { method: "POST", body: "b" })), "one");
      await wait(50);
    }
    await host.logged(/tenants\/app cannot be read, deployment 1 stays: The disk is on fire/);
    await refused(await host.ask("other/"), 503, "storage_unavailable");
    await host.spy({ storage: "works", bucket: "works" });
    await deployElsewhere(host, "app", two);
    await until(async () => text(await host.ask("app/")), "it is heard", (said) => said === "two");
  }));

  test("is left alone for as long as a copy lasts", () => withTtl(2000, async (host) => {
    await host.deploy("app", says("one"));
    await text(await host.ask("app/"));
    await host.spy({ storage: "fails" });
    await wait(2001);
    const before = await asked(host, "live");
    for (let i = 0; i < 10; i++) assert.equal(await text(await host.ask("app/")), "one");
    assert.equal(await asked(host, "live"), before + 1);
  }));

  test("is asked now and then, not by each who has seen a later deployment", () => withTtl(60_000, async (host) => {
    const second = await startSharing(host, { SNAPSHOT_TTL_MS: 60_000 });
    try {
      const ids = [await host.deploy("app", says("one")), await host.upload("app", says("two"))];
      const split = (first) => ({ strategy: "percentage", versions: ids.map((version_id, i) => ({ version_id, percentage: i ? 100 - first : first })) });
      await changedElsewhere(host, "app", { op: "deploy", body: split(50) });
      await text(await host.ask("app/"));
      await changedElsewhere(host, "app", { op: "deploy", body: split(40) });
      const ahead = { headers: { cookie: `dl_version=${sticker(await second.ask("app/"))}` } };
      await host.spy({ storage: "fails" });
      const before = await asked(host, "live");
      for (let i = 0; i < 10; i++) assert.equal((await host.ask("app/", ahead)).status, 200);
      assert.ok(await asked(host, "live") <= before + 2, `${await asked(host, "live") - before} questions`);
      await wait(300);
      await host.spy({ storage: "works" });
      const { reads } = await host.spy();
      for (let i = 0; i < 3; i++) assert.equal((await host.ask("app/", ahead)).headers.get("set-cookie"), null);
      assert.equal((await host.spy()).reads, reads + 1, "and it hears of it when storage works");
    } finally {
      await second.dispose();
    }
  }));

  test("is not waited for longer than a quarter of a second, and counts when it answers after all", () => withTtl(300, async (host) => {
    await host.deploy("app", says("one"));
    const two = await host.upload("app", says("two"));
    await text(await host.ask("app/"));
    await deployElsewhere(host, "app", two);
    await host.spy({ storage: "hangs" });
    await wait(301);
    const began = performance.now();
    assert.equal(await text(await host.ask("app/")), "one");
    const took = performance.now() - began;
    assert.ok(took >= 200 && took < 1900, `${took.toFixed(0)} ms, of a storage that takes 2000 and a patience of 250`);
    await host.logged(/tenants\/app cannot be read, deployment 1 stays: it took over 250 ms/);
    await until(async () => text(await host.ask("app/")), "a storage that is always slow is still heard", (said) => said === "two");
  }));

  test("is asked by one, also when all have waited for that one as long as they may", () => withTtl(1000, async (host) => {
    await host.deploy("app", says("one"));
    await text(await host.ask("app/"));
    const began = Date.now() + 2000;
    const before = await asked(host, "live");
    await host.spy({ storage: "held", clock: began });
    const answers = Promise.all(Array.from({ length: 20 }, async () => text(await host.ask("app/"))));
    await until(() => asked(host, "live"), "one asks", (count) => count > before);
    // All at once, as it is where the machine stood still.
    await host.spy({ clock: began + 250 });
    assert.deepEqual(new Set(await answers), new Set(["one"]));
    assert.equal(await asked(host, "live"), before + 1);
    await host.spy({ storage: "works", clock: null });
  }));

  test("where the namespace's id is known no longer, what is known of it serves", () => withTtl(20, async (host) => {
    await host.deploy("app", ECHO);
    await text(await host.ask("app/"));
    await host.spy({ storage: "fails" });
    await wait(300);
    assert.equal((await host.ask("app/")).status, 200);
    assert.ok((await host.spy()).asked.some(({ op, name }) => op === "namespace" && name === "tenants"));
  }));
});
