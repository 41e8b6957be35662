// `wrangler dispatch-namespace`, and `wrangler whoami`.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ACCOUNT, NAMESPACE } from "./clients.mjs";

export default (clients) => describe("wrangler dispatch-namespace", () => {
  test("create, list, get, rename, delete", async () => {
    const { home, ran, failed } = clients();
    const run = (...args) => ran(home, "dispatch-namespace", ...args);
    const created = await run("create", "customers");
    const [id] = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(created) ?? assert.fail(created);
    assert.match(await failed(home, "dispatch-namespace", "create", "customers"), /customers.*\[code: 100120\]/s);
    assert.match(await failed(home, "dispatch-namespace", "create", "Customers"), /a-z, 0-9.*\[code: 10016\]/s);
    const list = await run("list");
    for (const part of ["customers", NAMESPACE, id]) assert.ok(list.includes(part), list);
    const got = await run("get", "customers");
    for (const part of ["namespace_name: 'customers'", id, "script_count: 0"]) assert.ok(got.includes(part), got);
    await run("rename", "customers", "clients");
    assert.ok((await run("get", "clients")).includes(id), "it is the same one");
    assert.match(await failed(home, "dispatch-namespace", "get", "customers"), /\[code: 100119\]/);
    await run("delete", "clients");
    assert.ok(!(await run("list")).includes(id));
  });

  test("its scripts come along when it is renamed, and are gone when it is deleted", async () => {
    const { home, project, ran, host } = clients();
    const served = async (namespace) => (await host.fetch(`/dispatch/${namespace}/plain/`)).status;
    await ran(home, "dispatch-namespace", "create", "one");
    await ran(project("plain"), "deploy", "--dispatch-namespace", "one");
    assert.equal(await served("one"), 200);
    await ran(home, "dispatch-namespace", "rename", "one", "two");
    assert.deepEqual([await served("two"), await served("one")], [200, 404]);
    await ran(home, "dispatch-namespace", "delete", "two");
    assert.equal(await served("two"), 404);
    await ran(home, "dispatch-namespace", "create", "two");
    assert.equal(await served("two"), 404, "another one of the name has none of its scripts");
    await ran(home, "dispatch-namespace", "delete", "two");
  });

  test("whoami tells the account, and needs none to be set", async () => {
    const { home, wrangler, ran } = clients();
    assert.match(await ran(home, "whoami"), /dynamic-loader/);
    const { code, out } = await wrangler(home, ["dispatch-namespace", "list"], { CLOUDFLARE_ACCOUNT_ID: "" });
    assert.equal(code, 0, out);
    assert.ok(out.includes(NAMESPACE), out);
    assert.ok(!out.includes(ACCOUNT));
  });
});
