// How much scripts may store, and how often they may ask for it: what the quota of their namespace says.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { TOKEN, scriptsOf, startScripts, text, wait } from "./dispatch.mjs";
import { bound } from "./stores/bound.mjs";

const SCRIPT = `import { DurableObject } from "cloudflare:workers";
const STEPS = {
  "kv put": ({ KV }, n = 0) => KV.put("key" + n, "value"),
  "kv get": ({ KV }) => KV.get("key"),
  "kv delete": ({ KV }, n = 0) => KV.delete("key" + n),
  "d1 write": ({ DB }) => DB.exec("CREATE TABLE IF NOT EXISTS t (a)"),
  "d1 read": ({ DB }) => DB.prepare("SELECT 1 AS a").first("a"),
  "d1 rows": ({ DB }) => DB.prepare("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i FROM n").all().then(({ meta }) => meta.rows_read),
  "r2 put": ({ FILES }, n = 0) => FILES.put("file" + n, "value"),
  "r2 get": ({ FILES }) => FILES.head("file"),
  "r2 delete": ({ FILES }, n = 0) => FILES.delete("file" + n),
  "object": ({ ROOMS }) => ROOMS.getByName("room").hello(),
  "queue": ({ JOBS }) => JOBS.send(1),
};
export class Room extends DurableObject { hello() { return "hello"; } }
export default { async fetch(request, env) {
  const [step, n] = await request.json();
  try { return new Response(JSON.stringify((await STEPS[step](env, n)) ?? null)); } catch (error) { return new Response(error.message, { status: 422 }); }
} };`;

