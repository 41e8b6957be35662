// Bindings of the host's own that its operator shares with scripts.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { options } from "./host.mjs";
import { TOKEN, scriptsOf, startScripts, text } from "./dispatch.mjs";
import { compare } from "./stores/compared.mjs";

const SHARED = [
  { binding: "CONTENT", type: "kv_namespace", id: "content", namespaces: ["tenants"], prefix: "public/" },
  { binding: "CONTENT", type: "kv_namespace", id: "writable", namespaces: ["tenants"], access: "write", prefix: "written/" },
  { binding: "ALL", type: "kv_namespace", id: "all", namespaces: "*", access: "write" },
  { binding: "ALL", type: "kv_namespace", id: "calls", namespaces: "*", access: "write", prefix: "calls/" },
  { binding: "CATALOG", type: "d1", id: "catalog", namespaces: ["tenants"] },
  { binding: "CATALOG", type: "d1", id: "editable", namespaces: ["tenants"], access: "write" },
  { binding: "MEDIA", type: "r2_bucket", id: "media", namespaces: ["tenants"], prefix: "open/" },
  { binding: "MEDIA", type: "r2_bucket", id: "uploads", namespaces: ["tenants"], access: "write", prefix: "in/" },
  { binding: "NOT_THERE", type: "r2_bucket", id: "missing", namespaces: ["tenants"] },
];
const kv = (id) => ({ name: "KV", type: "kv_namespace", namespace_id: `host.${id}` });
const d1 = (id) => ({ name: "DB", type: "d1", id: `host.${id}` });
const r2 = (id) => ({ name: "FILES", type: "r2_bucket", bucket_name: `host.${id}` });

const SCRIPT = `const STEPS = {
  get: ({ KV }, key) => KV.get(key),
  put: ({ KV }, key) => KV.put(key, "from a script", { metadata: { a: 1 } }),
  delete: ({ KV }, key) => KV.delete(key),
  list: ({ KV }, prefix) => KV.list({ prefix }).then(({ keys }) => keys.map(({ name }) => name)),
  sql: ({ DB }, sql) => DB.prepare(sql).all().then(({ results }) => results),
  file: async ({ FILES }, key) => (await FILES.get(key))?.text() ?? null,
  upload: ({ FILES }, key) => FILES.put(key, "a file").then(({ key }) => key),
  files: ({ FILES }) => FILES.list().then(({ objects }) => objects.map(({ key }) => key)),
};
export default { async fetch(request, env) {
  const [step, what] = await request.json();
  try { return Response.json((await STEPS[step](env, what)) ?? null); } catch (error) { return new Response(error.message, { status: 422 }); }
} };`;

