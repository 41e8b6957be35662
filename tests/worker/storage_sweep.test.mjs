// What a script has in R2: kept while a version names it, and deleted by the alarm when none does.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { startHost } from "./host.mjs";
import { bucket, bundleKey, created, draft, modes, namespace, put, refused, script, sql, upload, withObjects } from "./objects.mjs";
import { until } from "./until.mjs";

const GRACE_MS = 1500;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let host, id, name, ask, count = 0;
before(async () => {
  host = await startHost({ main: "objects.js", bindings: { BUNDLE_GRACE_MS: GRACE_MS } });
  id = await created(host);
});
after(() => host?.dispose());
beforeEach(() => {
  name = `s${(count += 1)}`;
  ask = script(host, id, name);
});

const key = (given) => bundleKey(id, name, given);
const keys = async () => (await bucket(host)).filter((key) => key.startsWith(`${id}/${name}/`)).sort();
const are = (wanted, what) => until(async () => JSON.stringify(await keys()) === JSON.stringify(wanted.map(key).sort()), what);

describe("an upload that died", () => {
  test("after it wrote to the bucket: what it wrote goes after the grace, and not before", async () => {
    const given = draft("died");
    await ask("begin", { objects: [key(given)] });
    await put(host, { [key(given)]: "bytes" });
    await wait(GRACE_MS / 3);
    assert.deepEqual(await keys(), [key(given)], "it may still be at it");
    await are([], "an orphan goes");
    await until(async () => (await script(host, id, name)("objects").catch(() => [])).length === 0, "and is forgotten");
    await refused(ask("upload", { draft: given, deploy: true, objects: [key(given)] }), 409, 190004);
    assert.equal((await upload(host, id, name, given)).version.number, 1, "and can be uploaded again");
  });

  test("beside versions that are there: they stay", async () => {
    await upload(host, id, name, draft("lives"));
    await ask("begin", { objects: [key(draft("died"))] });
    await put(host, { [key(draft("died"))]: "bytes" });
    await are([draft("lives")], "the orphan goes alone");
    await wait(GRACE_MS * 2);
    assert.deepEqual(await keys(), [key(draft("lives"))]);
  });
});

describe("retention", () => {
  test("keeps the last 50, what is live, and what may stand in for it; the rest goes with its bundles", async () => {
    const drafts = Array.from({ length: 60 }, (_, i) => draft(`v${i + 1}`));
    const ids = [];
    for (const given of drafts.slice(0, 4)) ids.push((await upload(host, id, name, given)).version.id);
    // 3 and 4 are live together; before them were 2 and 1.
    await ask("deploy", { body: { strategy: "percentage", versions: [{ version_id: ids[2], percentage: 50 }, { version_id: ids[3], percentage: 50 }] } });
    for (const given of drafts.slice(4)) await upload(host, id, name, given, { deploy: false });
    const numbers = async () => (await ask("versions", { deployable: true })).result.items.map(({ number }) => number).sort((a, b) => a - b);
    const last50 = Array.from({ length: 50 }, (_, i) => i + 11);
    assert.deepEqual(await numbers(), [1, 2, 3, 4, ...last50]);
    assert.deepEqual((await ask("live")).versions.map(({ number }) => number), [4, 3, 2, 1]);
    await are([...drafts.slice(0, 4), ...drafts.slice(10)], "bundles of those that are gone");
    await refused(ask("version", { id: "gone" }), 404, 10222);
    // Now nothing holds the old ones but the two that were live last.
    await upload(host, id, name, draft("v61"));
    assert.deepEqual(await numbers(), [3, 4, ...last50.slice(1), 61]);
    await are([...drafts.slice(2, 4), ...drafts.slice(11), draft("v61")], "what no longer stands in");
  });

  test("of a bundle that several versions share: it goes with the last of them", async () => {
    await upload(host, id, name, draft("shared"));
    await ask("patch_settings", { patch: { retention: 1 } });
    await upload(host, id, name, draft("shared"));
    for (const text of ["a", "b"]) await upload(host, id, name, draft(text));
    assert.deepEqual((await ask("versions")).result.items.map(({ number }) => number), [4, 3, 2]);
    await wait(GRACE_MS * 2);
    assert.deepEqual(await keys(), ["shared", "a", "b"].map((text) => key(draft(text))).sort(), "version 2 may stand in");
    await upload(host, id, name, draft("c"));
    await are([draft("a"), draft("b"), draft("c")], "no version names it any more");
  });
});

test("source maps go with the last version that names them, though their bundle stays; those of an older host stay with it", async () => {
  const at = (digest) => `${id}/${name}/map/${digest}`;
  const send = async (digest) => {
    const given = draft("mapped", { maps: digest ?? false });
    const objects = [key(given), ...(digest ? [at(digest)] : [])];
    await ask("begin", { objects });
    await put(host, Object.fromEntries(objects.map((key) => [key, "bytes"])));
    await ask("upload", { draft: given, deploy: true, objects });
  };
  await send("m1");
  const { bundle } = draft("mapped");
  await put(host, { [at(bundle)]: "bytes" });
  await sql(host, "SCRIPTS", `${id}/${name}`, `INSERT INTO object (key, state, since) VALUES ('map/${bundle}', 1, 1);
    INSERT INTO holds VALUES ('bundle/${bundle}', 'map/${bundle}');`);
  await ask("patch_settings", { patch: { retention: 1 } });
  for (const digest of ["m2", undefined, undefined, "m3"]) await send(digest);
  await until(async () => JSON.stringify(await keys()) === JSON.stringify([key(draft("mapped")), at(bundle), at("m3")].sort()), "two maps go");
  await wait(GRACE_MS * 2);
  assert.equal((await keys()).length, 3);
  await refused(ask("upload", { draft: draft("mapped", { maps: "m9" }), deploy: true, objects: [key(draft("mapped"))] }), 409, 190004);
});