describe("a quota", () => {
  let host;
  let api;
  before(async () => {
    host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 0, USAGE_TTL_MS: 0 } });
    api = apiOf(host, TOKEN);
  });
  after(() => host?.dispose());
  const quota = async (patch) => (await api("PATCH", `${NAMESPACES}/tenants/quota`, patch)).result;
  const none = { storage: null, script_storage: null };
  const step = (name, ...asked) => host.ask(`${name}/`, { method: "POST", body: JSON.stringify(asked) });
  const done = async (name, ...asked) => text(await step(name, ...asked));
  const refused = async (name, asked, says) => assert.match(await text(await step(name, asked), 422), says, asked);
  // What is told to the Directory and from there is there in a moment.
  const until = async (body) => {
    for (let i = 0; ; i += 1) {
      try {
        return await body();
      } catch (error) {
        if (i === 100) throw error;
        await wait(20);
      }
    }
  };

  test("of keys and bytes of a script: nothing more is stored, what is there can be read and deleted", async () => {
    await host.deploy("one", SCRIPT, bound);
    await host.deploy("other", SCRIPT, bound);
    for (const n of [1, 2]) await done("one", "kv put", n);
    await done("one", "r2 put", 1);
    await quota({ ...none, script_storage: { keys: 3 } });
    await until(() => refused("one", "kv put", /^KV PUT failed: 413.*quota of this script is 3 keys/));
    await refused("one", "r2 put", /^put: the quota of this script is 3 keys.*\(10069\)$/);
    await refused("one", "d1 write", /^D1_EXEC_ERROR.*Exceeded maximum DB size|quota of this script is 3 keys/);
    await refused("one", "object", /^Durable Object is overloaded: the quota of this script/);
    for (const reads of ["kv get", "d1 read", "r2 get"]) await done("one", reads);
    await done("other", "kv put", 1);
    await done("one", "kv delete", 1);
    await until(() => done("one", "kv put", 3));
    await quota({ ...none, script_storage: { bytes: 20 } });
    await until(() => refused("one", "kv put", /quota of this script is 20 bytes/));
    await quota(none);
    await until(() => done("one", "kv put", 4));
  });

  test("of a namespace: what all its scripts store together", async () => {
    for (const name of ["a", "b"]) {
      await host.deploy(name, SCRIPT, bound);
      await done(name, "kv put", 1);
    }
    await quota({ ...none, storage: { keys: 1_000_000 } });
    await until(async () => {
      for (const name of ["a", "b"]) await done(name, "kv put", 1);
      assert.ok((await quota(none)).stored_keys >= 2);
      await quota({ storage: { keys: 1_000_000 } });
    });
    const { stored_keys, stored_bytes } = (await api("GET", `${NAMESPACES}/tenants/quota`)).result;
    assert.ok(stored_bytes > 0);
    await quota({ ...none, storage: { keys: stored_keys } });
    for (const name of ["a", "b"]) await until(() => refused(name, "kv put", new RegExp(`quota of this namespace is ${stored_keys} keys`)));
    await quota(none);
  });

  test("of operations a minute, in all that a script stores", async () => {
    await host.deploy("busy", SCRIPT, bound);
    await done("busy", "d1 read");
    await quota({ ...none, script_storage: { operations_per_minute: 20 } });
    // A minute that ends meanwhile would begin another count.
    if (Date.now() % 60_000 > 50_000) await wait(11_000);
    await until(async () => {
      for (let i = 0; i < 25; i += 1) await step("busy", "kv get");
      await refused("busy", "kv get", /^KV GET failed: 429 Too Many Requests/);
    });
    await refused("busy", "d1 read", /^D1_ERROR: Too many requests: .* more in \d+ seconds/);
    await refused("busy", "r2 get", /^head: there were enough operations.*\(10058\)$/);
    await refused("busy", "object", /^Durable Object is overloaded: there were enough operations/);
    await refused("busy", "queue", /^Queue send failed: Too Many Requests/);
    await quota(none);
    await until(() => done("busy", "kv get"));
  });

  test("counts the rows of D1", async () => {
    await host.deploy("rows", SCRIPT, bound);
    if (Date.now() % 60_000 > 50_000) await wait(11_000);
    await quota({ ...none, script_storage: { operations_per_minute: 40 } });
    await until(async () => {
      await done("rows", "d1 rows");
      await wait(100);
      await refused("rows", "d1 read", /Too many requests/);
    });
    await quota(none);
  });

  test("what is stored is in the metrics, for whoever has a token", async () => {
    await host.deploy("counted", SCRIPT, bound);
    // One that never had a quota.
    const unseen = scriptsOf(host, "unseen", TOKEN);
    await unseen.create();
    await unseen.deploy("free", SCRIPT, bound);
    const scraped = async (token) => {
      const answer = await host.fetch("/metrics", { headers: { accept: "text/plain;version=0.0.4;q=0.3", ...(token && { authorization: `Bearer ${token}` }) } });
      return [answer.status, await answer.text(), answer.headers.get("content-type")];
    };
    await quota(none);
    await until(async () => {
      await done("counted", "kv put", 1);
      const [, body] = await scraped(TOKEN);
      assert.match(body, /^dynamic_loader_stored_keys\{namespace="tenants"\} [1-9]\d*$/m, body);
    });
    await quota({ storage: { bytes: 1_000_000_000 } });
    const [status, body, type] = await scraped(TOKEN);
    assert.deepEqual([status, type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
    assert.match(body, /^# TYPE dynamic_loader_stored_bytes gauge$/m);
    assert.match(body, /^dynamic_loader_stored_bytes\{namespace="tenants"\} [1-9]\d*$/m);
    assert.match(body, /^dynamic_loader_stored_bytes_limit\{namespace="tenants"\} 1000000000$/m);
    assert.match(body, /^dynamic_loader_scripts\{namespace="unseen"\} 1$/m);
    await until(async () => {
      await text(await unseen.ask("free/", { method: "POST", body: '["kv put",1]' }));
      assert.match((await scraped(TOKEN))[1], /^dynamic_loader_stored_keys\{namespace="unseen"\} [1-9]\d*$/m);
    });
    assert.ok(body.split("\n").every((line) => line === "" || /^# (?:HELP|TYPE) [a-z_]+ .+$|^[a-z_]+\{namespace="[a-z0-9_-]+"(?:,[a-z]+="[^"]*")*\} \d+(?:\.\d{3})?$/.test(line)), body);
    const { result } = await api("POST", "/accounts/any/tokens", { name: "one", permission: "read", namespaces: ["tenants"] });
    assert.doesNotMatch((await scraped(result.value))[1], /unseen/);
    assert.equal((await scraped())[0], 401);
    assert.equal((await (await host.fetch("/metrics")).json()).activeConnections, 1, "without that header it is as it was");
    await quota(none);
  });

  test("is what it can be, and shown", async () => {
    const told = await quota({ storage: { bytes: 1000, operations_per_minute: 5 }, script_storage: { keys: 7 } });
    assert.deepEqual([told.storage, told.script_storage], [{ bytes: 1000, operations_per_minute: 5 }, { keys: 7 }]);
    for (const [patch, says] of [[{ storage: { bytes: 0 } }, /storage.bytes has to be/], [{ storage: 5 }, /storage has to be an object/], [{ script_storage: { rows: 5 } }, /no rows/], [{ store: {} }, /A quota has scripts/]]) {
      await assert.rejects(quota(patch), says);
    }
    assert.deepEqual((await quota({ storage: null })).script_storage, { keys: 7 }, "the other stays");
    assert.deepEqual((await quota(none)).storage, null);
  });
});
