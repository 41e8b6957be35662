// Calls of a D1 database, whose outcomes are those of Cloudflare's: run against Miniflare's and against ours.
// What differs each time, or says who serves, is told by its type.
const meta = ({ duration, served_by, ...rest }) => ({ ...rest, duration: typeof duration, served_by: typeof served_by });
const whole = (result) => ({ ...result, meta: meta(result.meta) });
const rows = async (statement) => (await statement.all()).results;
const bytes = (...list) => Uint8Array.from(list);

export default [
  ["exec: makes tables", async ({ DB }) => (await DB.exec("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age REAL, photo BLOB);\nCREATE TABLE note (person INTEGER REFERENCES person (id), text TEXT UNIQUE)")).count],
  ["run: inserts", async ({ DB }) => whole(await DB.prepare("INSERT INTO person (name, age) VALUES (?, ?)").bind("Ada", 36).run())],
  ["run: inserts several", async ({ DB }) => whole(await DB.prepare("INSERT INTO person (name, age) VALUES ('Bob', 1.5), ('Cyd', NULL)").run())],
  ["all", async ({ DB }) => whole(await DB.prepare("SELECT * FROM person ORDER BY id").all())],
  ["all: nothing", async ({ DB }) => whole(await DB.prepare("SELECT * FROM person WHERE id = 99").all())],
  ["run: selects", async ({ DB }) => whole(await DB.prepare("SELECT name FROM person WHERE id = 1").run())],
  ["first", ({ DB }) => DB.prepare("SELECT * FROM person WHERE id = ?").bind(1).first()],
  ["first: column", ({ DB }) => DB.prepare("SELECT * FROM person WHERE id = ?").bind(1).first("name")],
  ["first: nothing", ({ DB }) => DB.prepare("SELECT * FROM person WHERE id = 99").first()],
  ["first: column of nothing", ({ DB }) => DB.prepare("SELECT * FROM person WHERE id = 99").first("name")],
  ["first: no such column", ({ DB }) => DB.prepare("SELECT * FROM person WHERE id = 1").first("none")],
  ["first: null", ({ DB }) => DB.prepare("SELECT age FROM person WHERE name = 'Cyd'").first("age")],
  ["raw", ({ DB }) => DB.prepare("SELECT id, name FROM person ORDER BY id").raw()],
  ["raw: with names", ({ DB }) => DB.prepare("SELECT id, name FROM person ORDER BY id").raw({ columnNames: true })],
  ["raw: names of nothing", ({ DB }) => DB.prepare("SELECT id, name FROM person WHERE id = 99").raw({ columnNames: true })],
  ["raw: two columns of a name", ({ DB }) => DB.prepare("SELECT 1 AS a, 2 AS a").raw({ columnNames: true })],
  ["all: two columns of a name", ({ DB }) => rows(DB.prepare("SELECT 1 AS a, 2 AS a"))],
  ["bind: types", ({ DB }) => rows(DB.prepare("SELECT ?1 AS a, ?2 AS b, ?3 AS c, ?4 AS d, ?5 AS e, ?6 AS f").bind(1, 1.5, "täxt", null, true, false))],
  ["bind: what SQLite calls them", ({ DB }) => rows(DB.prepare("SELECT typeof(?1) AS a, typeof(?2) AS b, typeof(?3) AS c, typeof(?4) AS d, typeof(?5) AS e, typeof(?6) AS f").bind(1, 1.5, "t", null, true, bytes(1)))],
  ["bind: bytes", ({ DB }) => rows(DB.prepare("SELECT ? AS a, hex(?) AS b").bind(bytes(0, 255), bytes(1, 2).buffer))],
  ["bind: part of a buffer", ({ DB }) => rows(DB.prepare("SELECT hex(?) AS a").bind(new Uint8Array(bytes(1, 2, 3, 4).buffer, 1, 2)))],
  ["bind: a list", ({ DB }) => rows(DB.prepare("SELECT hex(?) AS a").bind([1, 2, 255]))],
  ["bind: undefined", ({ DB }) => rows(DB.prepare("SELECT ?").bind(undefined))],
  ["bind: an object", ({ DB }) => rows(DB.prepare("SELECT ?").bind({ a: 1 }))],
  ["bind: a function", ({ DB }) => rows(DB.prepare("SELECT ?").bind(() => 1))],
  ["bind: a symbol", ({ DB }) => rows(DB.prepare("SELECT ?").bind(Symbol("s")))],
  ["bind: a bigint", ({ DB }) => rows(DB.prepare("SELECT ?").bind(5n))],
  ["bind: a date", ({ DB }) => rows(DB.prepare("SELECT ?").bind(new Date(0)))],
  ["bind: NaN", ({ DB }) => rows(DB.prepare("SELECT ? AS a").bind(NaN))],
  ["bind: too few", ({ DB }) => rows(DB.prepare("SELECT ?, ?").bind(1))],
  ["bind: too many", ({ DB }) => rows(DB.prepare("SELECT ?").bind(1, 2))],
  ["bind: none at all", ({ DB }) => rows(DB.prepare("SELECT ?"))],
  ["bind: again replaces", ({ DB }) => rows(DB.prepare("SELECT ? AS a").bind(1).bind(2))],
  ["bind: gives another statement", ({ DB }) => { const one = DB.prepare("SELECT ?"); return one.bind(1) !== one; }],
  ["large numbers", ({ DB }) => rows(DB.prepare("SELECT 9007199254740991 AS a, 9223372036854775807 AS b, -1 AS c, 1e300 AS d"))],
  ["texts", ({ DB }) => rows(DB.prepare("SELECT ? AS a, ? AS b, ? AS c").bind("it's \"so\"", "\u{1f600}\n\t", ""))],
  ["expressions as names", ({ DB }) => rows(DB.prepare("SELECT 1 + 1, upper('a')"))],
  ["no such table", ({ DB }) => rows(DB.prepare("SELECT * FROM none"))],
  ["no such column", ({ DB }) => rows(DB.prepare("SELECT none FROM person"))],
  ["a syntax error", ({ DB }) => rows(DB.prepare("SELEC 1"))],
  ["an empty statement", ({ DB }) => rows(DB.prepare(""))],
  ["a comment alone", ({ DB }) => rows(DB.prepare("-- nothing"))],
  ["NOT NULL", ({ DB }) => DB.prepare("INSERT INTO person (name) VALUES (NULL)").run()],
  ["UNIQUE", async ({ DB }) => { await DB.prepare("INSERT INTO note VALUES (1, 'a')").run(); return DB.prepare("INSERT INTO note VALUES (1, 'a')").run(); }],
  ["FOREIGN KEY", ({ DB }) => DB.prepare("INSERT INTO note VALUES (99, 'b')").run()],
  ["two statements in one", ({ DB }) => rows(DB.prepare("SELECT 1 AS a; SELECT 2 AS b"))],
  ["batch", async ({ DB }) => (await DB.batch([DB.prepare("INSERT INTO person (name) VALUES (?)").bind("Dan"), DB.prepare("SELECT COUNT(*) AS count FROM person")])).map(whole)],
  ["batch: one fails, and none is done", async ({ DB }) => {
    try { await DB.batch([DB.prepare("INSERT INTO person (name) VALUES ('Eve')"), DB.prepare("INSERT INTO person (name) VALUES (NULL)")]); } catch (error) { return [error.message, await DB.prepare("SELECT COUNT(*) AS c FROM person").first("c")]; }
  }],
  ["batch: nothing", ({ DB }) => DB.batch([])],
  ["batch: no list", ({ DB }) => DB.batch("SELECT 1")],
  ["batch: a text in it", ({ DB }) => DB.batch(["SELECT 1"])],
  ["exec: several lines", async ({ DB }) => (await DB.exec("INSERT INTO person (name) VALUES ('Fay');\nINSERT INTO person (name) VALUES ('Gus');\n\n")).count],
  ["exec: what it gives", async ({ DB }) => { const result = await DB.exec("SELECT 1"); return [Object.keys(result).sort(), typeof result.duration]; }],
  ["exec: an error tells its line", ({ DB }) => DB.exec("SELECT 1;\nSELEC 2;")],
  ["exec: nothing", ({ DB }) => DB.exec("")],
  ["BEGIN", ({ DB }) => DB.prepare("BEGIN").run()],
  ["SAVEPOINT", ({ DB }) => DB.prepare("SAVEPOINT a").run()],
  ["ATTACH", ({ DB }) => DB.prepare("ATTACH 'x' AS y").run()],
  ["PRAGMA that is allowed", ({ DB }) => rows(DB.prepare("PRAGMA table_info(note)"))],
  ["PRAGMA that is not", ({ DB }) => rows(DB.prepare("PRAGMA journal_mode"))],
  ["load_extension", ({ DB }) => rows(DB.prepare("SELECT load_extension('x')"))],
  ["update: changes", async ({ DB }) => whole(await DB.prepare("UPDATE person SET age = 7 WHERE id <= 3").run())],
  ["update: of nothing", async ({ DB }) => whole(await DB.prepare("UPDATE person SET age = 7 WHERE id > 99").run())],
  ["delete", async ({ DB }) => whole(await DB.prepare("DELETE FROM note").run())],
  ["RETURNING", async ({ DB }) => whole(await DB.prepare("INSERT INTO person (name) VALUES ('Hal') RETURNING id, name").run())],
  ["a trigger's changes", async ({ DB }) => {
    await DB.exec("CREATE TRIGGER after_person AFTER INSERT ON person BEGIN INSERT INTO note (text) VALUES (new.name); END");
    const { changes, last_row_id } = (await DB.prepare("INSERT INTO person (name) VALUES ('Ida')").run()).meta;
    return [changes, last_row_id];
  }],
  ["JSON functions", ({ DB }) => rows(DB.prepare("SELECT json_extract('{\"a\":[1,2]}', '$.a[1]') AS a"))],
  ["full text search", async ({ DB }) => { await DB.exec("CREATE VIRTUAL TABLE found USING fts5(text)"); await DB.exec("INSERT INTO found VALUES ('some words')"); return rows(DB.prepare("SELECT text FROM found WHERE found MATCH 'words'")); }],
  ["a blob that is stored", async ({ DB }) => { await DB.prepare("UPDATE person SET photo = ? WHERE id = 1").bind(bytes(1, 2, 3)).run(); return DB.prepare("SELECT photo FROM person WHERE id = 1").first(); }],
  ["rows of a thousand", async ({ DB }) => {
    await DB.prepare("CREATE TABLE many AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n").run();
    const { results } = await DB.prepare("SELECT i FROM many ORDER BY i").all();
    return [results.length, results[999]];
  }],
  ["withSession", async ({ DB }) => { const session = DB.withSession(); const { results } = await session.prepare("SELECT 1 AS a").all(); return [results, typeof session.getBookmark()]; }],
  ["withSession: before it asked", ({ DB }) => DB.withSession("first-unconstrained").getBookmark()],
  ["withSession: batch", async ({ DB }) => (await DB.withSession("first-primary").batch([DB.prepare("SELECT 1 AS a")])).map(({ results }) => results)],
  ["withSession: an empty constraint", ({ DB }) => DB.withSession("").getBookmark()],
  ["what it is", ({ DB }) => [DB.constructor.name, DB.prepare("SELECT 1").constructor.name, typeof DB.dump, typeof DB.exec]],
  ["system tables", ({ DB }) => rows(DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '\\_cf%' ESCAPE '\\'"))],
  ["the runtime's own tables", ({ DB }) => rows(DB.prepare("SELECT * FROM _cf_METADATA"))],
];
