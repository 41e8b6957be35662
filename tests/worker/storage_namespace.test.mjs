// Namespaces: the index of their scripts, which heals, and their end, which comes whatever is in its way.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startHost } from "./host.mjs";
import { bucket, created, directory, draft, modes, namespace, refused, script, sql, upload, withObjects } from "./objects.mjs";
import { until } from "./until.mjs";

let host, count = 0;
before(async () => { host = await startHost({ main: "objects.js", bindings: { BUNDLE_GRACE_MS: 2000 } }); });
after(() => host?.dispose());

async function fresh() {
  const name = `n${(count += 1)}`;
  const id = await created(host, name);
  return { name, id, ask: namespace(host, id), told: () => directory(host)("namespace", { name }) };
}
const names = async (ask, fields) => (await ask("scripts", fields)).result.map(({ script }) => script.id);

describe("the index", () => {
  test("has what scripts say of themselves at once, in pages and by tags, and the directory has their number", async () => {
    const { id, ask, told } = await fresh();
    for (const name of ["c", "a", "b"]) await upload(host, id, name, draft(name, { tags: ["all", name] }));
    assert.deepEqual(await names(ask), ["a", "b", "c"]);
    assert.deepEqual(await names(ask, { page: 2, per_page: 2 }), ["c"]);
    assert.deepEqual(await names(ask, { tags: "all:yes,b:no" }), ["a", "c"]);
    const [entry] = (await ask("scripts", { namespace: "n", tags: "b:yes" })).result;
    assert.deepEqual(entry, await script(host, id, "b")("get", { namespace: "n" }));
    await script(host, id, "b")("delete");
    assert.deepEqual(await names(ask), ["a", "c"]);
    await until(async () => (await told()).script_count === 2, "the directory's number");
  });

  test("hears later what it could not be told, and of all that happened the last", async () => {
    const { id, ask } = await fresh();
    await upload(host, id, "stays", draft("1"));
    await upload(host, id, "goes", draft("1"));
    await modes(host, { NAMESPACES: "fails" });
    for (const text of ["2", "3"]) await upload(host, id, "stays", draft(text));
    await script(host, id, "goes")("delete");
    assert.deepEqual(await names(ask), ["goes", "stays"], "it was not told");
    await modes(host, { NAMESPACES: "works" });
    const entry = await script(host, id, "stays")("get");
    await until(async () => {
      const { result } = await ask("scripts");
      return result.length === 1 && result[0].script.deployment_id === entry.script.deployment_id;
    }, "the alarm tells it");
    assert.deepEqual(await sql(host, "SCRIPTS", `${id}/stays`, "SELECT * FROM outbox"), []);
  });

  test("takes no older word for a newer one", async () => {
    const { id, ask } = await fresh();
    await upload(host, id, "s", draft("1"));
    const { result: [entry] } = await ask("scripts");
    await script(host, id, "s")("delete");
    await ask("index", { script: "s", entry, revision: 1 });
    assert.deepEqual(await names(ask), []);
    await upload(host, id, "s", draft("2"));
    await ask("unindex", { script: "s", entry: null, revision: 2 });
    assert.deepEqual(await names(ask), ["s"]);
  });
});

