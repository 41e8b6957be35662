// A script's versions, deployments, secrets and settings in its Durable Object.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startHost } from "./host.mjs";
import { bundleKey, created, draft, kept, put, refused, script, SEALED, sha256, sql, upload, withObjects } from "./objects.mjs";

let host, id, count = 0;
before(async () => {
  host = await startHost({ main: "objects.js" });
  id = await created(host);
});
after(() => host?.dispose());

/** A script of its own for a test. */
function fresh() {
  const name = `s${(count += 1)}`;
  return { name, ask: script(host, id, name), upload: (given, fields) => upload(host, id, name, given, fields) };
}
const secret = (name, text) => ({ name, type: "secret_text", text });
const shares = (...pairs) => ({ strategy: "percentage", versions: pairs.map(([version_id, percentage]) => ({ version_id, percentage })) });

describe("a script that was never uploaded", () => {
  test("is a 404 to every read and change, and nothing is stored for it", async () => {
    const { ask } = fresh();
    const ops = ["get", "settings", "bindings", "secrets", "secret", "tags", "versions", "version", "preview", "deployments", "deployment",
      "live", "objects", "patch_settings", "put_secret", "patch_secrets", "delete_secret", "put_tags", "put_tag", "delete_tag", "deploy",
      "delete_deployment", "delete"];
    for (const op of ops) await refused(ask(op), 404, 10092);
    await refused(ask("upload", { draft: draft(), deploy: false, objects: [] }), 404, 10092);
  });
});

describe("an upload", () => {
  test("is a version, deployed to all", async () => {
    const { name, ask, upload } = fresh();
    const given = draft("one", { annotations: { "workers/message": "first", "workers/tag": "v1" }, tags: ["a"], handlers: ["fetch", "scheduled"] });
    const { version, deployment, script } = await upload(given, { namespace: "tenants" });
    assert.deepEqual([version.number, version.annotations["workers/triggered_by"]], [1, "upload"]);
    assert.deepEqual(deployment.versions, [{ version_id: version.id, percentage: 100 }]);
    assert.deepEqual(deployment.annotations, { "workers/message": "first", "workers/triggered_by": "upload" });
    assert.deepEqual([script.script.id, script.script.tags, script.script.deployment_id, script.dispatch_namespace], [name, ["a"], version.id, "tenants"]);
    assert.deepEqual(await ask("get", { namespace: "tenants" }), script);
    assert.deepEqual(await ask("version", { id: version.id }), version);

    const live = await ask("live");
    assert.equal(live.script, name);
    assert.match(live.incarnation, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.match(live.cookie_key, /^[0-9a-f]{64}$/);
    assert.equal(live.sequence, 1);
    assert.deepEqual(live.deployment, deployment);
    assert.deepEqual(live.versions.map(({ id }) => id), [version.id]);
    assert.deepEqual([live.versions[0].bundle, live.versions[0].modules, live.versions[0].handlers], [given.bundle, given.modules, given.handlers]);
  });

  test("without deploy is a version and nothing more", async () => {
    const { ask, upload } = fresh();
    const first = await upload();
    const before = await ask("live");
    const { version, deployment } = await upload(draft("two", { tags: ["b"], outbound: "inherit" }), { deploy: false });
    assert.deepEqual([version.number, deployment], [2, null]);
    assert.deepEqual(await ask("live"), before, "neither versions nor settings");
    const { result } = await ask("versions");
    assert.deepEqual(result.items.map(({ id }) => id), [version.id, first.version.id]);
  });

  test("keeps what it is told to keep", async () => {
    const { ask, upload } = fresh();
    await upload(draft("one", { bindings: [secret("S", "hush"), { name: "P", type: "plain_text", text: "p" }] }));
    await upload(draft("two", { keep_bindings: ["secret_text"], bindings: [{ name: "Q", type: "inherit", old_name: "P" }] }));
    const [version] = (await ask("live")).versions;
    assert.deepEqual(version.bindings.map(({ name }) => name), ["Q", "S"]);
    assert.match(version.bindings[1].text, SEALED);
    assert.deepEqual(await kept(ask), [["Q", "p"], ["S", "hush"]]);
    await refused(upload(draft("three", { bindings: [{ name: "X", type: "inherit" }] })), 400, 10057);
    assert.equal((await ask("versions")).result_info.total_count, 2, "nothing of the refused one");
  });

  test("that was not announced, or whose objects are not there, is refused whole", async () => {
    const { name, ask, upload } = fresh();
    const given = draft("one");
    const objects = [bundleKey(id, name, given)];
    await refused(ask("upload", { draft: given, deploy: true, objects }), 409, 190004);
    await refused(ask("upload", { draft: given, deploy: true, objects: [] }), 409, 190004);
    await refused(ask("get"), 404, 10092);
    await upload(given);
    await refused(ask("upload", { draft: draft("two"), deploy: true, objects }), 409, 190004);
    // The same bundle again needs no new announcement.
    assert.equal((await ask("upload", { draft: given, deploy: true, objects })).version.number, 2);
  });

  test("keys of another script are no keys of this one", async () => {
    const { ask } = fresh();
    for (const key of [`${id}/other/bundle/x`, "elsewhere/bundle/x", "../bundle/x"]) {
      await assert.rejects(ask("begin", { objects: [key] }), { status: 500 });
    }
  });

  test("at the same time as others: each is one version, numbered in order", async () => {
    const { name, ask, upload } = fresh();
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => upload(draft(`at once ${i % 5}`))));
    assert.deepEqual(results.map(({ version }) => version.number).sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 1));
    const { deployments } = await ask("deployments");
    assert.deepEqual(deployments.map(({ sequence }) => sequence), Array.from({ length: 20 }, (_, i) => 20 - i));
    const last = results.find(({ version }) => version.number === 20);
    assert.equal((await ask("live")).deployment.id, last.deployment.id);
    assert.equal((await ask("objects")).length, 5, `five bundles of ${name}`);
  });
});

