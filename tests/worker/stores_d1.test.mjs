// D1 databases of scripts: as Cloudflare's, and nobody else's.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startScripts, text, wait } from "./dispatch.mjs";
import { compare } from "./stores/compared.mjs";

const DB = { name: "DB", type: "d1", id: "main" };
const bound = { bindings: [DB] };

/** Runs what it is sent, `[sql, ...params]`, and tells the rows, or what is wrong. */
const SCRIPT = `export default { async fetch(request, env) {
  const [sql, ...params] = await request.json();
  try { return Response.json((await env.DB.prepare(sql).bind(...params).all()).results); } catch (error) { return new Response(error.message, { status: 422 }); }
} };`;

describe("a D1 database", () => {
  let host;
  before(async () => (host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 0 } })));
  after(() => host?.dispose());
  const query = async (name, ...statement) => JSON.parse(await text(await host.ask(`${name}/`, { method: "POST", body: JSON.stringify(statement) })));

  test("answers each call as Cloudflare's does", async () => {
    // What is no statement Miniflare's own check of its input tells, with paths of its files.
    await compare(host, "d1_calls.js", { binding: DB, options: { d1Databases: ["DB"] }, count: 77, known: { "batch: a text in it": true } });
  });

  test("is the script's own", async () => {
    for (const name of ["one", "two"]) await host.deploy(name, SCRIPT, bound);
    await query("one", "CREATE TABLE t (a)");
    await query("one", "INSERT INTO t VALUES (?)", "of one");
    assert.deepEqual(await query("one", "SELECT a FROM t"), [{ a: "of one" }]);
    const answer = await host.ask("two/", { method: "POST", body: '["SELECT a FROM t"]' });
    assert.match(await text(answer, 422), /no such table: t/);
    for (const sql of ["SELECT * FROM _cf_KV", "ATTACH DATABASE 'file:one' AS other", "PRAGMA database_list", "VACUUM INTO 'x'", "SELECT readfile('/etc/passwd')"]) {
      const told = await host.ask("two/", { method: "POST", body: JSON.stringify([sql]) });
      assert.equal(told.status, 422, `${sql}: ${await told.text()}`);
    }
  });

  test("is there after a new version, and goes with its script", async () => {
    await host.deploy("app", SCRIPT, bound);
    await query("app", "CREATE TABLE t (a)");
    await host.deploy("app", `${SCRIPT} // another`, bound);
    assert.deepEqual(await query("app", "SELECT COUNT(*) AS c FROM t"), [{ c: 0 }]);
    await host.remove("app");
    await host.deploy("app", SCRIPT, bound);
    assert.match(await text(await host.ask("app/", { method: "POST", body: '["SELECT a FROM t"]' }), 422), /no such table/);
  });

  test("a worker of a script that is gone writes nothing more", async () => {
    await host.deploy("late", `export default { async fetch(request, env) {
      await env.DB.exec("CREATE TABLE t (a)");
      console.log("it has begun");
      await new Promise((resolve) => setTimeout(resolve, 4000));
      try { await env.DB.exec("CREATE TABLE u (a)"); return new Response("written"); } catch (error) { return new Response(error.message); }
    } };`, bound);
    const late = host.ask("late/");
    await host.logged(/it has begun/);
    await host.remove("late");
    assert.match(await text(await late), /not there any more/);
  });

  test("the object refuses what our module would not have asked", async () => {
    const objects = await host.miniflare.getDurableObjectNamespace("DATABASES");
    const database = objects.get(objects.idFromName("made/up/1/d1/x"));
    const select = { sql: "SELECT 1", params: [] };
    for (const wrong of ["SELECT 1", [{ sql: 5, params: [] }], [{ sql: "SELECT 1" }], [null], Array(1001).fill(select), [{ sql: `SELECT '${"x".repeat(100_001)}'`, params: [] }]]) {
      assert.match((await database.run(wrong)).error, /at once/, JSON.stringify(wrong).slice(0, 50));
    }
    assert.deepEqual((await database.run([select])).results[0].rows, [[1]]);
  });
});
