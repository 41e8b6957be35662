// Databases of other hosts: an older one's is taken to the schema of today with all that is in it, a newer one's is let be.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startHost } from "./host.mjs";
import { created, directory, draft, modes, namespace, script, sql, upload, withObjects } from "./objects.mjs";
import { until } from "./until.mjs";

const SCHEMAS = join(import.meta.dirname, "../../src/storage");
// The steps that the code takes, from its own files: of each object the first, the second and so on.
const steps = (folder, prefix) => readdirSync(join(SCHEMAS, folder)).filter((name) => name.startsWith(prefix) && name.endsWith(".sql"))
  .sort(new Intl.Collator("en", { numeric: true }).compare).map((name) => readFileSync(join(SCHEMAS, folder, name), "utf8"));
const STEPS = { SCRIPTS: steps("script/schema", ""), NAMESPACES: steps("schema", "namespace_"), DIRECTORY: steps("schema", "directory_") };
/** A database of this schema, with these rows in it. */
const ofSchema = (binding, number, rows = "") => `CREATE TABLE schema (version INTEGER NOT NULL); INSERT INTO schema (version) VALUES (${number});
  ${STEPS[binding].slice(0, number).join("\n")} ${rows}`;
const text = (value) => `'${(typeof value === "string" ? value : JSON.stringify(value)).replaceAll("'", "''")}'`;
const tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY name";

let host, id;
before(async () => {
  host = await startHost({ main: "objects.js" });
  id = await created(host);
});
after(() => host?.dispose());

for (let number = 1; number < STEPS.SCRIPTS.length; number++) {
  test(`a script of schema ${number} is there whole, and can do what it can today`, async () => {
    const [name, of] = [`old${number}`, `model${number}`];
    const model = (await upload(host, id, of, draft("old"))).version.id;
    const [[document]] = await sql(host, "SCRIPTS", `${id}/${of}`, "SELECT document FROM version");
    const [[deployment]] = await sql(host, "SCRIPTS", `${id}/${of}`, "SELECT document FROM deployment");
    const { settings } = await script(host, id, of)("live");
    const { bundle } = JSON.parse(document);
    await sql(host, "SCRIPTS", `${id}/${name}`, ofSchema("SCRIPTS", number, `
      INSERT INTO script VALUES (1, 0, 'life', 'key', '2026-01-01', '2026-01-02', 1, 1, ${text(settings)});
      INSERT INTO version (number, id, bundle, manifest, deployed, document) VALUES (1, ${text(model)}, ${text(bundle)}, NULL, 1, ${text(document)});
      INSERT INTO deployment VALUES (1, ${text(JSON.parse(deployment).id)}, ${text(deployment)});
      INSERT INTO object (key, state, since) VALUES (${text(`bundle/${bundle}`)}, 1, 1);
      INSERT INTO holds VALUES (${text(`bundle/${bundle}`)}, ${text(`bundle/${bundle}`)});`));
    const ask = script(host, id, name);
    const live = await ask("live");
    assert.deepEqual([live.incarnation, live.cookie_key, live.sequence], ["life", "key", 1]);
    assert.deepEqual([live.versions, live.deployment, live.settings], [[JSON.parse(document)], JSON.parse(deployment), settings]);
    await ask("incident", { version_id: model, kind: "load", message: "it does not" });
    assert.equal((await ask("incidents")).incidents.length, 1);
    await ask("begin", { objects: ["manifest/m", "asset/a"], owner: "manifest/m" });
    await ask("stored", { objects: ["asset/a"], types: { "asset/a": "text/html" }, owner: "manifest/m" });
    assert.deepEqual(await ask("types", { owner: "manifest/m" }), { "asset/a": "text/html" });
    assert.equal((await upload(host, id, name, draft("new"))).version.number, 2);
    assert.deepEqual(await sql(host, "SCRIPTS", `${id}/${name}`, "SELECT version FROM schema"), [[STEPS.SCRIPTS.length]]);
    assert.deepEqual(await sql(host, "SCRIPTS", `${id}/${name}`, tables), await sql(host, "SCRIPTS", `${id}/${of}`, tables));
  });
}