describe("a quota", () => {
  test("counts scripts, not uploads", async () => {
    const { id, ask } = await fresh();
    await ask("patch_quota", { patch: { scripts: 1 } });
    await ask("admit", { script: "a" });
    await upload(host, id, "a", draft("1"));
    await ask("admit", { script: "a" });
    await refused(ask("admit", { script: "b" }), 403, 10037);
    assert.deepEqual(await ask("quota"), {
      scripts: 1, script_count: 1, versions: null, version_count: 1, bytes: null, byte_count: 0, requests_per_minute: null, idle_days: null,
      storage: null, script_storage: null, stored_keys: 0, stored_bytes: 0,
    });
    for (const patch of [{}, { requests: 5 }, { versions: 5, requests: 5 }]) await refused(ask("patch_quota", { patch }), 400, 10004);
    assert.equal((await ask("patch_quota", { patch: { scripts: null } })).scripts, 10_000);
    await ask("patch_quota", { patch: { scripts: 1 } });
    await script(host, id, "a")("delete");
    await ask("admit", { script: "b" });
  });

  test("of versions and bytes: what scripts have told, and less when some of it is gone", async () => {
    const { id, ask } = await fresh();
    const app = script(host, id, "a");
    const keyOf = (text) => `bundle/${draft(text).bundle}`;
    const uploaded = async (text, bytes) => {
      await app("begin", { objects: [`${id}/a/${keyOf(text)}`], bytes: { [keyOf(text)]: bytes } });
      await upload(host, id, "a", draft(text));
    };
    const has = async () => { const { version_count, byte_count } = await ask("quota"); return `${version_count} ${byte_count}`; };
    for (const [i, bytes] of [100, 200].entries()) await uploaded(`${i}`, bytes);
    await until(async () => await has() === "2 300", "two versions of 300 bytes");
    await ask("patch_quota", { patch: { versions: 2 } });
    await refused(ask("admit", { script: "a", bytes: 1 }), 403, 10037);
    await ask("patch_quota", { patch: { versions: 3, bytes: 400 } });
    await refused(ask("admit", { script: "a", bytes: 101 }), 403, 10037);
    await refused(ask("admit", { script: "b", bytes: 101 }), 403, 10037);
    await ask("admit", { script: "a", bytes: 100 });
    await app("patch_settings", { patch: { retention: 1 } });
    for (const [i, bytes] of [10, 20, 30].entries()) await uploaded(`later ${i}`, bytes);
    await until(async () => await has() === "3 60", "what was cleaned up counts no more");
    await app("delete");
    await until(async () => await has() === "0 0", "nothing");
  });

  test("of requests: each isolate tells of its own, and hears of all", async () => {
    const { id, name, ask } = await fresh();
    for (const [minute, count, total] of [[10, 5, 5], [10, 7, 12], [11, 1, 1], [11, 2, 3]]) assert.deepEqual(await ask("spend", { minute, count }), { total });
    assert.deepEqual([await ask("spend", { key: "store", minute: 11, count: 4 }), await ask("spend", { minute: 11, count: 1 })], [{ total: 4 }, { total: 4 }], "each apart");
    const told = async () => (await directory(host)("namespace", { name })).requests_per_minute;
    assert.equal((await ask("patch_quota", { patch: { requests_per_minute: 9 } })).requests_per_minute, 9);
    assert.equal(await told(), 9);
    await ask("patch_quota", { patch: { requests_per_minute: null } });
    assert.equal(await told(), null);
  });

  test("is not passed by uploads at the same time: who is admitted has a place, for a while", async () => {
    const { id, ask } = await fresh();
    await ask("patch_quota", { patch: { scripts: 2 } });
    const admit = (name) => ask("admit", { script: name }).then(() => 200, ({ status }) => status);
    const all = ["a", "b", "c", "d"];
    const answers = await Promise.all(all.map(admit));
    // Who comes first is nobody's to say.
    const [[one, other], [late, last]] = [200, 403].map((status) => all.filter((_, i) => answers[i] === status));
    assert.deepEqual(answers.toSorted(), [200, 200, 403, 403]);
    assert.equal(await admit(one), 200, "it is the same place");
    await sql(host, "NAMESPACES", id, `UPDATE admitted SET until_ms = 1 WHERE script = '${other}'`);
    assert.equal(await admit(late), 200, "the other did not come");
    await upload(host, id, one, draft("1"));
    assert.equal(await admit(last), 403, "what is uploaded counts once, and who is late has its place");
  });
});

