// 200 deploys while requests come without a pause, in the isolate that deploys and in another one: none fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { from, says, startSharing, sticker, version, wait, withScripts } from "./dispatch.mjs";

const DEPLOYS = 200;
const TTL_MS = 300;

test("no request fails, and no visitor with a cookie goes back", { timeout: 180_000 }, () => withScripts({ bindings: { SNAPSHOT_TTL_MS: TTL_MS } }, async (first) => {
  const second = await startSharing(first, { SNAPSHOT_TTL_MS: TTL_MS });
  try {
    const uploaded = [await first.deploy("app", says("v0"))];
    /** What is live under each sequence number. */
    const live = new Map();
    const learn = async () => {
      for (const { sequence, versions } of await first.deployments("app")) live.set(sequence, versions.map(({ version_id: id }) => id));
    };
    const failures = [];
    const counts = [0, 0];
    let deploying = true;

    // A visitor without a cookie: whatever is live now, or was a moment ago.
    const stranger = async (host, at) => {
      for (let i = 0; deploying; i += 1) {
        const init = i % 3 === 0 ? { method: "POST", body: `body ${i}` } : { method: i % 3 === 1 ? "GET" : "HEAD" };
        const answer = await host.ask("app/x", { ...init, ...from(`192.0.2.${i % 250}`) }).catch((error) => ({ status: `${error.message}: ${error.cause?.message}`, headers: new Headers(), text: () => "" }));
        const said = await answer.text();
        if (answer.status !== 200 || answer.headers.get("x-worker-fallback")) failures.push([at, answer.status, said, answer.headers.get("x-worker-fallback")]);
        counts[at] += 1;
      }
    };
    // One with a cookie, who comes to both in turn. What was seen is compared at the end, when all deployments are known.
    const seen = [];
    const visitor = async () => {
      let cookie;
      for (let i = 0; deploying; i += 1) {
        const answer = await [first, second][i % 2].ask("app/", from("198.51.100.1", cookie ? { cookie: `dl_version=${cookie}` } : {}));
        const said = await answer.text();
        if (answer.status !== 200) failures.push(["visitor", answer.status, said]);
        cookie = sticker(answer) ?? cookie;
        seen.push([cookie && Number(cookie.split(".")[1]), version(answer)]);
        await wait(2);
      }
    };
    const load = [...Array.from({ length: 4 }, () => stranger(first, 0)), ...Array.from({ length: 4 }, () => stranger(second, 1)), visitor(), visitor()];

    for (let i = 1; i <= DEPLOYS; i += 1) {
      const some = () => uploaded[Math.floor((i * 7919) % uploaded.length)];
      if (i % 4 === 0) uploaded.push(await first.deploy("app", says(`v${i}`)));
      else if (i % 4 === 1) await first.split("app", { [uploaded.at(-1)]: 100 });
      else if (some() === uploaded.at(-1)) await first.split("app", { [some()]: 100 });
      else await first.split("app", { [uploaded.at(-1)]: i % 100 || 50, [some()]: 100 - (i % 100 || 50) });
      if (i % 50 === 0) await learn();
    }
    await wait(2 * TTL_MS);
    deploying = false;
    await Promise.all(load);
    await learn();

    assert.deepEqual(failures, []);
    assert.ok(counts[0] > 300 && counts[1] > 300, `${counts} requests`);
    assert.equal(live.size, DEPLOYS + 1);
    let visits = 0;
    // Where storage took longer than it is waited for, as it may on a busy machine, the host says what it stayed with.
    const stayed = [...`${first.log()}${second.log()}`.matchAll(/deployment (\d+) stays: it took over 250 ms/g)].map(([, sequence]) => Number(sequence));
    for (const [sequence, id] of seen.filter(([sequence]) => sequence)) {
      const versions = [sequence, ...stayed.filter((before) => before < sequence)].flatMap((sequence) => live.get(sequence));
      assert.ok(versions.includes(id), `an answer of ${id} to a visitor who has seen deployment ${sequence}`);
      visits += 1;
    }
    assert.ok(visits > 100, `${visits} visits`);
    const { result } = await first.api("GET", `${NAMESPACES}/tenants/scripts/app/incidents`);
    assert.deepEqual(result.incidents, []);
  } finally {
    await second.dispose();
  }
}));
