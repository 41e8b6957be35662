// A database of the host's that is shared to be read only: src/capability/shared.js.
import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseOf } from "../../src/capability/shared.js";

const asked = [];
const binding = { prepare: (sql) => ({ bind: () => asked.push(sql) }), batch: async () => [] };
const { run } = databaseOf({ binding, writes: false });
const refused = async (sql) => (await run([{ sql, params: [] }])).error === "This database is shared to be read only.";

test("what changes something is refused, wherever its word stands", async () => {
  for (const sql of ["INSERT INTO t VALUES (1)", "SELECT 1; DELETE FROM t", "WITH a AS (SELECT 1) UPDATE t SET b = 1", "/* SELECT */ DROP TABLE t", "SELECT 1 -- a comment\n; PRAGMA x", "SELECT '''; '; VACUUM", "SELECT [a]; ATTACH 'x' AS y", "sElEcT 1;iNsErT INTO t VALUES (1)"]) {
    assert.ok(await refused(sql), sql);
  }
  assert.deepEqual(asked, []);
});

test("what is quoted or commented out changes nothing, and a quote that does not end goes to the end", async () => {
  for (const sql of ["SELECT 'INSERT'", 'SELECT "a""DELETE"', "SELECT `DROP`, [UPDATE]", "SELECT 1 -- INSERT", "SELECT /* DELETE */ 1", "SELECT replace(a, 'b', 'c') FROM t", "SELECT 'INSERT", 'SELECT "INSERT', "SELECT `INSERT", "SELECT [[INSERT", "SELECT 1 /* /* INSERT"]) {
    assert.ok(!(await refused(sql)), sql);
  }
});
