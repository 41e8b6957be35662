// KV namespaces of scripts: as Cloudflare's, and nobody else's.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startScripts, text, wait } from "./dispatch.mjs";
import { compare } from "./stores/compared.mjs";
import { until } from "./until.mjs";

const KV = { name: "KV", type: "kv_namespace", namespace_id: "0123456789abcdef0123456789abcdef" };
const bound = { bindings: [KV] };

/** A script that does what it is asked: PUT, GET, DELETE a key; GET / lists. */
const SCRIPT = `export default { async fetch(request, env) {
  const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
  if (key === "") return Response.json((await env.KV.list()).keys.map(({ name }) => name));
  if (request.method === "PUT") return new Response(await env.KV.put(key, request.body));
  if (request.method === "DELETE") return new Response(await env.KV.delete(key));
  const value = await env.KV.get(key);
  return new Response(value ?? "none", { status: value === null ? 404 : 200 });
} };`;

describe("a KV namespace", () => {
  let host;
  before(async () => (host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 0, KV_SWEEP_MS: 100 } })));
  after(() => host?.dispose());
  const put = async (path, body) => text(await host.ask(path, { method: "PUT", body }));

  test("answers each call as Cloudflare's does", async () => {
    // Of a text that is none the runtime writes the bytes of its half pairs, which nobody can read: here it is made a text first.
    await compare(host, "kv_calls.js", { binding: KV, options: { kvNamespaces: ["KV"] }, count: 118, known: { "value of a lone surrogate": true } });
  });

  test("is the script's own: another one, of the same name and id, has none of it", async () => {
    for (const name of ["one", "two"]) await host.deploy(name, SCRIPT, bound);
    await put("one/key", "of one");
    await put("two/key", "of two");
    await put("one/secret", "x");
    assert.equal(await text(await host.ask("one/key")), "of one");
    assert.deepEqual([await text(await host.ask("two/key")), await text(await host.ask("two/secret"), 404)], ["of two", "none"]);
    assert.deepEqual(JSON.parse(await text(await host.ask("two/"))), ["key"]);
    // Two ids of one script are two stores, and two bindings of one id are one.
    await host.deploy("three", `export default { async fetch(request, env) {
      await env.A.put("k", "a"); await env.C.put("k", "c");
      return Response.json([await env.A.get("k"), await env.B.get("k"), await env.C.get("k")]); } };`, {
      bindings: [{ ...KV, name: "A" }, { ...KV, name: "B" }, { ...KV, name: "C", namespace_id: "another" }],
    });
    assert.deepEqual(JSON.parse(await text(await host.ask("three/"))), ["a", "a", "c"]);
  });

  test("cannot be used for what is another's, whatever is called and with what", async () => {
    await host.deploy("victim", SCRIPT, bound);
    await put("victim/key", "the victim's");
    await host.deploy("attacker", `export default { async fetch(request, env, ctx) {
      const stub = env.KV;
      const told = [];
      const attempt = async (what) => { try { told.push(JSON.stringify(await what()) ?? "undefined"); } catch (error) { told.push("threw"); } };
      const forged = { namespace_id: "x", script: "victim", incarnation: "y", id: "z" };
      for (const key of ["../victim/key", "victim/key", "key", "\\u0000key", "%2e%2e/victim/key"]) await attempt(() => stub.get(key));
      for (const call of ["read", "write", "remove", "list", "fetch", "wipe", "alarm"]) await attempt(() => stub[call](forged));
      await attempt(() => stub.get.call({ ctx: { props: forged } }, "key"));
      await attempt(() => new stub.constructor(forged).get("key"));
      await attempt(() => ctx.exports?.Kv?.({ props: forged }).read(["key"]));
      await attempt(() => { stub.ctx = { props: forged }; return stub.get("key"); });
      return Response.json(told);
    } };`, bound);
    const told = JSON.parse(await text(await host.ask("attacker/")));
    assert.equal(told.length, 16);
    const own = '{"keys":[],"list_complete":true,"cacheStatus":null}';
    assert.ok(told.every((one) => ["null", "threw", "undefined", own].includes(one)), JSON.stringify(told));
    assert.equal(await text(await host.ask("victim/key")), "the victim's");
  });

  test("the object refuses what our module would not have asked", async () => {
    const objects = await host.miniflare.getDurableObjectNamespace("KVS");
    const store = objects.get(objects.idFromName("made/up/1/kv/x"));
    for (const call of [
      () => store.write("k".repeat(513), new Uint8Array(1), null, null), () => store.write("k", "text", null, null), () => store.write("", new Uint8Array(1), null, null),
      () => store.write("k", new Uint8Array(1), "m".repeat(1025), null), () => store.write("k", new Uint8Array(1), null, "soon"),
      () => store.read("k"), () => store.read(Array(101).fill("k")), () => store.list("", 1001, ""), () => store.list("", 0, ""), () => store.list("", 10, "%"),
    ]) await assert.rejects(async () => call(), `${call}`);
    assert.deepEqual(await store.read(["k"]), [null], "and nothing was written");
  });

  test("what has expired is not seen any more, and then not there", async () => {
    const objects = await host.miniflare.getDurableObjectNamespace("KVS");
    const store = objects.get(objects.idFromName("made/up/2/kv/x"));
    const usage = async () => (await store.fetch("https://object/", { method: "POST", body: '{"op":"usage"}' })).json();
    assert.deepEqual(await usage(), { keys: 0, bytes: 0 });
    const soon = Math.floor(Date.now() / 1000) + 4;
    // An alarm that is planned for much later does not keep it.
    await store.write("year", new Uint8Array(), null, soon + 31_536_000);
    await store.write("late", new Uint8Array(5), null, soon);
    await store.write("stays", new Uint8Array(7), null, null);
    assert.deepEqual(await usage(), { keys: 3, bytes: 25 });
    assert.equal((await store.read(["late"]))[0][0].length, 5);
    while (Date.now() / 1000 < soon) await wait(50);
    assert.deepEqual((await store.read(["late", "stays"])).map((found) => found !== null), [false, true]);
    assert.deepEqual((await store.list("", 10, "")).keys.map(([name]) => name), ["stays", "year"]);
    await until(async () => (await usage()).keys === 2, "it is deleted");
  });

  test("is there after a new version, goes with its script, and a new one of the name finds none of it", async () => {
    await host.deploy("app", SCRIPT, bound);
    await put("app/key", "kept");
    await host.deploy("app", `${SCRIPT} // another`, bound);
    assert.equal(await text(await host.ask("app/key")), "kept");
    await host.deploy("app", SCRIPT, {});
    await host.deploy("app", SCRIPT, bound);
    assert.equal(await text(await host.ask("app/key")), "kept", "by a version without the binding, too");
    await host.remove("app");
    await host.deploy("app", SCRIPT, bound);
    assert.equal(await text(await host.ask("app/key"), 404), "none");
  });

  test("a script is tried without a store", async () => {
    const { errors } = await host.api("PUT", "/accounts/local/workers/dispatch/namespaces/tenants/scripts/early", form(`import { env } from "cloudflare:workers"; await env.KV.put("a", "b"); ${SCRIPT}`), { status: 400 });
    assert.match(errors[0].message, /global scope|while a script is tried/);
    for (const [id, says] of [[undefined, /namespace_id/], ["a/b", /namespace_id/]]) {
      const wrong = await host.api("PUT", "/accounts/local/workers/dispatch/namespaces/tenants/scripts/early", form(SCRIPT, { ...KV, namespace_id: id }), { status: 400 });
      assert.match(wrong.errors[0].message, says);
    }
  });
});

const form = (source, binding = KV) => {
  const form = new FormData();
  form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: "2026-07-01", bindings: [binding] }));
  form.set("index.js", new File([source], "index.js", { type: "application/javascript+module" }));
  return form;
};

test("what a script that is gone had stored is deleted, and what a worker of it writes yet is refused", async () => {
  const persist = mkdtempSync(join(tmpdir(), "kv-"));
  const host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 0 }, extra: { durableObjectsPersist: persist, r2Persist: persist } });
  try {
    // Writes when it is told to, long after the script is gone.
    await host.deploy("app", `let go; export default { async fetch(request, env) {
      if (new URL(request.url).pathname === "/go") { go?.(); return new Response("gone"); }
      await env.KV.put("before", "x");
      console.log("it has begun");
      await new Promise((resolve) => setTimeout(resolve, 4000));
      try { await env.KV.put("after", "y"); return new Response("written"); } catch (error) { return new Response(error.message); }
    } };`, bound);
    const late = host.ask("app/");
    await host.logged(/it has begun/);
    await host.remove("app");
    assert.match(await text(await late), /not there any more/);
  } finally {
    await host.dispose();
    rmSync(persist, { recursive: true, force: true });
  }
});
