// Which version a visitor gets, and that it stays theirs.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { from, says, startScripts, startSharing, sticker, text, version, withScripts } from "./dispatch.mjs";

const addresses = (count) => Array.from({ length: count }, (_, i) => `198.51.${i >> 8}.${i & 255}`);

/** The versions that so many addresses get. */
async function versions(host, count = 400, headers) {
  const answers = [];
  for (let i = 0; i < count; i += 50) {
    answers.push(...await Promise.all(addresses(count).slice(i, i + 50).map(async (address) => {
      const answer = await host.ask("app/", from(address, headers));
      await text(answer);
      return version(answer);
    })));
  }
  return answers;
}

describe("a deployment that is split", () => {
  let host, one, two, three;
  before(async () => {
    host = await startScripts();
    one = await host.deploy("app", says("one"));
    two = await host.upload("app", says("two"));
    three = await host.upload("app", says("three"));
  });
  beforeEach(() => host.patch("app", { affinity: null }));
  after(() => host?.dispose());

  test("has the shares that were asked for, and a larger share moves nobody back", async () => {
    const order = [one, two, three];
    let last;
    for (const shares of [{ [one]: 100 }, { [two]: 10, [one]: 90 }, { [one]: 80, [two]: 20 }, { [two]: 50, [one]: 50 }, { [three]: 10, [two]: 50, [one]: 40 }, { [three]: 100 }]) {
      await host.split("app", shares);
      const got = await versions(host);
      for (const [id, percentage] of Object.entries(shares)) {
        const expected = 4 * percentage;
        const most = 5 * Math.sqrt(4 * percentage * (100 - percentage) / 100) + 1;
        const count = got.filter((is) => is === id).length;
        assert.ok(Math.abs(count - expected) <= most, `${count} of 400 at ${percentage} %`);
      }
      got.forEach((id, i) => assert.ok(!last || order.indexOf(id) >= order.indexOf(last[i]), `visitor ${i} went back`));
      last = got;
    }
  });

  test("a visitor keeps the version by our cookie, from wherever", async () => {
    await host.split("app", { [one]: 50, [two]: 50 });
    for (const address of addresses(20)) {
      const first = await host.ask("app/x", from(address));
      await text(first);
      assert.match(first.headers.get("set-cookie"), /^dl_version=[0-9a-f]{16}\.\d+\.[0-9a-f-]{36}\.[0-9a-f]{32}; Path=\/dispatch\/tenants\/app; Max-Age=31536000; HttpOnly; SameSite=Lax$/);
      for (const elsewhere of ["203.0.113.1", "203.0.113.2"]) {
        const again = await host.ask("app/", from(elsewhere, { cookie: `a=1; dl_version=${sticker(first)}` }));
        await text(again);
        assert.deepEqual([version(again), again.headers.get("set-cookie")], [version(first), null], address);
      }
    }
  });

  test("the answer that brings the cookie is kept by no cache for others; any other is as the script says", async () => {
    const cached = (said) => `export default { fetch: () => new Response(${JSON.stringify(said)}, { headers: { "cache-control": "public, max-age=60, s-maxage=600" } }) };`;
    const ids = [await host.deploy("cached", cached("one")), await host.upload("cached", cached("two"))];
    await host.split("cached", { [ids[0]]: 50, [ids[1]]: 50 });
    const first = await host.ask("cached/", from("192.0.2.1"));
    await text(first);
    assert.equal(first.headers.get("cache-control"), "private, max-age=60");
    const again = await host.ask("cached/", from("192.0.2.1", { cookie: `dl_version=${sticker(first)}` }));
    await text(again);
    assert.deepEqual([again.headers.get("set-cookie"), again.headers.get("cache-control")], [null, "public, max-age=60, s-maxage=600"]);
  });

  test("a cookie that is not ours counts for nothing", async () => {
    await host.split("app", { [one]: 50, [two]: 50 });
    const first = await host.ask("app/", from("192.0.2.1"));
    await text(first);
    const value = sticker(first);
    for (const forged of ["", "x", value.replace(/^./, (digit) => (digit === "0" ? "1" : "0")), value.replace(/\.(\d+)\./, (_, n) => `.${Number(n) + 1}.`), value.slice(0, -1)]) {
      const again = await host.ask("app/", from("192.0.2.1", { cookie: `dl_version=${forged}` }));
      await text(again);
      assert.deepEqual([version(again), sticker(again)], [version(first), value], forged);
    }
  });

  test("a header says who it is: Cloudflare's, or the one that the script is set to; or a cookie of the script's own", async () => {
    await host.split("app", { [one]: 50, [two]: 50 });
    const by = async (headers) => {
      const ids = [];
      for (const address of ["203.0.113.1", "203.0.113.2", "203.0.113.3"]) {
        const answer = await host.ask("app/", from(address, headers));
        await text(answer);
        assert.equal(answer.headers.get("set-cookie"), null);
        ids.push(version(answer));
      }
      assert.equal(new Set(ids).size, 1, "wherever it comes from");
      return ids[0];
    };
    const users = Array.from({ length: 24 }, (_, i) => `user-${i}`);
    const each = async (headers) => {
      const ids = [];
      for (const user of users) ids.push(await by(headers(user)));
      assert.equal(new Set(ids).size, 2, "and not the same for all");
      return ids;
    };
    const byKey = await each((user) => ({ "cloudflare-workers-version-key": user }));
    await host.patch("app", { affinity: { header: "X-User" } });
    assert.deepEqual(await each((user) => ({ "x-user": user, "cloudflare-workers-version-key": "same for all" })), byKey, "the same subject, the same version");
    await host.patch("app", { affinity: { cookie: "sid" } });
    assert.deepEqual(await each((user) => ({ cookie: `a=1; sid=${user}` })), byKey);
    const without = await host.ask("app/", from("192.0.2.1"));
    await text(without);
    assert.equal(without.headers.get("set-cookie"), null, "where the script knows its visitors, we set nothing");
  });

  test("a request may ask for one of its versions", async () => {
    await host.split("app", { [one]: 99.99, [two]: 0.01 });
    const asked = async (overrides) => {
      const answer = await host.ask("app/", from("192.0.2.1", { "cloudflare-workers-version-overrides": overrides }));
      await text(answer);
      return version(answer);
    };
    assert.equal(await asked(`app="${two}"`), two);
    assert.equal(await asked(`other="${one}", app="${two}"`), two);
    for (const not of [`app="${three}"`, `other="${two}"`, `app=${two}`, "", "nonsense"]) assert.equal(await asked(not), one, not);
  });

  test("is told by explain, without running anything", async () => {
    await host.split("app", { [one]: 30, [two]: 70 });
    const explained = (query, headers) => host.api("GET", `${NAMESPACES}/tenants/scripts/app/explain${query}`, undefined, { headers }).then(({ result }) => result);
    for (const address of addresses(12)) {
      const headers = { "cf-connecting-ip": address };
      const told = await explained("", headers);
      const answer = await host.ask("app/", { headers });
      await text(answer);
      assert.equal(told.version, version(answer));
      assert.equal(told.why, "By the hash of the client's address.");
      assert.ok(told.subject.point >= 0 && told.subject.point < 10_000);
      assert.ok(told.key.startsWith(answer.headers.get("x-worker-key")));
    }
    const { deployment, ...told } = await explained(`?url=${encodeURIComponent(`${host.url}dispatch/tenants/app@${three.slice(0, 8)}/x?y`)}`);
    assert.deepEqual([told.version, told.why, told.url, told.cache, deployment], [three, "The URL asks for it.", `${host.url}x?y`, "unknown", null]);
    const live = await explained("?url=https://h/dispatch/tenants/app/x");
    assert.deepEqual(live.deployment.versions, [{ version_id: one, percentage: 30 }, { version_id: two, percentage: 70 }]);
    assert.deepEqual([live.outbound, live.limits, live.bindings, live.tail, live.cache], ["block", {}, [], false, "warm"]);
    for (const url of ["http://other/x", "https://h/metrics", "notaurl", ""]) {
      await host.api("GET", `${NAMESPACES}/tenants/scripts/app/explain?url=${url}`, undefined, { status: 400 });
    }
    const { errors } = await host.api("GET", `${NAMESPACES}/tenants/scripts/app/explain?url=https://h/dispatch/tenants/other/`, undefined, { status: 400 });
    assert.match(errors[0].message, /not of the script "app"/);
    await host.api("GET", `${NAMESPACES}/tenants/scripts/none/explain`, undefined, { status: 404 });
    await host.api("GET", `${NAMESPACES}/tenants/scripts/app/explain`, undefined, { status: 401, token: "wrong" });
  });
});

