// A script's deployments and versions in its Durable Object.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startHost } from "./host.mjs";
import { created, draft, kept, refused, script, SEALED, upload } from "./objects.mjs";

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

test("what is live is told whole, however long it is", async () => {
  const { ask, upload } = fresh();
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push((await upload(draft(`${i}`, { bindings: [secret("A", `${i}`.repeat(990_000))] }))).version.id);
  await ask("deploy", { body: shares(...ids.slice(1).map((id) => [id, 25])), force: true });
  const { versions } = await ask("live");
  assert.deepEqual(versions.map(({ id, bindings: [{ text }] }) => [id, SEALED.test(text) && text.length > 990_000]), [4, 3, 2, 1, 0].map((i) => [ids[i], true]));
  assert.deepEqual(await kept(ask), [["A", "4".repeat(990_000)]]);
  const most = draft("x", { bindings: [secret("A", "\u0001".repeat(400_000))] });
  await refused(upload(most), 400, 10027);
  assert.equal((await ask("versions")).result_info.total_count, 5);
});

describe("deployments", () => {
  test("are versions and shares; the newest is live, and history stays", async () => {
    const { ask, upload } = fresh();
    const [one, two, three] = [await upload(draft("1")), await upload(draft("2")), await upload(draft("3"))].map(({ version }) => version.id);
    const body = { ...shares([one, 12.5], [two, 87.5]), annotations: { "workers/message": "careful" }, automatic_rollback: { threshold_percent: 10 } };
    const deployment = await ask("deploy", { body });
    assert.deepEqual(deployment.versions, body.versions);
    assert.deepEqual([deployment.annotations["workers/message"], deployment.annotations["workers/triggered_by"]], ["careful", "rollback"]);
    assert.equal(deployment.automatic_rollback.threshold_percent, 10);
    const live = await ask("live");
    assert.deepEqual([live.sequence, live.deployment.id], [4, deployment.id]);
    assert.deepEqual(live.versions.map(({ id }) => id), [two, one], "those of the deployment: what a rollback took back stands in for nothing");
    const { deployments } = await ask("deployments");
    assert.deepEqual(deployments.map(({ sequence }) => sequence), [4, 3, 2, 1]);
    assert.deepEqual(await ask("deployment", { id: deployment.id }), deployment);
    await refused(ask("delete_deployment", { id: deployment.id }), 400, 190001);
    await ask("delete_deployment", { id: deployments[1].id });
    await refused(ask("deployment", { id: deployments[1].id }), 404, 190002);
    assert.equal((await ask("deploy", { body: shares([three, 100]) })).annotations["workers/triggered_by"], "deployment");
    assert.deepEqual((await ask("live")).versions.map(({ id }) => id), [three, two, one], "what is live, and then what was before it");
  });

  test("that cannot be are refused, and nothing changes", async () => {
    const { ask, upload } = fresh();
    const one = (await upload()).version.id;
    const before = await ask("live");
    for (const [body, code] of [
      [shares([one, 99.99]), 190001], [shares(), 190001], [shares([one, 50], [one, 50]), 190001], [shares(["nobody", 100]), 10222],
      [{}, 190001], [null, [190001, 190001]],
    ]) await refused(ask("deploy", { body }), 400, code);
    assert.deepEqual(await ask("live"), before);
  });

  test("back to other secrets needs force", async () => {
    const { ask, upload } = fresh();
    const one = (await upload(draft("one", { bindings: [secret("A", "1"), secret("B", "1")] }))).version.id;
    await ask("put_secret", { body: secret("A", "2") });
    const error = await refused(ask("deploy", { body: shares([one, 100]) }), 400, 10220);
    assert.match(error.message, /The following secrets have changed: A"/);
    const back = await ask("deploy", { body: shares([one, 100]), force: true });
    assert.equal(back.annotations["workers/triggered_by"], "rollback");
    assert.equal((await ask("live")).versions[0].id, one);
  });

  test("are remembered, the last 200", async () => {
    const { ask, upload } = fresh();
    const one = (await upload()).version.id;
    for (let i = 0; i < 205; i++) await ask("deploy", { body: shares([one, 100]) });
    const { deployments } = await ask("deployments");
    assert.deepEqual([deployments.length, deployments[0].sequence], [200, 206]);
  });
});

describe("versions", () => {
  test("come in pages, the newest first; those that can be deployed all at once", async () => {
    const { ask, upload } = fresh();
    for (let i = 0; i < 12; i++) await upload(draft("same"));
    const numbers = async (fields) => (await ask("versions", fields)).result.items.map(({ number }) => number);
    assert.deepEqual(await numbers({}), [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    assert.deepEqual(await numbers({ page: "2" }), [2, 1]);
    assert.deepEqual(await numbers({ page: 3 }), []);
    assert.deepEqual(await numbers({ page: 4, per_page: "3" }), [3, 2, 1]);
    assert.equal((await numbers({ deployable: true, page: 9 })).length, 12);
    assert.deepEqual((await ask("versions", { per_page: 5 })).result_info, { page: 1, per_page: 5, count: 5, total_count: 12, total_pages: 3 });
    await refused(ask("versions", { page: 0, per_page: 1000 }), 400, [10004, 10004]);
  });

  test("are found by the beginning of their id, for a preview", async () => {
    const { ask, upload } = fresh();
    const { version } = await upload(draft("one", { bindings: [secret("A", "hush")] }));
    await upload(draft("two"));
    const found = await ask("preview", { version: version.id.slice(0, 8) });
    assert.deepEqual([found.version.id, found.version.bindings[0].text, found.settings.outbound], [version.id, SEALED.exec(found.version.bindings[0].text)?.[0], null]);
    for (const prefix of [version.id.slice(0, 7), "00000000", "", "%%%%%%%%"]) await refused(ask("preview", { version: prefix }), 404, 10222);
  });
});

test("uploads, secrets, tags and deployments at once: each is done once, in some order, and none is lost", async () => {
  const { ask, upload } = fresh();
  const one = (await upload(draft("one"))).version.id;
  const all = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => [
    ask("put_secret", { body: secret(`S${i}`, `value ${i}`) }),
    ask("put_tag", { tag: `t${i}` }),
    upload(draft(`u${i}`, { keep_bindings: ["secret_text"] })),
    ask("deploy", { body: shares([one, 100]), force: true }),
  ]).flat());
  const done = (kind) => all.filter(({ status }, i) => i % 4 === kind && status === "fulfilled").length;
  // A secret is refused while an older version is live; that is said, and changes nothing.
  for (const { reason } of all.filter(({ status }) => status === "rejected")) assert.deepEqual(reason.codes, [10215], reason.message);
  assert.deepEqual([done(1), done(2), done(3)], [8, 8, 8]);
  const versions = (await ask("versions", { deployable: true })).result.items.map(({ number }) => number);
  assert.deepEqual(versions, Array.from({ length: 9 + done(0) }, (_, i) => 9 + done(0) - i));
  const { deployments } = await ask("deployments");
  assert.equal(deployments.length, 1 + done(0) + 16);
  const { sequence, settings, deployment } = await ask("live");
  assert.deepEqual([sequence, settings.tags.length, deployment.id], [1 + done(0) + 16 + 8, 8, deployments[0].id]);
  const latest = (await ask("secrets")).map(({ name }) => name);
  const kept = all.flatMap(({ status }, i) => (i % 4 === 0 && status === "fulfilled" ? [`S${i / 4}`] : []));
  assert.deepEqual(latest.sort(), kept.sort(), "each secret that was acknowledged is in the latest version");
});