describe("what the host shares", () => {
  let host;
  before(async () => {
    const { r2Buckets } = options();
    host = await startScripts({
      bindings: { SNAPSHOT_TTL_MS: 0, SHARED },
      extra: { kvNamespaces: ["CONTENT", "ALL"], d1Databases: ["CATALOG"], r2Buckets: { ...r2Buckets, MEDIA: "media" } },
    });
    const content = await host.miniflare.getKVNamespace("CONTENT");
    for (const key of ["public/a", "public/b", "private"]) await content.put(key, `value of ${key}`);
    const catalog = await host.miniflare.getD1Database("CATALOG");
    await catalog.batch(["CREATE TABLE t (a, b)", "INSERT INTO t VALUES (1, 'x''y'), (2, NULL)"].map((sql) => catalog.prepare(sql)));
    const media = await host.miniflare.getR2Bucket("MEDIA");
    for (const key of ["open/a.txt", "secret.txt"]) await media.put(key, `file ${key}`);
  });
  after(() => host?.dispose());
  const asked = (name, ...step) => host.ask(`${name}/`, { method: "POST", body: JSON.stringify(step) });
  const done = async (name, ...step) => JSON.parse(await text(await asked(name, ...step)));
  const refused = async (name, step, says) => assert.match(await text(await asked(name, ...step), 422), says, step.join(" "));

  test("to read, below a prefix", async () => {
    await host.deploy("reader", SCRIPT, { bindings: [kv("content"), d1("catalog"), r2("media")] });
    assert.equal(await done("reader", "get", "a"), "value of public/a");
    assert.equal(await done("reader", "get", "private"), null);
    assert.deepEqual([await done("reader", "list", ""), await done("reader", "list", "b")], [["a", "b"], ["b"]]);
    assert.deepEqual(await done("reader", "sql", "SELECT a, replace(b, 'x', 'z') AS b, 'DELETE' AS c FROM t -- UPDATE"), [{ a: 1, b: "z'y", c: "DELETE" }, { a: 2, b: null, c: "DELETE" }]);
    assert.deepEqual([await done("reader", "files"), await done("reader", "file", "a.txt"), await done("reader", "file", "secret.txt")], [["a.txt"], "file open/a.txt", null]);
    for (const step of [["put", "a"], ["delete", "a"], ["upload", "a.txt"]]) await refused("reader", step, /read only/);
    for (const sql of ["INSERT INTO t VALUES (3, 3)", "WITH n AS (SELECT 1) INSERT INTO t SELECT * FROM n", "REPLACE INTO t VALUES (1, 1)", "/**/DELETE FROM t", "PRAGMA user_version = 5", "SELECT 1; DROP TABLE t"]) await refused("reader", ["sql", sql], /read only/);
    assert.equal((await done("reader", "sql", "SELECT * FROM t")).length, 2);
  });

  test("to write, below a prefix", async () => {
    await host.deploy("writer", SCRIPT, { bindings: [kv("writable"), d1("editable"), r2("uploads")] });
    await done("writer", "put", "k");
    await done("writer", "sql", "INSERT INTO t VALUES (3, 'three')");
    assert.equal(await done("writer", "upload", "new.txt"), "new.txt");
    const content = await host.miniflare.getKVNamespace("CONTENT");
    assert.deepEqual(await content.getWithMetadata("written/k"), { value: "from a script", metadata: { a: 1 }, cacheStatus: null });
    assert.ok(await (await host.miniflare.getR2Bucket("MEDIA")).head("in/new.txt"));
    assert.equal((await done("writer", "sql", "SELECT COUNT(*) AS c FROM t"))[0].c, 3);
    await done("writer", "delete", "k");
    assert.equal(await content.get("written/k"), null);
  });

  test("to those namespaces that are named, and to no other", async () => {
    await host.api("POST", NAMESPACES, { name: "others" });
    const others = scriptsOf(host, "others", TOKEN);
    await assert.rejects(others.deploy("thief", SCRIPT, { bindings: [kv("content")] }), /does not/);
    await assert.rejects(host.deploy("thief", SCRIPT, { bindings: [kv("nothing")] }), /does not/);
    await assert.rejects(host.deploy("thief", SCRIPT, { bindings: [{ name: "DB", type: "d1", id: "host.content" }] }), /does not/, "of another type");
    await others.deploy("guest", SCRIPT, { bindings: [kv("all")] });
    const answer = await others.ask("guest/", { method: "POST", body: '["put","k"]' });
    assert.equal(await text(answer), "null");
    await host.deploy("broken", SCRIPT, { bindings: [r2("missing")] });
    await refused("broken", ["files"], /no binding "NOT_THERE"/);
  });

  test("does not go with a script, and is not its to export", async () => {
    await host.deploy("leaving", SCRIPT, { bindings: [kv("writable"), r2("uploads")] });
    await done("leaving", "put", "stays");
    assert.deepEqual((await host.api("GET", `${NAMESPACES}/tenants/scripts/leaving/stores`)).result, []);
    await host.remove("leaving");
    assert.equal(await (await host.miniflare.getKVNamespace("CONTENT")).get("written/stays"), "from a script");
  });

  test("KV answers each call as Cloudflare's does", async () => {
    await compare(host, "kv_calls.js", { binding: kv("calls"), options: { kvNamespaces: ["KV"] }, count: 118, known: {
      "value of a lone surrogate": true,
      // With the prefix it is longer.
      "get: key of 512 bytes": true,
    } });
  });
});

test("what is not shared any more is refused by each call", async () => {
  const folder = mkdtempSync(join(tmpdir(), "shared-"));
  const started = (shared, again) => startScripts({
    bindings: { SNAPSHOT_TTL_MS: 0, SHARED: JSON.stringify(shared) }, again,
    extra: { kvNamespaces: ["CONTENT"], durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2"), kvPersist: join(folder, "kv") },
  });
  const content = { binding: "CONTENT", type: "kv_namespace", id: "content" };
  let host = await started([{ ...content, namespaces: ["tenants"] }], false);
  const get = () => host.ask("reader/", { method: "POST", body: '["get","a"]' });
  try {
    await host.deploy("reader", SCRIPT, { bindings: [kv("content")] });
    assert.equal(await text(await get()), "null");
    await host.dispose();
    host = await started([{ ...content, namespaces: ["others"] }], true);
    assert.match(await text(await get(), 422), /shares no kv_namespace "host.content" with the namespace tenants/);
  } finally {
    await host.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
});
