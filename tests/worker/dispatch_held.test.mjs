// What an isolate holds of scripts, and how much of it: nobody pushes out what others use.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cache, says, text, version, withScripts } from "./dispatch.mjs";

// Nothing here is asked for again because it grew old.
const long = (body) => withScripts({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 600_000 } }, body);

/** How many questions of this kind `body` led to. */
async function asked(host, op, body) {
  const count = async () => (await host.spy()).asked.filter((asked) => asked.op === op).length;
  const before = await count();
  await body();
  return await count() - before;
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
