// Scripts of patterns are made, told, changed and deleted by one call each; an id that nobody made is nothing.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { TOKEN, startPatterns } from "./patterns.mjs";

describe("publishing", () => {
  let host, api, manage, ask;
  before(async () => ({ api, manage, ask } = host = await startPatterns()));
  after(() => host?.dispose());

  test("an id that nobody made is a 404, which loads nothing and leaves nothing", async () => {
    for (const path of ["/tenant/nobody", "/tenant/nobody/", "/tenant/nobody/x?y"]) {
      const { json } = await ask(path, { status: path === "/tenant/nobody" ? 308 : 404 });
      if (json) assert.equal(json.error.code, "not_found");
    }
    const told = await manage("GET", "/tenant/nobody", undefined, { status: 404 });
    assert.equal(told.error.code, "not_found");
    await manage("DELETE", "/tenant/nobody", undefined, { status: 404 });
    await ask("/tenant/No.Name/", { status: 404 });
    await ask("/tenant/", { status: 404 });
    assert.deepEqual((await api("GET", NAMESPACES)).result, [], "not even the namespace");
    const bucket = await host.miniflare.getR2Bucket("BUNDLES");
    assert.deepEqual((await bucket.list()).objects, []);
  });

  test("what manages takes a token, and the worker is for everybody", async () => {
    for (const method of ["PUT", "DELETE"]) {
      const body = method === "PUT" ? { name: "Acme" } : undefined;
      for (const token of [null, "wrong"]) {
        const { error } = await manage(method, "/tenant/acme", body, { token, status: 401 });
        assert.equal(error.code, "unauthorized");
      }
    }
    assert.deepEqual((await api("GET", NAMESPACES)).result, []);
    const made = await manage("PUT", "/tenant/acme", { name: "Acme" }, { status: 201 });
    assert.equal(made.url, `${host.url}tenant/acme`);
    assert.equal(made.versions.length, 1);
    const { json, headers } = await ask("/tenant/acme/");
    assert.deepEqual(json, { tenant: "Acme", message: "Welcome to Acme.", requests: 1 });
    assert.match(headers.get("x-worker-key"), /^tenant\/acme@/);
    assert.equal(headers.get("x-worker-version"), made.versions[0].version_id);
    assert.equal((await ask("/tenant/acme?x=1", { status: 308 })).headers.get("location"), "/tenant/acme/?x=1");
  });

  test("a token that only reads reads, and one of another namespace does not", async () => {
    const token = async (fields) => (await api("POST", "/accounts/acc/tokens", { name: "t", ...fields })).result.value;
    const reader = await token({ permission: "read", namespaces: ["tenant"] });
    const writer = await token({ permission: "write", namespaces: ["tenant"] });
    await api("POST", NAMESPACES, { name: "other" });
    const other = await token({ permission: "write", namespaces: ["other"] });
    assert.deepEqual((await manage("GET", "/tenant/acme", undefined, { token: reader })).document, { name: "Acme" });
    await manage("PUT", "/tenant/acme", { name: "B" }, { token: reader, status: 403 });
    await manage("PUT", "/tenant/acme", { name: "B" }, { token: other, status: 403 });
    await manage("DELETE", "/tenant/acme", undefined, { token: other, status: 403 });
    await manage("GET", "/tenant/acme", undefined, { token: other, status: 403 });
    await manage("PUT", "/tenant/two", { name: "Two" }, { token: writer, status: 201 });
    await manage("DELETE", "/tenant/two", undefined, { token: writer });
    await ask("/tenant/two/", { status: 404 });
  });

  test("a changed document is a new version, live at once; the control API and the dispatch know it", async () => {
    const document = { name: "Acme", message: "Hello.", settings: { plan: "pro" } };
    const { versions } = await manage("PUT", "/tenant/acme", document, { status: 200 });
    assert.equal((await ask("/tenant/acme/")).json.message, "Hello.");
    assert.deepEqual((await ask("/tenant/acme/settings")).json, { plan: "pro" });
    assert.equal((await ask("/dispatch/tenant/acme/")).json.message, "Hello.");
    const told = await manage("GET", "/tenant/acme");
    assert.deepEqual([told.id, told.document, told.versions], ["acme", document, versions]);
    const { items } = (await api("GET", `${NAMESPACES}/tenant/scripts/acme/versions`)).result;
    assert.deepEqual([items.length, items[0].id], [2, versions[0].version_id]);
    const old = await ask(`/tenant/acme@${items[1].id.slice(0, 8)}/`);
    assert.equal(old.json.message, "Welcome to Acme.", "a preview of the version before");
    await ask(`/tenant/acme@${items[1].id.slice(0, 8)}`, { method: "PUT", body: "{}" });
    assert.equal((await ask("/tenant/acme/")).json.message, "Hello.", "a preview is none that could be changed");
  });

  test("a secret that a script was given stays when its document changes", async () => {
    const scripts = `${NAMESPACES}/tenant/scripts/acme`;
    await api("PUT", `${scripts}/secrets`, { name: "KEY", text: "hush", type: "secret_text" });
    await manage("PUT", "/tenant/acme", { name: "Acme", message: "Hello.", settings: { plan: "max" } });
    const names = (await api("GET", `${scripts}/bindings`)).result.map(({ name }) => name).sort();
    assert.deepEqual(names, ["KEY", "TENANT"]);
    assert.deepEqual((await ask("/tenant/acme/settings")).json, { plan: "max" });
  });

  test("many who make the same at once make it", async (t) => {
    const another = await startPatterns();
    t.after(() => another.dispose());
    await Promise.all(Array.from({ length: 24 }, () => another.ask("/metrics")));
    const answers = await Promise.all(Array.from({ length: 24 }, (_, at) => another.manage("PUT", `/tenant/race-${at % 3}`, { name: `N${at}` })));
    assert.equal(new Set(answers.map(({ versions }) => versions[0].version_id)).size, 24);
    const variants = [{ name: "a", percentage: 50 }, { name: "b", percentage: 50 }];
    await Promise.all(Array.from({ length: 4 }, () => another.manage("PUT", "/test/race", { variants })));
    assert.equal((await another.manage("GET", "/test/race")).versions.length, 2);
  });

  test("what is wrong with a document is told, all of it, and changes nothing", async () => {
    const refused = async (body) => (await manage("PUT", "/tenant/acme", body, { status: 400 })).error;
    const { code, message } = await refused({ name: 5, settings: [], plan: 1 });
    assert.equal(code, "invalid_document");
    for (const part of ["name has to be", "settings has to be an object", '"plan" is no field']) assert.ok(message.includes(part), message);
    assert.match((await refused("{")).message, /not JSON/);
    await manage("PUT", "/tenant/acme", `{"name":"${"x".repeat(1 << 20)}"}`, { status: 413 });
    assert.equal((await ask("/tenant/acme/")).json.message, "Hello.");
  });

  test("all below the id is the worker's, whatever the method and the token", async () => {
    await ask("/tenant/acme/", { method: "PUT", body: "{}" });
    await ask("/tenant/acme/", { method: "DELETE" });
    assert.equal((await ask("/tenant/acme/x", { status: 404 })).json.error.message, "Acme has nothing at /x.");
    const { json } = await ask("/tenant/acme/", { headers: { authorization: `Bearer ${TOKEN}` } });
    assert.equal(json.tenant, "Acme");
  });

  test("a deleted one is gone, and comes back as another", async () => {
    assert.deepEqual(await manage("DELETE", "/tenant/acme"), { id: "acme", deleted: true });
    await ask("/tenant/acme/", { status: 404 });
    await manage("GET", "/tenant/acme", undefined, { status: 404 });
    await manage("PUT", "/tenant/acme", { name: "Acme" }, { status: 201 });
    assert.equal((await ask("/tenant/acme/")).json.requests, 1, "in an isolate of its own");
  });
});
