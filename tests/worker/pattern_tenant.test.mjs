// Tenants are separated: a tenant with code of its own, which tries.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { scriptsOf } from "./dispatch.mjs";
import { TOKEN, startPatterns } from "./patterns.mjs";

const SECRET = "only-acme-may-know-this";

// Does what it is asked, as somebody would who wants to know of others, and tells what came of it.
const MALLORY = `
import * as workers from "cloudflare:workers";
const tries = {
  env: (env, ctx) => [env, workers.env, ctx.props, globalThis.process?.env],
  exports: (env, ctx) => Object.keys(ctx.exports ?? {}),
  stubs: async (env, ctx) => Promise.all(Object.values(ctx.exports ?? {}).map(async (stub) => {
    try { return await (await stub({ props: { script: "acme" } }).fetch("https://x/")).text(); } catch (error) { return error.message; }
  })),
  storage: (env, ctx) => [typeof ctx.storage, typeof ctx.facets, typeof ctx.container],
  remember: (env, ctx, text) => ((globalThis.kept = text), (Object.prototype.kept = text), "kept"),
  recall: () => [globalThis.kept, ({}).kept],
  put: async (env, ctx, text) => {
    for (const cache of [caches.default, await caches.open("shared")]) {
      await cache.put("https://shared.example/x", new Response(text, { headers: { "cache-control": "max-age=600" } }));
    }
    return "put";
  },
  match: async () => {
    const found = [];
    for (const cache of [caches.default, await caches.open("shared")]) found.push(await (await cache.match("https://shared.example/x"))?.text());
    return found;
  },
  log: (env, ctx, text) => (console.log(text), "logged"),
  fetch: async (env, ctx, url) => (await fetch(url)).text(),
};
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    try {
      return Response.json({ told: (await tries[pathname.slice(1)](env, ctx, searchParams.get("text"))) ?? null });
    } catch (error) {
      return Response.json({ refused: error.message });
    }
  },
};`;

describe("tenants", () => {
  let host, manage, ask, scripts;
  const tried = async (tenant, path) => (await ask(`/tenant/${tenant}/${path}`)).json;
  before(async () => {
    ({ manage, ask } = host = await startPatterns());
    scripts = scriptsOf(host, "tenant", TOKEN);
    await manage("PUT", "/tenant/acme", { name: "Acme", settings: { secret: SECRET } });
    for (const name of ["mallory", "mallet"]) await scripts.deploy(name, MALLORY, { tail: true });
    assert.deepEqual((await ask("/tenant/acme/settings")).json, { secret: SECRET });
  });
  after(() => host?.dispose());

  test("env: a tenant's own and nothing else; no entrypoint of the host", async () => {
    for (const attempt of ["env", "exports", "stubs", "storage"]) {
      const told = await tried("mallory", attempt);
      assert.ok(!JSON.stringify(told).includes(SECRET) && !JSON.stringify(told).includes(TOKEN), JSON.stringify(told));
    }
    const { told } = await tried("mallory", "env");
    assert.deepEqual(told.slice(0, 3).map((env) => env ?? {}), [{}, {}, {}]);
    assert.deepEqual((await tried("mallory", "storage")).told, ["undefined", "undefined", "undefined"]);
  });

  test("memory: the same code of two tenants runs in two isolates", async () => {
    await tried("mallory", "remember?text=mine");
    assert.deepEqual((await tried("mallory", "recall")).told, ["mine", "mine"], "or this test would prove nothing");
    assert.deepEqual((await tried("mallet", "recall")).told, [null, null]);
    await manage("PUT", "/tenant/twin-1", { name: "Twin" });
    await manage("PUT", "/tenant/twin-2", { name: "Twin" });
    for (let i = 0; i < 5; i++) await ask("/tenant/twin-1/");
    assert.equal((await ask("/tenant/twin-2/")).json.requests, 1, "of one template and one document");
    const [one, two] = [await ask("/tenant/twin-1/"), await ask("/tenant/twin-2/")];
    assert.notEqual(one.headers.get("x-worker-key"), two.headers.get("x-worker-key"));
  });

  test("cache: a dynamic worker has none that it could share", async () => {
    for (const tenant of ["mallory", "mallet"]) {
      assert.deepEqual(await tried(tenant, "put?text=cached"), { refused: "No Cache was configured" });
      assert.deepEqual(await tried(tenant, "match"), { refused: "No Cache was configured" });
    }
  });

  test("network: a tenant reaches neither another one nor the host", async () => {
    for (const path of ["tenant/acme/settings", "client/v4/accounts", "metrics"]) {
      const told = await tried("mallory", `fetch?text=${host.url}${path}`);
      assert.ok(told.refused && !JSON.stringify(told).includes(SECRET), JSON.stringify(told));
    }
  });

  test("logs: a line is of the tenant that wrote it, and goes to the operator", async () => {
    await tried("mallory", "log?text=from-mallory");
    await tried("mallet", "log?text=from-mallet");
    // In quotes, as the operator reads it: the runtime prints the bare line by itself, and earlier.
    await host.logged(/"from-mallet"/);
    await host.logged(/"from-mallory"/);
    for (const name of ["mallory", "mallet"]) {
      const lines = host.log().split("\n").filter((line) => line.includes(`"from-${name}"`));
      assert.ok(lines.length > 0, host.log());
      for (const line of lines) assert.ok(line.includes(`"script":"${name}"`), line);
    }
  });
});
