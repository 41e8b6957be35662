// Versions and deployments of a script. Cloudflare has them for ordinary Workers only, so the npm package's calls go to
// those paths; what turns them to a script's is in this one function, and all else of the package is as it is.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import Cloudflare, { toFile } from "cloudflare";
import { ACCOUNT, NAMESPACE } from "./clients.mjs";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ISO = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const NAME = "rollout";
const turned = (url, init) => fetch(String(url).replace("/workers/scripts/", `/workers/dispatch/namespaces/${NAMESPACE}/scripts/`), init);

export default (clients) => describe("versions and deployments, by the calls for ordinary Workers", () => {
  let scripts;
  const at = { account_id: ACCOUNT };
  const of = { ...at, script_name: NAME };
  const file = (text) => toFile(Buffer.from(`export default { fetch: (request, env) => new Response(${text}) };\n`), "index.js", { type: "application/javascript+module" });
  const metadata = { main_module: "index.js", compatibility_date: "2026-07-01" };
  const upload = async (text, more = {}) =>
    scripts.versions.create(NAME, { ...at, metadata: { ...metadata, ...more }, files: [await file(text)] });
  const deploy = (...versions) =>
    scripts.deployments.create(NAME, { ...at, strategy: "percentage", versions: versions.map(([version_id, percentage]) => ({ version_id, percentage })) });
  const answers = async (count, init = (i) => ({ headers: { "cloudflare-workers-version-key": `visitor-${i}` } })) => {
    const found = {};
    for (let i = 0; i < count; i++) {
      const { text } = await clients().served(NAME, "/", init(i));
      found[text] = (found[text] ?? 0) + 1;
    }
    return found;
  };
  const versions = [];

  test("an upload is a version, which is not live yet", async () => {
    scripts = new Cloudflare({ apiToken: clients().token, baseURL: clients().sdk.baseURL, maxRetries: 0, fetch: turned }).workers.scripts;
    const namespaces = clients().sdk.workersForPlatforms.dispatch.namespaces;
    await namespaces.scripts.update(NAME, { ...at, dispatch_namespace: NAMESPACE, metadata, files: [await file('"one"')] });
    const second = await upload('"two"', { annotations: { "workers/message": "the second", "workers/tag": "v2" } });
    assert.match(second.id, UUID);
    assert.deepEqual([second.number, second.metadata.source], [2, "api"]);
    assert.match(second.metadata.created_on, ISO);
    assert.deepEqual(second.resources.script.handlers, ["fetch"]);
    assert.equal(second.resources.script_runtime.compatibility_date, "2026-07-01");
    assert.ok(second.startup_time_ms >= 0);
    assert.deepEqual(await answers(3), { one: 3 });

    const list = await scripts.versions.list(NAME, at);
    const { items } = list.result;
    assert.deepEqual(items.map(({ number }) => number), [2, 1]);
    assert.equal(items[0].id, second.id);
    versions.push(...items.map(({ id }) => id).reverse());
    const got = await scripts.versions.get(second.id, of);
    assert.deepEqual(got.resources.script.etag, second.resources.script.etag);
    assert.deepEqual(got.annotations, { ...got.annotations, "workers/message": "the second", "workers/tag": "v2" });
    await assert.rejects(scripts.versions.get("00000000-0000-4000-8000-000000000000", of), { status: 404 });
  });

  test("pages, newest first", async () => {
    const [first, second] = versions;
    const page = async (number) => (await scripts.versions.list(NAME, { ...at, page: number, per_page: 1 })).result.items.map(({ id }) => id);
    assert.deepEqual([await page(1), await page(2), await page(3)], [[second], [first], []]);
    assert.equal((await scripts.versions.list(NAME, { ...at, deployable: true, per_page: 1 })).result.items.length, 2, "all of them");
  });

  test("half of the visitors, all, and back, each in one call", async () => {
    const [first, second] = versions;
    const half = await deploy([second, 50], [first, 50]);
    assert.match(half.id, UUID);
    assert.deepEqual(half.versions, [{ version_id: second, percentage: 50 }, { version_id: first, percentage: 50 }]);
    const split = await answers(60);
    assert.ok(split.one > 10 && split.two > 10, JSON.stringify(split));
    assert.deepEqual(await answers(60), split, "who is where stays there");

    await deploy([second, 100]);
    assert.deepEqual(await answers(5), { two: 5 });
    await deploy([first, 100]);
    assert.deepEqual(await answers(5), { one: 5 });
  });

  test("the list of deployments, the live one first; one of them; the live one cannot be deleted", async () => {
    const { deployments } = (await scripts.deployments.list(NAME, at)).result;
    assert.deepEqual(deployments.map(({ versions: parts }) => parts.length), [1, 1, 2, 1]);
    assert.equal(deployments.at(-1).annotations["workers/triggered_by"], "upload");
    for (const { strategy, source, created_on } of deployments) {
      assert.deepEqual([strategy, typeof source], ["percentage", "string"]);
      assert.match(created_on, ISO);
    }
    const old = deployments.at(-2).id;
    assert.deepEqual(await scripts.deployments.get(old, of), deployments.at(-2));
    await assert.rejects(scripts.deployments.delete(deployments[0].id, of), (error) => error.status >= 400 && error.status < 500);
    assert.equal((await scripts.deployments.delete(old, of)).success, true);
    await assert.rejects(scripts.deployments.get(old, of), { status: 404 });
  });

  test("a version that is asked for: by an override, by a preview URL", async () => {
    const [first, second] = versions;
    await deploy([first, 90], [second, 10]);
    const override = { headers: { "cloudflare-workers-version-overrides": `${NAME}="${second}"` } };
    assert.deepEqual(await answers(3, () => override), { two: 3 });
    assert.equal((await clients().served(`${NAME}@${second.slice(0, 8)}`)).text, "two");
  });

  test("a deployment that cannot be is refused with all that is wrong", async () => {
    const [first, second] = versions;
    const codes = (error) => {
      assert.equal(error.status, 400);
      assert.ok(error.errors.length >= 1);
      return true;
    };
    await assert.rejects(deploy([first, 50], [second, 40]), codes);
    await assert.rejects(deploy([first, 50], ["00000000-0000-4000-8000-000000000000", 150]), (error) => codes(error) && error.errors.length >= 2);
    await assert.rejects(deploy(), codes);
  });

  test("a rollback over changed secrets asks first", async () => {
    const { sdk, served } = clients();
    const [first, second] = versions;
    const where = { ...at, dispatch_namespace: NAMESPACE };
    const secrets = sdk.workersForPlatforms.dispatch.namespaces.scripts.secrets;
    const secret = { ...where, name: "KEY", text: "one", type: "secret_text" };
    // A new secret is a version after the latest: it would put that live by the way.
    await deploy([first, 100]);
    await assert.rejects(secrets.update(NAME, secret), (error) => error.errors[0].code === 10215);
    await deploy([second, 100]);
    await secrets.update(NAME, secret);
    await assert.rejects(deploy([first, 100]), (error) => error.errors[0].code === 10220 && /KEY/.test(error.errors[0].message));
    assert.equal((await served(NAME)).text, "two", "nothing has changed");
    await scripts.deployments.create(NAME, { ...at, force: true, strategy: "percentage", versions: [{ version_id: first, percentage: 100 }] });
    assert.equal((await served(NAME)).text, "one");
  });
});
