// D1 databases of scripts: as Cloudflare's, and nobody else's.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startScripts, text, wait } from "./dispatch.mjs";
import { descendants } from "./processes.mjs";
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
      await new Promise((resolve) => setTimeout(resolve, 2500));
      try { await env.DB.exec("CREATE TABLE u (a)"); return new Response("written"); } catch (error) { return new Response(error.message); }
    } };`, bound);
    const late = host.ask("late/");
    await wait(500);
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

test("three times kill -9: each batch that was acknowledged is there, and each is whole or not there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "d1-kill-"));
  const options = { bindings: { SNAPSHOT_TTL_MS: 0 }, extra: { durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2") } };
  let host = await startScripts(options);
  try {
    await host.deploy("app", `export default { async fetch(request, env) {
      const { DB } = env;
      if (request.method === "GET") return Response.json(await DB.prepare("SELECT batch, COUNT(*) AS rows FROM t GROUP BY batch ORDER BY batch").all().then(({ results }) => results));
      const batch = Number(await request.text());
      if (batch === 0) await DB.exec("CREATE TABLE t (batch, row)");
      else await DB.batch(Array.from({ length: 5 }, (_, row) => DB.prepare("INSERT INTO t VALUES (?, ?)").bind(batch, row)));
      return new Response("done");
    } };`, bound);
    const send = (batch) => host.ask("app/", { method: "POST", body: String(batch) });
    await text(await send(0));
    const acknowledged = new Set();
    let count = 0;
    for (let kills = 0; kills < 3; kills += 1) {
      let ended = false;
      const writer = async () => {
        while (!ended) {
          const batch = (count += 1);
          const answer = await send(batch).catch(() => undefined);
          if (answer?.status === 200) acknowledged.add(batch);
        }
      };
      const writers = [writer(), writer()];
      const before = acknowledged.size;
      while (acknowledged.size < before + 20) await wait(10);
      for (const { pid } of descendants(process.pid).filter(({ name }) => name.startsWith("workerd"))) process.kill(pid, "SIGKILL");
      ended = true;
      await Promise.all(writers);
      await host.dispose();
      host = await startScripts({ ...options, again: true });
      const told = JSON.parse(await text(await host.ask("app/")));
      assert.ok(told.every(({ rows }) => rows === 5), "none is half there");
      const there = new Set(told.map(({ batch }) => batch));
      assert.deepEqual([...acknowledged].filter((batch) => !there.has(batch)), []);
    }
  } finally {
    await host.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
});