test("what an older host rolled back stands in for nothing", async () => {
  const versions = [1, 2, 3].map((number) => `INSERT INTO version VALUES (${number}, 'v${number}', 'b', NULL, ${[2, 3, 1][number - 1]}, '{"id":"v${number}"}');`);
  const deployments = ["v3", "v1", "v2"].map((version_id, i) =>
    `INSERT INTO deployment VALUES (${i + 1}, 'd${i}', ${text({ id: `d${i}`, versions: [{ version_id, percentage: 100 }] })});`);
  await sql(host, "SCRIPTS", `${id}/back`, ofSchema("SCRIPTS", 3, `
    INSERT INTO script VALUES (1, 0, 'life', 'key', '2026-01-01', '2026-01-02', 3, 3, '{}'); ${versions.join("")} ${deployments.join("")}`));
  assert.deepEqual((await script(host, id, "back")("live")).versions.map((version) => version.id), ["v2", "v1"]);
});

for (let number = 1; number < STEPS.NAMESPACES.length; number++) {
  test(`a namespace of schema ${number} is there whole, and adds up what it has from then on`, async () => {
    const of = await created(host, `index${number}`);
    const entry = (name, tags) => text({ script: { id: name, tags } });
    const counted = number >= 3 ? "(name, revision, entry, versions, bytes)" : "(name, revision, entry)";
    const row = (name, entry, versions, bytes) => `('${name}', 7, ${entry}${number >= 3 ? `, ${versions}, ${bytes}` : ""})`;
    await sql(host, "NAMESPACES", of, ofSchema("NAMESPACES", number, `
      INSERT INTO script ${counted} VALUES ${row("a", entry("a", ["red", "all"]), 2, 100)}, ${row("b", entry("b", ["all"]), 3, 50)}, ${row("gone", "NULL", 9, 900)};`));
    const ask = namespace(host, of);
    const names = async (tags) => (await ask("scripts", { tags })).result.map(({ script }) => script.id);
    assert.deepEqual([await names(), await names("all:yes,red:no"), await names("red:yes,all:yes")], [["a", "b"], ["b"], ["a"]]);
    const has = async () => Object.values(await sql(host, "NAMESPACES", of, "SELECT scripts, versions, bytes FROM total"))[0];
    assert.deepEqual(await has(), number >= 3 ? [2, 5, 150] : [2, 0, 0]);
    // Taken out, brought back under other tags, and changed: each as an index is told.
    await ask("unindex", { script: "b", revision: 8 });
    await ask("index", { script: "gone", entry: { script: { id: "gone", tags: ["red"] } }, revision: 8, versions: 1, bytes: 10 });
    await ask("index", { script: "a", entry: { script: { id: "a", tags: ["blue"] } }, revision: 8, versions: 4, bytes: 30 });
    await ask("index", { script: "a", entry: { script: { id: "a", tags: ["old"] } }, revision: 7, versions: 1, bytes: 1 });
    assert.deepEqual([await names(), await names("red:yes"), await names("all:yes"), await names("blue:yes,red:no")], [["a", "gone"], ["gone"], [], ["a"]]);
    assert.deepEqual(await has(), [2, 5, 40]);
    const added = "SELECT COUNT(*), TOTAL(versions), TOTAL(bytes), TOTAL(stored_keys), TOTAL(stored_bytes) FROM script WHERE entry IS NOT NULL";
    await ask("stored", { script: "a", keys: 3, bytes: 77 });
    assert.deepEqual(await sql(host, "NAMESPACES", of, "SELECT scripts, versions, bytes, stored_keys, stored_bytes FROM total"), await sql(host, "NAMESPACES", of, added));
    assert.deepEqual(await sql(host, "NAMESPACES", of, "SELECT name FROM listed"), [["a"], ["gone"]]);
    assert.equal((await sql(host, "NAMESPACES", of, "SELECT version FROM schema"))[0][0], STEPS.NAMESPACES.length);
  });
}

