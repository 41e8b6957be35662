// Scripts that nobody asks for are retired, where their namespace says so, and all that they have is kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { says, text, withScripts } from "./dispatch.mjs";
import { sql } from "./objects.mjs";

const DAY_MS = 86_400_000;

test("a script is retired after so many days, kept whole, and back with a deployment", () => withScripts({ main: "objects.js", bindings: { SNAPSHOT_TTL_MS: 0 } }, async (host) => {
  const id = (await host.api("GET", `${NAMESPACES}/tenants`)).result.namespace_id;
  const quota = (idle_days, status) => host.api("PATCH", `${NAMESPACES}/tenants/quota`, { idle_days }, { status });
  const asked = async (name) => (await sql(host, "SCRIPTS", `${id}/${name}`, "SELECT at FROM asked"))[0][0];
  // As if it had been so long ago. A change has the object look again.
  const since = async (name, days) => {
    await sql(host, "SCRIPTS", `${id}/${name}`, `UPDATE asked SET at = ${Date.now() - days * DAY_MS}`);
    await host.api("PUT", `${NAMESPACES}/tenants/scripts/${name}/tags`, [`d${Math.round(days * 10)}`]);
  };
  await host.deploy("app", says("one"));
  const first = (await host.deployments("app"))[0].versions[0].version_id;
  await host.deploy("app", says("two"));
  await since("app", 400);
  assert.equal(await text(await host.ask("app/")), "two", "nobody has set a time");
  assert.ok(Date.now() - (await asked("app")) < 60_000, "it is in use again");

  assert.equal((await quota(30)).result.idle_days, 30);
  await since("app", 29);
  assert.equal(await text(await host.ask("app/")), "two");
  await since("app", 31);
  const { error } = JSON.parse(await text(await host.ask("app/"), 410));
  assert.equal(error.code, "retired");
  assert.match(error.message, /"app" was not asked for in 30 days.*brings it back/);
  await text(await host.ask("app/"), 410);
  assert.ok(Date.now() - (await asked("app")) > 30 * DAY_MS, "that it was asked for in vain is no use of it");
  assert.equal((await host.deployments("app")).length, 2, "all that it has is there");

  await host.split("app", { [first]: 100 });
  assert.equal(await text(await host.ask("app/")), "one");
  await since("app", 31);
  await text(await host.ask("app/"), 410);
  await quota(null);
  assert.equal(await text(await host.ask("app/")), "one", "and where no time is set any more");
  for (const bad of [0, -1, "x", 1e9]) await quota(bad, 400);
}));
