// Databases of other hosts: an older one's is taken to the schema of today with all that is in it, a newer one's is let be.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startHost } from "./host.mjs";
import { created, directory, draft, modes, namespace, script, sql, until, upload, withObjects } from "./objects.mjs";

const SCHEMAS = join(import.meta.dirname, "../../src/storage");
const schema = (path) => readFileSync(join(SCHEMAS, path), "utf8");
const tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY name";

let host, id;
before(async () => {
  host = await startHost({ main: "objects.js" });
  id = await created(host);
});
after(() => host?.dispose());

test("a script of schema 1 is there whole, and can do what schema 2 can", async () => {
  const model = (await upload(host, id, "model", draft("old"))).version.id;
  const [[document]] = await sql(host, "SCRIPTS", `${id}/model`, "SELECT document FROM version");
  const [[deployment]] = await sql(host, "SCRIPTS", `${id}/model`, "SELECT document FROM deployment");
  const { settings } = await script(host, id, "model")("live");
  const text = (value) => `'${(typeof value === "string" ? value : JSON.stringify(value)).replaceAll("'", "''")}'`;
  const { bundle } = JSON.parse(document);
  await sql(host, "SCRIPTS", `${id}/old`, `
    CREATE TABLE schema (version INTEGER NOT NULL); INSERT INTO schema (version) VALUES (1);
    ${schema("script/schema/1.sql")}
    INSERT INTO script VALUES (1, 0, 'life', 'key', '2026-01-01', '2026-01-02', 1, 1, ${text(settings)});
    INSERT INTO version VALUES (1, ${text(model)}, ${text(bundle)}, NULL, 1, ${text(document)});
    INSERT INTO deployment VALUES (1, ${text(JSON.parse(deployment).id)}, ${text(deployment)});
    INSERT INTO object VALUES (${text(`bundle/${bundle}`)}, 1, 1);
    INSERT INTO holds VALUES (${text(`bundle/${bundle}`)}, ${text(`bundle/${bundle}`)});`);
  const ask = script(host, id, "old");
  const live = await ask("live");
  assert.deepEqual([live.incarnation, live.cookie_key, live.sequence], ["life", "key", 1]);
  assert.deepEqual([live.versions, live.deployment, live.settings], [[JSON.parse(document)], JSON.parse(deployment), settings]);
  await ask("incident", { version_id: model, kind: "load", message: "it does not" });
  assert.equal((await ask("incidents")).incidents.length, 1);
  assert.equal((await upload(host, id, "old", draft("new"))).version.number, 2);
  assert.deepEqual(await sql(host, "SCRIPTS", `${id}/old`, "SELECT version FROM schema"), [[2]]);
  assert.deepEqual(await sql(host, "SCRIPTS", `${id}/old`, tables), await sql(host, "SCRIPTS", `${id}/model`, tables));
});

test("what a step cannot do leaves the schema that was there, and is tried again", async () => {
  const name = `${id}/stuck`;
  // The step makes this table, too.
  await sql(host, "SCRIPTS", name, `CREATE TABLE schema (version INTEGER NOT NULL); INSERT INTO schema (version) VALUES (1);
    ${schema("script/schema/1.sql")} CREATE TABLE watch (a);`);
  await assert.rejects(script(host, id, "stuck")("get"), { status: 500 });
  assert.deepEqual(await sql(host, "SCRIPTS", name, "SELECT version FROM schema"), [[1]]);
  assert.deepEqual(await sql(host, "SCRIPTS", name, "SELECT name FROM sqlite_master WHERE name = 'incident'"), [], "half a step");
  await sql(host, "SCRIPTS", name, "DROP TABLE watch");
  assert.equal((await script(host, id, "stuck")("resolve", { draft: draft() })).number, 1);
  assert.deepEqual(await sql(host, "SCRIPTS", name, "SELECT version FROM schema"), [[2]]);
});

test("an alarm over the data of a newer host does nothing, and will go off again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "schema-"));
  const kept = { extra: { durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2") } };
  try {
    let name, outbox, id;
    await withObjects(kept, async (host) => {
      id = await created(host);
      name = `${id}/s`;
      await modes(host, { NAMESPACES: "fails" });
      await upload(host, id, "s");
      outbox = await sql(host, "SCRIPTS", name, "SELECT revision, entry FROM outbox");
      assert.equal(outbox.length, 1, "the index is not told");
      await sql(host, "SCRIPTS", name, "UPDATE schema SET version = 77");
    });
    await withObjects(kept, async (host) => {
      const planned = async () => (await host.fetch(`/alarm/SCRIPTS/${name}`, { method: "POST" })).json();
      await until(() => /The clean-up of a script is tried again: [^]*schema 77/.test(host.log()), "the alarm goes off");
      await until(async () => (await planned()) > Date.now() + 30_000, "and is planned again");
      assert.deepEqual(await sql(host, "SCRIPTS", name, "SELECT revision, entry FROM outbox"), outbox);
      assert.deepEqual((await namespace(host, id)("scripts")).result, []);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

// Each object of a host of its own, as one that has migrated does not look again.
for (const [binding, own, ask, ops] of [
  ["SCRIPTS", "script/schema/2.sql", (host) => script(host, "id", "s"), ["get", "live", "begin", "upload", "delete", "resolve"]],
  ["NAMESPACES", "schema/namespace_1.sql", (host) => namespace(host, "id"), ["scripts", "quota", "admit", "index", "delete"]],
  ["DIRECTORY", "schema/directory_1.sql", directory, ["list_namespaces", "create_namespace", "list_tokens"]],
]) {
  test(`the database of a newer host (${binding}) is refused, and said so, and nothing in it changes`, async () => {
    const host = await startHost({ main: "objects.js" });
    try {
      const name = { SCRIPTS: "id/s", NAMESPACES: "id", DIRECTORY: "directory" }[binding];
      const before = binding === "SCRIPTS" ? schema("script/schema/1.sql") : "";
      await sql(host, binding, name, `CREATE TABLE schema (version INTEGER NOT NULL); INSERT INTO schema (version) VALUES (77);
        ${before} ${schema(own)} CREATE TABLE of_tomorrow (a); INSERT INTO of_tomorrow VALUES (1);`);
      const all = await sql(host, binding, name, tables);
      for (const op of ops) await assert.rejects(ask(host)(op, { name: "n", objects: [] }), { status: 500 }, op);
      await host.logged(/the data is of schema 77, and this version of the host knows \d/);
      assert.deepEqual(await sql(host, binding, name, tables), all);
      assert.deepEqual(await sql(host, binding, name, "SELECT version FROM schema"), [[77]]);
      await sql(host, binding, name, "UPDATE schema SET version = " + (binding === "SCRIPTS" ? 2 : 1));
      const again = () => ask(host)(ops[0]).then(() => 200, ({ status }) => status);
      assert.equal(await again(), binding === "SCRIPTS" ? 404 : 200, "it is not broken for good");
    } finally {
      await host.dispose();
    }
  });
}