describe("resolve", () => {
  test("tells the version that an upload would make, and stores none", async () => {
    const { name, ask, upload } = fresh();
    assert.equal((await ask("resolve", { draft: draft() })).number, 1);
    assert.deepEqual(await sql(host, "SCRIPTS", `${id}/${name}`, "SELECT name FROM sqlite_master WHERE name = 'schema'"), [], "not even a table");
    await refused(ask("get"), 404, 10092);
    await upload(draft("one", { bindings: [secret("S", "hush")] }));
    const resolved = await ask("resolve", { draft: draft("two", { keep_bindings: ["secret_text"] }) });
    assert.deepEqual([resolved.number, resolved.bindings[0].text], [2, "hush"]);
    await refused(ask("resolve", { draft: draft("two", { bindings: [{ name: "A", type: "inherit" }] }) }), 400, 10057);
    const tried = (patch) => ask("try", { operation: { op: "patch_settings", patch } });
    const patched = await tried({ compatibility_date: "2026-03-03" });
    assert.deepEqual([patched.compatibility_date, patched.bindings[0].text], ["2026-03-03", "hush"]);
    assert.equal(await tried({ logpush: true }), null, "nothing that a worker is made of");
    assert.equal((await ask("versions")).result_info.total_count, 1);
  });
});

