// The npm package `cloudflare`, `workersForPlatforms.dispatch`: each of its calls.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toFile } from "cloudflare";
import { ACCOUNT, NAMESPACE } from "./clients.mjs";

const WHERE = { account_id: ACCOUNT, dispatch_namespace: NAMESPACE };
const MODULE = { type: "application/javascript+module" };
const main = (text) => toFile(Buffer.from(`export default { fetch: (request, env) => new Response(${text}) };\n`), "index.js", MODULE);

async function all(page) {
  const found = [];
  for await (const item of page) found.push(item);
  return found;
}

export default (clients) => describe("the npm package cloudflare", () => {
  const namespaces = () => clients().sdk.workersForPlatforms.dispatch.namespaces;
  const scripts = () => namespaces().scripts;
  const metadata = { main_module: "index.js", compatibility_date: "2026-07-01" };
  const made = async (name, more = {}, text = '"made"') => scripts().update(name, { ...WHERE, metadata: { ...metadata, ...more }, files: [await main(text)] });

  test("namespaces: create, list, get, delete", async () => {
    const created = await namespaces().create({ account_id: ACCOUNT, name: "sdk" });
    assert.deepEqual(Object.keys(created).sort(), [
      "created_by", "created_on", "idle_days", "limits", "modified_by", "modified_on", "namespace_id", "namespace_name", "outbound", "requests_per_minute", "script_count", "services", "storage", "trusted_workers",
    ]);
    assert.deepEqual((await all(namespaces().list({ account_id: ACCOUNT }))).map((one) => one.namespace_name).sort(), ["sdk", NAMESPACE]);
    assert.deepEqual(await namespaces().get("sdk", { account_id: ACCOUNT }), created);
    await assert.rejects(namespaces().create({ account_id: ACCOUNT, name: "sdk" }), (error) => error.errors[0].code === 100120);
    await namespaces().delete("sdk", { account_id: ACCOUNT });
    await assert.rejects(namespaces().get("sdk", { account_id: ACCOUNT }), { status: 404 });
  });

  test("scripts: update with a list of files, with named ones, with the header it forgets; get; delete", async () => {
    const { served } = clients();
    const bindings = [{ type: "plain_text", name: "A", text: "b" }, { type: "json", name: "J", json: JSON.stringify({ n: 1 }) }];
    const result = await made("listed", { bindings, tags: ["cust-1", "plan:pro"] }, "env.A + env.J.n");
    assert.deepEqual([result.id, result.handlers, result.tags], ["listed", ["fetch"], ["cust-1", "plan:pro"]]);
    assert.equal((await served("listed")).text, "b1");

    const files = { "index.js": await main('"named"') };
    await scripts().update("named", { ...WHERE, metadata, files });
    assert.equal((await served("named")).text, "named");
    await scripts().update("named", { ...WHERE, metadata, files: { "index.js": await main('"again"') } }, { headers: { "content-type": null } });
    assert.equal((await served("named")).text, "again");

    const got = await scripts().get("listed", WHERE);
    assert.deepEqual([got.dispatch_namespace, got.script.id, got.script.tags], [NAMESPACE, "listed", ["cust-1", "plan:pro"]]);
    assert.equal(got.script.etag, result.etag);
    await scripts().delete("named", WHERE);
    await assert.rejects(scripts().get("named", WHERE), (error) => error.status === 404 && error.errors[0].code === 10092);
    assert.equal((await served("named")).status, 404);
  });

  test("content: update keeps the settings, get gives the modules", async () => {
    const { served } = clients();
    await made("content", { bindings: [{ type: "plain_text", name: "A", text: "kept" }] }, "env.A");
    await scripts().content.update("content", { ...WHERE, metadata: { main_module: "index.js" }, files: [await main('env.A + "!"')] });
    assert.equal((await served("content")).text, "kept!");
    const answer = await scripts().content.get("content", WHERE);
    const file = (await answer.formData()).get("index.js");
    assert.match(typeof file === "string" ? file : await file.text(), /env\.A \+ "!"/);
  });

  test("settings: get and edit, whose form has bracketed fields", async () => {
    const { served } = clients();
    await made("settings", { bindings: [{ type: "plain_text", name: "A", text: "old" }] }, "env.A");
    const settings = await scripts().settings.get("settings", WHERE);
    assert.deepEqual(settings.bindings, [{ type: "plain_text", name: "A", text: "old" }]);
    assert.equal(settings.compatibility_date, "2026-07-01");
    const edited = await scripts().settings.edit("settings", {
      ...WHERE,
      settings: { logpush: true, limits: { cpu_ms: 5 }, tags: ["x", "y"], bindings: [{ type: "plain_text", name: "A", text: "new" }] },
    });
    assert.deepEqual([edited.logpush, edited.limits, edited.tags], [true, { cpu_ms: 5 }, ["x", "y"]]);
    assert.equal((await served("settings")).text, "new");
    assert.deepEqual(await scripts().settings.get("settings", WHERE), edited);
  });

  test("bindings and secrets, whose values nobody is shown", async () => {
    const { served } = clients();
    await made("secrets", {}, "JSON.stringify([env.ONE, env.TWO, env.THREE])");
    const shown = await scripts().secrets.update("secrets", { ...WHERE, name: "ONE", text: "first", type: "secret_text" });
    assert.deepEqual(shown, { name: "ONE", type: "secret_text" });
    const secrets = { TWO: { name: "TWO", text: "second", type: "secret_text" }, THREE: { name: "THREE", text: "third", type: "secret_text" } };
    await scripts().secrets.bulkUpdate("secrets", { ...WHERE, secrets });
    assert.equal((await served("secrets")).text, '["first","second","third"]');
    const names = async () => (await all(scripts().secrets.list("secrets", WHERE))).map(({ name }) => name).sort();
    assert.deepEqual(await names(), ["ONE", "THREE", "TWO"]);
    assert.deepEqual(await scripts().secrets.get("TWO", { ...WHERE, script_name: "secrets" }), { name: "TWO", type: "secret_text" });
    await scripts().secrets.delete("TWO", { ...WHERE, script_name: "secrets", url_encoded: true });
    await scripts().secrets.bulkUpdate("secrets", { ...WHERE, secrets: { THREE: null } });
    assert.deepEqual(await names(), ["ONE"]);
    assert.equal((await served("secrets")).text, '["first",null,null]');
    await assert.rejects(scripts().secrets.get("TWO", { ...WHERE, script_name: "secrets" }), { status: 404 });
    const bindings = await all(scripts().bindings.get("secrets", WHERE));
    assert.deepEqual(bindings, [{ name: "ONE", type: "secret_text" }]);
  });

  test("tags: update, list, delete", async () => {
    await made("tagged", { tags: ["old"] });
    assert.deepEqual(await all(scripts().tags.update("tagged", { ...WHERE, body: ["plan:pro", "eu"] })), ["plan:pro", "eu"]);
    await scripts().tags.delete("plan:pro", { ...WHERE, script_name: "tagged" });
    assert.deepEqual(await all(scripts().tags.list("tagged", WHERE)), ["eu"]);
  });

  test("assetUpload: a session", async () => {
    await made("assets");
    const manifest = { "/index.html": { hash: "0123456789abcdef0123456789abcdef", size: 5 } };
    const { jwt, buckets } = await scripts().assetUpload.create("assets", { ...WHERE, manifest });
    assert.equal(jwt.split(".").length, 3);
    assert.deepEqual(buckets, [["0123456789abcdef0123456789abcdef"]]);
  });
});
