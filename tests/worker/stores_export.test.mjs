// What a script stores, for its owner: how much there is, all of it, a database in place of another, and its end.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { TOKEN, startScripts, text, wait } from "./dispatch.mjs";
import { statements } from "../../src/capability/object/tables.js";
import { bound } from "./stores/bound.mjs";
import { until } from "./until.mjs";

/** Runs the JavaScript that it is sent the name of, as it may evaluate none. */
const SCRIPT = `import { DurableObject } from "cloudflare:workers";
const STEPS = {
  async fill({ KV, DB, FILES, ROOMS }) {
    await KV.put("text", "ä value", { metadata: { a: 1 } });
    await KV.put("bytes", new Uint8Array([255, 0, 1]), { expirationTtl: 3600 });
    await KV.put("other", "");
    await FILES.put("a/b c.txt", "a file", { httpMetadata: { contentType: "text/plain" }, customMetadata: { by: "me" } });
    await FILES.put("empty", "");
    await ROOMS.getByName("one").fill();
    await ROOMS.get(ROOMS.idFromName("two")).nothing();
  },
  look: async ({ KV, FILES, ROOMS }) => [(await KV.list()).keys.length, (await FILES.list()).objects.length, await ROOMS.getByName("one").count()],
};
export class Room extends DurableObject {
  async fill() {
    await this.ctx.storage.put({ map: new Map([[1, new Date(5)]]), set: new Set([1n]), bytes: new Uint8Array([1, 2]), plain: { a: [null] } });
    this.ctx.storage.sql.exec("CREATE TABLE t (a, b)");
    this.ctx.storage.sql.exec("INSERT INTO t VALUES ('it''s', x'00ff')");
  }
  nothing() {}
  async count() { return (await this.ctx.storage.list()).size; }
}
export default { async fetch(request, env) {
  const asked = await request.json();
  try {
    if (typeof asked === "string") return Response.json((await STEPS[asked](env)) ?? null);
    const results = await env.DB.batch(asked.map(([sql, ...params]) => env.DB.prepare(sql).bind(...params)));
    return Response.json(results.at(-1).results);
  } catch (error) { return new Response(error.message, { status: 422 }); }
} };`;