describe("secrets", () => {
  test("each change is a version, live at once; no read tells a value", async () => {
    const { ask, upload } = fresh();
    const one = (await upload(draft("one", { bindings: [secret("A", "hush-a")] }))).version;
    assert.deepEqual(await ask("put_secret", { body: secret("B", "hush-b") }), { name: "B", type: "secret_text" });
    assert.deepEqual((await ask("secrets")).map(({ name }) => name), ["A", "B"]);
    assert.deepEqual(await ask("secret", { name: "A" }), { name: "A", type: "secret_text" });
    const [two] = (await ask("live")).versions;
    assert.deepEqual(two.bindings.map(({ name, version }) => [name, version]), [["A", one.id], ["B", two.id]]);
    assert.deepEqual(await kept(ask), [["A", "hush-a"], ["B", "hush-b"]]);
    const { deployments } = await ask("deployments");
    assert.equal(deployments[0].annotations["workers/triggered_by"], "secret");

    const map = await ask("patch_secrets", { body: { secrets: { A: null, B: { text: "hush-b2", type: "secret_text" }, C: secret("C", "hush-c") } } });
    assert.deepEqual(Object.keys(map), ["B", "C"]);
    assert.equal((await ask("live")).versions[0].number, 3, "all in one version");
    await ask("delete_secret", { name: "C" });
    assert.deepEqual(await kept(ask), [["B", "hush-b2"]]);

    for (const op of ["get", "settings", "bindings", "secrets", "versions", "deployments", "objects"]) {
      assert.doesNotMatch(JSON.stringify(await ask(op)), /hush/, op);
    }
    for (const { id } of (await ask("versions")).result.items) assert.doesNotMatch(JSON.stringify(await ask("version", { id })), /hush/);
  });

  test("take no other binding's name", async () => {
    const { ask, upload } = fresh();
    await upload(draft("one", { bindings: [{ name: "P", type: "plain_text", text: "p" }] }));
    await refused(ask("put_secret", { body: secret("P", "x") }), 400, 10053);
    await refused(ask("patch_secrets", { body: { secrets: { P: secret("P", "x"), Q: secret("Q", "x") } } }), 400, 10053);
    assert.deepEqual([await ask("secrets"), (await ask("versions")).result_info.total_count], [[], 1]);
  });

  test("that are wrong change nothing", async () => {
    const { ask, upload } = fresh();
    await upload();
    await refused(ask("put_secret", { body: {} }), 400, 10004);
    await refused(ask("put_secret", { body: { name: "A", type: "secret_key", text: "x" } }), 400, 10004);
    await refused(ask("put_secret", { body: secret("", "x") }), 400, 10021);
    await refused(ask("secret", { name: "A" }), 404, 10056);
    await refused(ask("delete_secret", { name: "A" }), 404, 10056);
    await refused(ask("patch_secrets", { body: { secrets: { A: secret("A", "x"), B: null } } }), 404, 10056);
    await refused(ask("patch_secrets", { body: { secrets: { A: secret("B", "x") } } }), 400, 10004);
    const bad = await refused(ask("patch_secrets", { body: { secrets: { A: 5, B: "x", C: [1], D: true } } }), 400, Array(8).fill(10004));
    assert.match(bad.message, /secrets\.A: [^]*secrets\.D: /);
    assert.equal((await ask("versions")).result_info.total_count, 1);
  });

  test("are refused where the latest version is not the one that is live", async () => {
    const { ask, upload } = fresh();
    const one = (await upload(draft("one"))).version.id;
    const two = (await upload(draft("two"), { deploy: false })).version.id;
    await refused(ask("put_secret", { body: secret("A", "x") }), 400, 10215);
    await ask("deploy", { body: shares([one, 50], [two, 50]) });
    await refused(ask("put_secret", { body: secret("A", "x") }), 400, 10215);
    await refused(ask("patch_settings", { patch: { compatibility_date: "2026-02-02" } }), 400, 10215);
    await ask("deploy", { body: shares([two, 100]) });
    await ask("put_secret", { body: secret("A", "x") });
    assert.equal((await ask("live")).versions[0].number, 3);
  });
});

describe("settings and tags", () => {
  test("are changed one by one; what is a version's makes a version", async () => {
    const { ask, upload } = fresh();
    await upload(draft("one", { bindings: [secret("S", "hush")] }));
    const shown = await ask("patch_settings", { patch: { logpush: true, tags: ["x"], retention: 3, affinity: { header: "x-user" } } });
    assert.deepEqual([shown.logpush, shown.tags, shown.retention, shown.affinity], [true, ["x"], 3, { header: "x-user" }]);
    assert.deepEqual(await ask("settings"), shown);
    const live = await ask("live");
    assert.deepEqual([live.sequence, live.versions[0].number, live.settings.affinity], [2, 1, { header: "x-user" }], "isolates see a change");

    const patched = await ask("patch_settings", { patch: { compatibility_flags: ["nodejs_compat"], limits: { cpu_ms: "50" } } });
    assert.deepEqual([patched.compatibility_flags, patched.limits.cpu_ms, patched.logpush], [["nodejs_compat"], 50, true]);
    const [version] = (await ask("live")).versions;
    assert.deepEqual([version.number, await kept(ask)], [2, [["S", "hush"]]]);
    await upload(draft("two"));
    assert.deepEqual((await ask("live")).settings, (({ tags, outbound, tail, observability, logpush, affinity, retention }) =>
      ({ tags, outbound, tail, observability, logpush, affinity, retention }))(patched), "what an upload does not name stays");
    assert.equal((await ask("patch_settings", { patch: { affinity: null } })).affinity, null);
    await refused(ask("patch_settings", { patch: { tags: ["a,b"], logpush: 5 } }), 400, [10004, 100134]);
    await refused(ask("patch_settings", { patch: { bindings: [{ name: "KV", type: "ai" }] } }), 400, 10021);
  });

  test("outbound that inherits is for trusted namespaces", async () => {
    const { ask, upload } = fresh();
    await upload();
    await refused(ask("patch_settings", { patch: { outbound: "inherit" } }), 400, 10021);
    await refused(upload(draft("two", { outbound: "inherit" })), 400, 10021);
    await refused(ask("resolve", { draft: draft("two", { outbound: "inherit" }) }), 400, 10021);
    assert.equal((await ask("live")).settings.outbound, null);
    await upload(draft("two", { outbound: "inherit" }), { trusted_workers: true });
    assert.equal((await ask("live")).settings.outbound, "inherit");
  });

  test("tags", async () => {
    const { ask, upload } = fresh();
    await upload(draft("one", { tags: ["a"] }));
    assert.deepEqual(await ask("put_tag", { tag: "b" }), ["a", "b"]);
    await upload(draft("two"));
    assert.deepEqual(await ask("tags"), ["a", "b"], "an upload that names none keeps them");
    assert.equal(await ask("delete_tag", { tag: "a" }), null);
    await refused(ask("delete_tag", { tag: "a" }), 404, 190005);
    assert.deepEqual(await ask("put_tags", { tags: ["1", "2", "3", "4", "5", "6", "7", "8"] }), ["1", "2", "3", "4", "5", "6", "7", "8"]);
    await refused(ask("put_tag", { tag: "9" }), 400, 100103);
    await refused(ask("put_tags", { tags: null }), 400, 100134);
  });
});

