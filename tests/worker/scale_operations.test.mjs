// What a request and a call of the API cost in operations of the platform, exactly: as much with a thousand scripts as with ten.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { EACH } from "../../bench/capacity.mjs";
import { populate } from "../../bench/population.mjs";
import { nameOf, tagOf } from "../../bench/scale_host.mjs";
import { NAMESPACES } from "./api.mjs";
import { says, scriptsOf, startScripts, text } from "./dispatch.mjs";
import { options } from "./host.mjs";

const NAMESPACE = `${NAMESPACES}/scale`;
const SCRIPTS = `${NAMESPACE}/scripts`;
// What goes on by itself, whenever that is: alarms, and what isolates tell once a second. And sums with that in them.
const ASIDE = /^(Pulse|Telemetry|undefined)\.|\.alarm$|^(objects|rows\.\w+)$/;

// What an alarm does, it does in one count or in another: then two measurements differ that should not. What costs more with more scripts
// does so in each.
const TRIES = 5;

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

// An object that is asked for the first time reads its schema: so none may leave memory meanwhile.
function kept() {
  const { durableObjects } = options();
  return Object.fromEntries(Object.entries(durableObjects).map(([name, object]) => [name, { ...object, unsafePreventEviction: true }]));
}

/** What each operation costs, with so many scripts. */
async function measured(scripts) {
  const folder = mkdtempSync(join(tmpdir(), "scale-"));
  folders.push(folder);
  await populate(folder, scripts);
  const extra = { durableObjects: kept(), durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2") };
  // What is held of a script does not grow old here: it is asked for once.
  const host = await startScripts({ main: "counted.js", again: true, bindings: { SNAPSHOT_TTL_MS: 600_000 }, extra });
  const { ask, deploy, patch, remove } = scriptsOf(host, "scale");
  const [one, other, last] = [1, 2, scripts - 1].map(nameOf);
  const operations = {
    cold: async () => text(await ask(`${last}/`)),
    warm: async () => { for (let i = 0; i < 20; i += 1) await text(await ask(`${last}/`)); },
    unknown: async () => text(await ask("none/"), 404),
    list: () => host.api("GET", `${SCRIPTS}?per_page=5`),
    filtered: async () => assert.equal((await host.api("GET", `${SCRIPTS}?tags=${tagOf(7)}:yes`)).result.length, 1),
    get: () => host.api("GET", `${SCRIPTS}/${one}`),
    settings: () => host.api("GET", `${SCRIPTS}/${one}/settings`),
    versions: () => host.api("GET", `${SCRIPTS}/${one}/versions`),
    deployments: () => host.api("GET", `${SCRIPTS}/${one}/deployments`),
    quota: () => host.api("GET", `${NAMESPACE}/quota`),
    patch: () => patch(one, { tags: ["other"] }),
    secret: () => host.api("PUT", `${SCRIPTS}/${one}/secrets`, { name: "KEY", text: "value", type: "secret_text" }),
    deploy: () => deploy(other, says("hi")),
    create: () => deploy("new", says("hello")),
    remove: () => remove("new"),
  };
  try {
    const counts = async () => (await host.fetch("/counts")).json();
    const told = {};
    for (const [name, run] of Object.entries(operations)) {
      const before = await counts();
      await run();
      const rose = Object.entries(await counts()).map(([name, count]) => [name, count - (before[name] ?? 0)]);
      // A script that goes is cleaned up after by an alarm that rings at once, in this count or after it.
      const counted = ([of]) => !ASIDE.test(of) && !(name === "remove" && of.startsWith("Script.rows."));
      told[name] = Object.fromEntries(rose.filter(([, count]) => count > 0).filter(counted));
    }
    return told;
  } finally {
    await host.dispose();
  }
}

test("a request and a call cost the same operations and rows with a thousand scripts as with ten", async () => {
  let ten, thousand;
  for (let tries = 0; tries < TRIES && (ten === undefined || !isDeepStrictEqual(thousand, ten)); tries += 1) {
    [ten, thousand] = await Promise.all([measured(10), measured(1000)]);
  }
  assert.deepEqual(thousand, ten);
  // And these are few. A warm request costs nothing but itself.
  assert.deepEqual(ten.warm, { requests: 20 });
  const { "Directory.rows.read": _, "Script.rows.read": rows, ...cold } = ten.cold;
  assert.equal(rows, EACH.live.asleep.rowsRead, "as the capacity model has it");
  assert.deepEqual(cold, { requests: 1, "Directory.namespace": 1, "Script.live": 1, "r2.class_b": 1, "r2.get": 1, workers: 1 });
});