describe("what a script stores", () => {
  let host;
  let api;
  const at = (name, rest = "") => `${NAMESPACES}/tenants/scripts/${name}/stores${rest}`;
  before(async () => {
    host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 0, USAGE_TTL_MS: 0 } });
    api = apiOf(host, TOKEN);
    await host.deploy("app", SCRIPT, bound);
  });
  after(() => host?.dispose());
  const ask = async (asked, name = "app") => JSON.parse(await text(await host.ask(`${name}/`, { method: "POST", body: JSON.stringify(asked) })));
  const call = (method, path, body) => host.fetch(`/client/v4${path}`, { method, headers: { authorization: `Bearer ${TOKEN}` }, body });
  const key = async () => (await api("GET", at("app"))).result.find(({ kind }) => kind === "object").id;
  const lines = async (path) => (await text(await call("GET", path))).split("\n").filter(Boolean).map((line) => JSON.parse(line));

  test("is listed with how much there is", async () => {
    await ask("fill");
    await ask([["CREATE TABLE t (a)"]]);
    const { result } = await until(() => api("GET", at("app")), "it is told", ({ result }) => result.find(({ kind }) => kind === "object").bytes > 0);
    assert.deepEqual(result.map(({ kind, id, keys }) => [kind, kind === "object" ? id.split(".")[0] : id, keys]), [["d1", "db", null], ["kv", "kv", 3], ["object", "Room", 2], ["r2", "files", 2]]);
    const bytes = Object.fromEntries(result.map((store) => [store.kind, store.bytes]));
    assert.deepEqual([bytes.kv, bytes.r2], [8 + 3 + "text".length + "bytes".length + "other".length, 6]);
    assert.ok(bytes.d1 > 4000 && bytes.object > 4000, JSON.stringify(bytes));
    assert.deepEqual(Object.keys(result[0]).sort(), ["bytes", "id", "keys", "kind"]);
  });

  test("KV: a line of JSON each", async () => {
    const all = await lines(at("app", "/kv/kv"));
    const { expiration } = all[0];
    assert.ok(expiration > Date.now() / 1000);
    assert.deepEqual(all, [
      { key: "bytes", base64: "/wAB", metadata: null, expiration },
      { key: "other", value: "", metadata: null, expiration: null },
      { key: "text", value: "ä value", metadata: { a: 1 }, expiration: null },
    ]);
  });

  test("R2: the list of its files, and each file", async () => {
    const all = await lines(at("app", "/r2/files"));
    assert.deepEqual(all.map(({ key, size, httpMetadata, customMetadata }) => [key, size, httpMetadata?.contentType, customMetadata]), [["a/b c.txt", 6, "text/plain", { by: "me" }], ["empty", 0, undefined, {}]]);
    const file = await call("GET", at("app", `/r2/files?key=${encodeURIComponent("a/b c.txt")}`));
    assert.deepEqual([file.headers.get("content-type"), file.headers.get("etag"), await text(file)], ["text/plain", `"${all[0].etag}"`, "a file"]);
    assert.match(await text(await call("GET", at("app", "/r2/files?key=none")), 404), /no file/);
  });

  test("Durable Objects: each, with its keys and its tables", async () => {
    const all = await lines(at("app", `/object/${await key()}`));
    const names = all.filter(({ id }) => id).map(({ name }) => name).sort();
    assert.deepEqual(names, ["one", "two"]);
    const from = all.findIndex(({ name }) => name === "one");
    const rest = all.slice(from + 1).slice(0, all.slice(from + 1).findIndex(({ id }) => id) >>> 0);
    assert.deepEqual(rest, [
      { key: "bytes", value: { $bytes: [1, 2] } },
      { key: "map", value: { $map: [[1, { $date: 5 }]] } },
      { key: "plain", value: { a: [null] } },
      { key: "set", value: { $set: [{ $bigint: "1" }] } },
      { sql: "PRAGMA defer_foreign_keys = ON;" },
      { sql: "CREATE TABLE t (a, b);" },
      { sql: `INSERT INTO "t" ("a", "b") VALUES ('it''s', X'00FF');` },
    ]);
  });

  test("D1: SQL, which makes the same database again, whatever is in it", async () => {
    await ask([
      ["DROP TABLE t"],
      ['CREATE TABLE "a ""b" (id INTEGER PRIMARY KEY AUTOINCREMENT, "c d" TEXT, real REAL, "any", made AS (id * 2) STORED)'],
      ['INSERT INTO "a ""b" (id, "c d", real, "any") VALUES (7, ?, 0.1, x\'00ff\'), (9007199254740993, ?, 1e300, 1.0)', "it's; -- no comment\nanother line", "ä€😀"],
      ['INSERT INTO "a ""b" (id, "c d", "any") VALUES (8, CAST(x\'610062\' AS TEXT), NULL)'],
      ["CREATE TABLE parent (id TEXT PRIMARY KEY) WITHOUT ROWID"],
      ["CREATE TABLE child (id REFERENCES parent (id))"],
      ["INSERT INTO parent VALUES ('x')"],
      ["INSERT INTO child VALUES ('x')"],
      ['CREATE INDEX "by;name" ON "a ""b" ("c d")'],
      ["CREATE VIEW seen AS SELECT id FROM child"],
      ["CREATE TRIGGER told AFTER INSERT ON child BEGIN INSERT INTO parent SELECT CASE WHEN new.id = 'y' THEN 'z' END WHERE 0; DELETE FROM parent WHERE id = 'none'; END"],
      ["CREATE VIRTUAL TABLE words USING fts5(word)"],
      ["INSERT INTO words VALUES ('a word')"],
    ]);
    const file = await text(await call("GET", at("app", "/d1/db")));
    assert.match(file, /CAST\(X'610062' AS TEXT\)/);
    await host.deploy("copy", SCRIPT, bound);
    await ask([["CREATE TABLE of_before (a)"]], "copy");
    const restored = await (await call("PUT", at("copy", "/d1/db"), file)).json();
    assert.equal(restored.success, true, JSON.stringify(restored));
    assert.equal(await text(await call("GET", at("copy", "/d1/db"))), file);
    const [one] = await ask([['SELECT typeof(id) AS t, CAST(id AS TEXT) AS id, "c d" AS c, real, typeof("any") AS a, made = id * 2 AS made FROM "a ""b" WHERE id > 8']], "copy");
    assert.deepEqual(one, { t: "integer", id: "9007199254740993", c: "ä€😀", real: 1e300, a: "real", made: 1 });
    assert.deepEqual(await ask([["SELECT word FROM words WHERE words MATCH 'word'"]], "copy"), [{ word: "a word" }]);
    assert.deepEqual(await ask([["INSERT INTO parent VALUES ('y')"], ["INSERT INTO child VALUES ('y')"], ["SELECT COUNT(*) AS c FROM seen"]], "copy"), [{ c: 2 }]);
  });

  test("D1: a table of many megabytes, in the order of its rows", async () => {
    await ask([["CREATE TABLE big (id INTEGER PRIMARY KEY, value)"], ["WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) INSERT INTO big SELECT i - 30, hex(zeroblob(50000)) FROM n"]]);
    const file = await text(await call("GET", at("app", "/d1/db")));
    const ids = [...file.matchAll(/INSERT INTO "big" \("id", "value"\) VALUES \((-?\d+), '0{100000}'\);/g)].map(([, id]) => Number(id));
    assert.deepEqual(ids, Array.from({ length: 60 }, (_, i) => i - 29));
    await ask([["DROP TABLE big"]]);
  });

  test("a file that is no database changes nothing", async () => {
    const before = await text(await call("GET", at("copy", "/d1/db")));
    for (const [file, says] of [["CREATE TABLE fine (a);\nINSERT INTO none VALUES (1);", /statement 2 .*no such table/], ["this is no SQL", /statement 1/], ["", /there is none/], [" \n", /there is none/], ["BEGIN TRANSACTION; DROP TABLE parent;", /statement 1/]]) {
      assert.match(await text(await call("PUT", at("copy", "/d1/db"), file), 400), says);
    }
    assert.equal(await text(await call("GET", at("copy", "/d1/db"))), before);
  });

  test("is emptied, and can be written to again", async () => {
    for (const rest of ["/kv/kv", "/r2/files", `/object/${await key()}`, "/d1/db"]) await text(await call("DELETE", at("app", rest)));
    const left = async () => (await api("GET", at("app"))).result.map(({ kind, keys }) => [kind, keys]);
    await until(left, "they are told to be empty", (stores) => stores.every(([, keys]) => !keys));
    assert.deepEqual(await left(), [["d1", null], ["kv", 0], ["object", 0], ["r2", 0]]);
    assert.deepEqual(await ask("look"), [0, 0, 0]);
    await ask("fill");
    assert.deepEqual(await ask("look"), [3, 2, 4]);
    assert.deepEqual(await ask([["CREATE TABLE t (a)"], ["SELECT COUNT(*) AS c FROM t"]]), [{ c: 0 }]);
  });

  test("what there is not is a 404, and who may not is refused", async () => {
    assert.match(await text(await call("GET", at("app", "/kv/none")), 404), /no store kv\/none/);
    assert.match(await text(await call("GET", at("nobody", "/kv/kv")), 404), /no script/);
    const { result: reader } = await api("POST", "/accounts/any/tokens", { name: "reader", permission: "read", namespaces: "*" });
    const answer = await host.fetch(`/client/v4${at("app", "/kv/kv")}`, { method: "DELETE", headers: { authorization: `Bearer ${reader.value}` } });
    assert.equal(answer.status, 403);
  });
});

test("statements are told apart as SQLite does", () => {
  const text = `CREATE TABLE a (b TEXT DEFAULT 'x;y'); -- a comment; with one
    /* another; */ INSERT INTO a VALUES ("c;d", [e;f], \`g;h\`);
    CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; DELETE FROM a; END; SELECT 1`;
  const all = [...statements(text)].map((one) => one.trim());
  assert.deepEqual([all.length, all[0], all[3]], [4, "CREATE TABLE a (b TEXT DEFAULT 'x;y');", "SELECT 1"]);
  assert.match(all[1], /^-- a comment; .*VALUES \("c;d", \[e;f\], `g;h`\);$/s);
  assert.match(all[2], /^CREATE TEMP TRIGGER .* END; DELETE FROM a; END;$/);
  assert.deepEqual([...statements(" \n")], []);
  // Each of these would else be looked for to the end of the text, over and over.
  for (const quote of ["[", "'", '"', "`", "/*"]) assert.deepEqual([...statements(`SELECT 1;${quote}a; ${quote === "[" || quote === "/*" ? quote : ""}b; c`)].length, 2, quote);
});