describe("with our cookie", () => {
  // Two hosts, each with what it knows of its own; what is stored is one's, which the other reaches by a service.
  test("no answer is of an older deployment than the one before, whichever isolate answers", () => withScripts({ bindings: { SNAPSHOT_TTL_MS: 60_000 } }, async (first) => {
    const second = await startSharing(first, { SNAPSHOT_TTL_MS: 60_000 });
    try {
      const hosts = [first, second];
      const one = await first.deploy("app", says("one"));
      const ids = [one];
      let cookie;
      const visit = async (host) => {
        const answer = await host.ask("app/", from("192.0.2.1", cookie ? { cookie: `dl_version=${cookie}` } : {}));
        await text(answer);
        cookie = sticker(answer) ?? cookie;
        return version(answer);
      };
      // Both know the first deployment, and may go on knowing it for a minute.
      for (const host of hosts) await visit(host);
      for (let i = 0; i < 6; i++) {
        const next = await first.upload("app", says(`v${i}`));
        await first.split("app", i % 2 ? { [next]: 100 } : { [next]: 99.99, [ids.at(-1)]: 0.01 });
        ids.push(next);
        assert.equal(await visit(hosts[0]), next, "the deployment's own isolate");
        assert.ok(cookie, "the visitor carries what it has seen");
        for (const host of [hosts[1], hosts[0], hosts[1]]) assert.equal(await visit(host), next, "and the other, which was not told");
      }
      const stranger = await (await hosts[1].ask("app/", from("203.0.113.50"))).text();
      assert.equal(stranger, "v5");
    } finally {
      await second.dispose();
    }
  }));
});