test("a deleted script is gone, and one of its name is another", async () => {
  const { ask, upload } = fresh();
  await upload(draft("one", { bindings: [secret("S", "hush")], tags: ["a"] }));
  const before = await ask("live");
  assert.equal(await ask("delete"), null);
  for (const op of ["get", "live", "versions", "delete", "secrets"]) await refused(ask(op), 404, 10092);
  await refused(upload(draft("two"), { deploy: false }), 404, 10092);
  await upload(draft("two", { keep_bindings: ["secret_text"] }));
  const now = await ask("live");
  assert.notEqual(now.incarnation, before.incarnation);
  assert.notEqual(now.cookie_key, before.cookie_key);
  assert.ok(now.sequence > before.sequence, "nobody takes it for something older");
  assert.deepEqual([now.versions.length, now.versions[0].number, now.versions[0].bindings, now.settings.tags], [1, 1, [], []]);
});

test("a key with no bytes in the bucket is the caller's to write", async () => {
  const { name, ask } = fresh();
  const [one, two] = ["a", "b"].map((text) => `${id}/${name}/asset/${sha256(text).slice(0, 32)}`);
  const manifest = `${id}/${name}/manifest/${sha256("m")}`;
  assert.deepEqual((await ask("begin", { objects: [manifest, one, two], owner: `manifest/${sha256("m")}` })).missing.sort(), [one, two, manifest].sort());
  await put(host, { [one]: "a" });
  assert.deepEqual(await ask("stored", { objects: [one], owner: `manifest/${sha256("m")}` }), { missing: 2 });
  assert.deepEqual((await ask("begin", { objects: [one, two] })).missing, [two]);
  const given = draft("x", { bundle: null, modules: [], main_module: null, handlers: [], assets: { manifest, digest: sha256("m"), files: 2 } });
  await refused(ask("upload", { draft: given, deploy: true, objects: [manifest] }), 409, 190004);
  await refused(ask("stored", { objects: [`${id}/${name}/asset/unknown`] }), 409, 190004);
  assert.deepEqual(await ask("stored", { objects: [two], owner: `manifest/${sha256("m")}` }), { missing: 1 });
  const { script: entry } = await ask("upload", { draft: given, deploy: true, objects: [manifest] });
  assert.deepEqual([entry.script.has_assets, entry.script.has_modules], [true, false]);
  assert.ok((await ask("objects")).every(({ state }) => state === "stored"));
});

test("a setting of the operator's that is wrong is told as that, by its name", async () => {
  const API_TOKEN = "t".repeat(32);
  await withObjects({ bindings: { BUNDLE_GRACE_MS: "x", API_TOKEN } }, async (host) => {
    await created(host, "tenants");
    const path = "/client/v4/accounts/a/workers/dispatch/namespaces/tenants/scripts/s";
    const response = await host.fetch(path, { headers: { authorization: `Bearer ${API_TOKEN}` } });
    assert.equal(response.status, 500);
    assert.match(await response.text(), /BUNDLE_GRACE_MS/);
  });
});