for (let number = 1; number < STEPS.DIRECTORY.length; number++) {
  test(`a directory of schema ${number} is there whole, and can do what it can today`, async () => {
    await withObjects({}, async (host) => {
      await sql(host, "DIRECTORY", "directory", ofSchema("DIRECTORY", number, `
        INSERT INTO namespace (id, name, created_on, created_by, modified_on, modified_by) VALUES ('n1', 'old', 'c', 'x', 'm', 'y');
        INSERT INTO token VALUES ('t1', 'ci', 'write', 0, 'c', 'm', NULL, NULL);
        INSERT INTO token_namespace VALUES ('t1', 'n1'); INSERT INTO token_hash VALUES ('h', 't1', NULL);`));
      const ask = directory(host);
      assert.equal((await ask("namespace", { name: "old" })).namespace_id, "n1");
      assert.deepEqual((await ask("authenticate", { hash: "h" })).namespaces, ["old"]);
      const { key } = await ask("session_key");
      assert.match(key, /^[0-9a-f]{64}$/);
      assert.deepEqual(await ask("session_key"), { key }, "one for all");
      assert.deepEqual(await sql(host, "DIRECTORY", "directory", "SELECT version FROM schema"), [[STEPS.DIRECTORY.length]]);
    });
  });
}

test("what a step cannot do leaves the schema that was there, and is tried again", async () => {
  const name = `${id}/stuck`;
  // The step makes this table, too.
  await sql(host, "SCRIPTS", name, ofSchema("SCRIPTS", 1, "CREATE TABLE watch (a);"));
  await assert.rejects(script(host, id, "stuck")("get"), { status: 500 });
  assert.deepEqual(await sql(host, "SCRIPTS", name, "SELECT version FROM schema"), [[1]]);
  assert.deepEqual(await sql(host, "SCRIPTS", name, "SELECT name FROM sqlite_master WHERE name = 'incident'"), [], "half a step");
  await sql(host, "SCRIPTS", name, "DROP TABLE watch");
  assert.equal((await script(host, id, "stuck")("resolve", { draft: draft() })).number, 1);
  assert.deepEqual(await sql(host, "SCRIPTS", name, "SELECT version FROM schema"), [[STEPS.SCRIPTS.length]]);
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
for (const [binding, ask, ops] of [
  ["SCRIPTS", (host) => script(host, "id", "s"), ["get", "live", "begin", "upload", "delete", "resolve"]],
  ["NAMESPACES", (host) => namespace(host, "id"), ["scripts", "quota", "admit", "index", "delete"]],
  ["DIRECTORY", directory, ["list_namespaces", "create_namespace", "list_tokens"]],
]) {
  test(`the database of a newer host (${binding}) is refused, and said so, and nothing in it changes`, async () => {
    const host = await startHost({ main: "objects.js" });
    try {
      const name = { SCRIPTS: "id/s", NAMESPACES: "id", DIRECTORY: "directory" }[binding];
      const today = STEPS[binding].length;
      const more = "CREATE TABLE of_tomorrow (a); INSERT INTO of_tomorrow VALUES (1); UPDATE schema SET version = 77;";
      await sql(host, binding, name, ofSchema(binding, today, more));
      const all = await sql(host, binding, name, tables);
      for (const op of ops) await assert.rejects(ask(host)(op, { name: "n", objects: [] }), { status: 500 }, op);
      await host.logged(/the data is of schema 77, and this version of the host knows \d/);
      assert.deepEqual(await sql(host, binding, name, tables), all);
      assert.deepEqual(await sql(host, binding, name, "SELECT version FROM schema"), [[77]]);
      await sql(host, binding, name, `UPDATE schema SET version = ${today}`);
      const again = () => ask(host)(ops[0]).then(() => 200, ({ status }) => status);
      assert.equal(await again(), binding === "SCRIPTS" ? 404 : 200, "it is not broken for good");
    } finally {
      await host.dispose();
    }
  });
}