describe("scripts deleted by tags", () => {
  test("are those that match, as many as is said, and never all", async () => {
    const { id, ask } = await fresh();
    for (const name of ["a", "b", "c"]) await upload(host, id, name, draft(name, { tags: [name === "c" ? "paid" : "free"] }));
    await refused(ask("delete_scripts", {}), 400, 10004);
    const first = await ask("delete_scripts", { tags: "free:yes", limit: 1 });
    assert.deepEqual([first.deleted_count, first.has_more], [1, true]);
    assert.deepEqual(await ask("delete_scripts", { tags: "free:yes" }), { deleted_count: 1, deleted: [{ id: "b" }], has_more: false });
    assert.deepEqual(await names(ask), ["c"]);
  });

  test("are told also where one of them cannot be deleted", async () => {
    const { id, ask } = await fresh();
    for (const name of ["a", "bad", "c"]) await upload(host, id, name, draft(name, { tags: ["free"] }));
    await modes(host, { SCRIPTS: "fails for bad" });
    const ids = { deleted_count: 2, deleted: [{ id: "a" }, { id: "c" }], has_more: true };
    assert.deepEqual(await ask("delete_scripts", { tags: "free:yes" }), ids);
    await assert.rejects(ask("delete_scripts", { tags: "free:yes" }), /500/);
    await modes(host, { SCRIPTS: "works" });
    assert.deepEqual((await ask("delete_scripts", { tags: "free:yes" })).deleted, [{ id: "bad" }]);
  });
});

describe("a namespace that is deleted", () => {
  test("takes its scripts along; one of its name is another, and is not hit", async () => {
    const { name, id, ask } = await fresh();
    for (let i = 0; i < 25; i++) await upload(host, id, `s${i}`, draft("same"));
    await modes(host, { SCRIPTS: "fails" });
    await directory(host)("delete_namespace", { name });
    await refused(directory(host)("namespace", { name }), 404, 100119);
    const again = await created(host, name);
    assert.notEqual(again, id);
    await upload(host, again, "s1", draft("new"));
    await refused(ask("admit", { script: "x" }), 404, 100119);
    await host.logged(/A namespace tries again: [^]*SCRIPTS does not answer/);
    await modes(host, { SCRIPTS: "works" });
    await until(async () => (await ask("quota")).script_count === 0, "the scripts go");
    await until(async () => (await bucket(host)).every((key) => !key.startsWith(id)), "and what they had");
    await refused(script(host, id, "s1")("get"), 404, 10092);
    assert.deepEqual(await names(namespace(host, again)), ["s1"]);
    assert.equal((await bucket(host)).filter((key) => key.startsWith(again)).length, 1);
  });

  test("goes on past those that cannot be deleted, however many", async () => {
    const { name, id, ask } = await fresh();
    const bad = Array.from({ length: 20 }, (_, i) => `a${i}`);
    for (const name of [...bad, "z"]) await upload(host, id, name, draft("same"));
    await modes(host, { SCRIPTS: `fails for ${bad}` });
    await directory(host)("delete_namespace", { name });
    await until(async () => (await ask("quota")).script_count === 20, "the other goes");
    await modes(host, { SCRIPTS: "works" });
    await until(async () => (await ask("quota")).script_count === 0, "and then they");
  });

  test("also takes a script that was admitted before, and uploaded after", async () => {
    const { name, id, ask } = await fresh();
    await directory(host)("delete_namespace", { name });
    await upload(host, id, "late", draft("late"));
    await until(async () => (await script(host, id, "late")("get").then(() => 200, ({ status }) => status)) === 404, "it goes");
    await until(async () => (await ask("quota")).script_count === 0, "from the index as well");
  });

  test("is told so later, where its object did not answer, also after a restart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "namespace-"));
    const kept = { bindings: { BUNDLE_GRACE_MS: 2000 }, extra: { durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2") } };
    try {
      let id;
      await withObjects(kept, async (host) => {
        id = await created(host, "gone");
        for (const name of ["a", "b"]) await upload(host, id, name, draft(name));
        await modes(host, { NAMESPACES: "fails" });
        await directory(host)("delete_namespace", { name: "gone" });
      });
      await withObjects(kept, async (host) => {
        await refused(directory(host)("namespace", { name: "gone" }), 404, 100119);
        await until(async () => (await bucket(host)).length === 0, "its scripts go, and what they had");
        await until(async () => (await namespace(host, id)("quota")).script_count === 0, "and its index");
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