describe("an upload of what is about to be cleaned up", () => {
  test("that has begun keeps it", async () => {
    const given = draft("again");
    await ask("begin", { objects: [key(given)] });
    await put(host, { [key(given)]: "bytes" });
    await ask("stored", { objects: [key(given)] });
    for (let i = 0; i < 6; i++) {
      await wait(GRACE_MS / 2);
      assert.deepEqual(await ask("begin", { objects: [key(given)] }), { missing: [] }, "it is there");
      assert.deepEqual(await keys(), [key(given)]);
    }
    await ask("upload", { draft: given, deploy: true, objects: [key(given)] });
    await wait(GRACE_MS * 2);
    assert.deepEqual(await keys(), [key(given)]);
  });

  test("waits for a deletion that is under way, and writes after it", async () => {
    const given = draft("again");
    await ask("begin", { objects: [key(given)] });
    await put(host, { [key(given)]: "bytes" });
    await ask("stored", { objects: [key(given)] });
    await modes(host, { BUNDLES: "holds" });
    await until(async () => (await modes(host)).BUNDLES > 0, "the deletion begins");
    await refused(ask("upload", { draft: given, deploy: true, objects: [key(given)] }), 409, 190004);
    let begun = null;
    const begin = ask("begin", { objects: [key(given)] }).then((answer) => (begun = answer));
    await wait(100);
    assert.equal(begun, null, "it waits");
    await modes(host, { BUNDLES: "works" });
    assert.deepEqual((await begin).missing, [key(given)], "it has to be written");
    await put(host, { [key(given)]: "new bytes" });
    await ask("upload", { draft: given, deploy: true, objects: [key(given)] });
    await wait(GRACE_MS * 2);
    assert.deepEqual(await keys(), [key(given)]);
  });
});

test("a bucket that does not answer is asked again", async () => {
  await ask("begin", { objects: [key(draft("x"))] });
  await put(host, { [key(draft("x"))]: "bytes" });
  await modes(host, { BUNDLES: "fails" });
  await host.logged(/The clean-up of a script is tried again: [^]*BUNDLES does not answer/);
  assert.deepEqual(await keys(), [key(draft("x"))]);
  await modes(host, { BUNDLES: "works" });
  await are([], "later");
});

test("an alarm that is due is not put off by what comes in between", async () => {
  await modes(host, { NAMESPACES: "fails" });
  await upload(host, id, name);
  const indexed = async () => (await namespace(host, id)("scripts", { per_page: 100 })).result.some(({ script }) => script.id === name);
  assert.equal(await indexed(), false, "the alarm is to tell it");
  await modes(host, { NAMESPACES: "works" });
  await sql(host, "SCRIPTS", `${id}/${name}`, "UPDATE alarm SET at = 1");
  await ask("begin", { objects: [key(draft("b"))] });
  const [[at] = []] = await sql(host, "SCRIPTS", `${id}/${name}`, "SELECT at FROM alarm");
  assert.notEqual(at, 1, "it is planned again, for now, if it has not gone off already");
  await until(indexed, "it goes off");
});

describe("a script that is deleted", () => {
  test("leaves nothing in the bucket, and one made again under its name keeps its own", async () => {
    await upload(host, id, name, draft("same"));
    await upload(host, id, name, draft("old"));
    await modes(host, { BUNDLES: "holds" });
    await ask("delete");
    await until(async () => (await modes(host)).BUNDLES > 0, "the deletion begins");
    const again = upload(host, id, name, draft("same"));
    await wait(100);
    await modes(host, { BUNDLES: "works" });
    assert.equal((await again).version.number, 1);
    await are([draft("same")], "the old one's are gone, the new one's are not");
    await wait(GRACE_MS * 2);
    assert.deepEqual(await keys(), [key(draft("same"))]);
  });

  test("while something is uploaded to it: what comes late is cleaned up as well", async () => {
    await upload(host, id, name, draft("one"));
    await ask("begin", { objects: [key(draft("late"))] });
    await ask("delete");
    await are([], "what it had");
    await put(host, { [key(draft("late"))]: "bytes" });
    await are([], "what came after");
  });
});

test("a restart in the middle: the alarm goes off afterwards, and all else is as it was", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sweep-"));
  const kept = { bindings: { BUNDLE_GRACE_MS: 1500 }, extra: { durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2") } };
  try {
    let own, before;
    await withObjects(kept, async (host) => {
      own = await created(host);
      await upload(host, own, "s", draft("lives"));
      await script(host, own, "s")("begin", { objects: [bundleKey(own, "s", draft("died"))] });
      await put(host, { [bundleKey(own, "s", draft("died"))]: "bytes" });
      before = await script(host, own, "s")("live");
    });
    await withObjects(kept, async (host) => {
      assert.deepEqual(await script(host, own, "s")("live"), before);
      await until(async () => (await bucket(host)).length === 1, "the orphan goes");
      assert.deepEqual(await bucket(host), [bundleKey(own, "s", draft("lives"))]);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
