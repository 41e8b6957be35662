// The bucket has something else than was stored, or half of it, or nothing: wherever the host reads it, it runs and tells what was
// uploaded, or nothing.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { encode } from "../../src/upload/bundle.js";
import { NAMESPACES } from "./api.mjs";
import { refused } from "./contract.mjs";
import { cache, fallback, says, text, version, withScripts } from "./dispatch.mjs";
import { until } from "./until.mjs";

const TTL = { bindings: { SNAPSHOT_TTL_MS: 60_000 } };
const at = (name) => `${NAMESPACES}/tenants/scripts/${name}`;
const EVIL = says("evil");

/** A bundle of one module, as it is stored. */
const bundle = (source, name = "index.js", kind = "js") => Buffer.concat(encode([{ name, kind, bytes: Buffer.from(source) }]));

/** The bucket, and the keys of a script in it that have this word in them, without their prefix. */
async function bucketOf(host, script, kind = "bundle") {
  const bucket = await host.miniflare.getR2Bucket("BUNDLES");
  const { result } = await host.api("GET", `${NAMESPACES}/tenants`);
  const prefix = `${result.namespace_id}/${script}/${kind}/`;
  const keys = async () => (await bucket.list({ prefix })).objects.map(({ key }) => key);
  return { bucket, keys };
}

/** What can have become of an object: from its bytes to others, or to none. */
const CHANGES = {
  "other code": () => bundle(EVIL),
  "other code of the same length": (bytes) => Buffer.from(bytes.toString("latin1").replace(/good/g, "evil"), "latin1"),
  "one byte": (bytes) => {
    bytes[bytes.length - 2] ^= 1;
    return bytes;
  },
  "its first half": (bytes) => bytes.subarray(0, bytes.length / 2),
  "no bytes": () => Buffer.alloc(0),
  "nothing at all": () => null,
};

/** Changes what is under a key; gives what puts it back. */
async function changed(bucket, key, change) {
  const before = Buffer.from(await (await bucket.get(key)).arrayBuffer());
  const after = change(Buffer.from(before));
  if (after === null) await bucket.delete(key);
  else await bucket.put(key, after);
  return () => bucket.put(key, before);
}

const incidents = async (host, name) => (await host.api("GET", `${at(name)}/incidents`)).result.incidents;

describe("a bundle that is not what was uploaded", () => {
  test("is never run: a 503 that can be tried again, and the operator's log says why; it is run when it is there again", () => withScripts(TTL, async (host) => {
    for (const [i, [what, change]] of Object.entries(CHANGES).entries()) {
      const name = `app${i}`;
      await host.deploy(name, says("good"));
      const { bucket, keys } = await bucketOf(host, name);
      const [key] = await keys();
      const back = await changed(bucket, key, change);
      for (const init of [{}, { method: "POST", body: "b" }]) {
        const answer = await host.ask(`${name}/`, init);
        assert.equal(answer.headers.get("retry-after"), "1");
        assert.doesNotMatch(await refused(answer, 503, "dynamic_worker_unavailable"), /bundle|digest/, what);
      }
      await host.logged(new RegExp(`A version of tenants/${name} failed: .*${key}`));
      await back();
      const answer = await host.ask(`${name}/`, { method: "POST", body: "b" });
      assert.deepEqual([await text(answer), cache(answer)], ["good", "cold"], what);
    }
  }));

  test("is another version's turn, which is told; and condemns nobody", () => withScripts(TTL, async (host) => {
    await host.deploy("app", says("one"));
    assert.equal(await text(await host.ask("app/")), "one");
    const { bucket, keys } = await bucketOf(host, "app");
    const [first] = await keys();
    const two = await host.deploy("app", says("two"));
    const [key] = (await keys()).filter((key) => key !== first);
    const back = await changed(bucket, key, CHANGES["other code"]);
    const answer = await host.ask("app/");
    assert.deepEqual([await text(answer), cache(answer)], ["one", "warm"]);
    assert.match(fallback(answer), /^tenants\/app@/);
    assert.deepEqual((await incidents(host, "app")).map(({ version_id, kind }) => [version_id, kind]), [[two, "unavailable"]]);
    await back();
    const after = await host.ask("app/");
    assert.deepEqual([await text(after), version(after), fallback(after)], ["two", two, null]);
    // What runs does not read it again.
    await changed(bucket, key, CHANGES["other code"]);
    const warm = await host.ask("app/");
    assert.deepEqual([await text(warm), cache(warm)], ["two", "warm"]);
  }));

  test("is put right by uploading the same again", () => withScripts(TTL, async (host) => {
    await host.deploy("app", says("good"));
    const { bucket, keys } = await bucketOf(host, "app");
    const [key] = await keys();
    for (const change of ["other code", "nothing at all"]) {
      await changed(bucket, key, CHANGES[change]);
      await host.deploy("app", says("good"));
      assert.deepEqual([await text(await host.ask("app/")), await keys()], ["good", [key]], change);
    }
    const { version } = await bucket.head(key);
    await host.deploy("app", says("good"));
    assert.equal((await bucket.head(key)).version, version, "what is there as it was is not written again");
  }));

  test("is not run as a service, nor as a Durable Object, nor by a queue", () => withScripts(TTL, async (host) => {
    await host.deploy("good", `import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
      export default class extends WorkerEntrypoint { fetch() { return new Response("good"); } }
      export class Room extends DurableObject { hello() { return "good"; } }`, { migrations: { new_tag: "v1", new_sqlite_classes: ["Room"] } });
    await host.deploy("caller", `export default { async fetch(request, env) {
      try { return new Response(await (await env.NEXT.fetch(request)).text()); } catch (error) { return new Response("threw: " + error.message); }
    } };`, { bindings: [{ type: "service", name: "NEXT", service: "good" }] });
    const { bucket, keys } = await bucketOf(host, "good");
    const back = await changed(bucket, (await keys())[0], () => bundle(says("evil")));
    for (const init of [{}, { method: "POST", body: "b" }]) {
      assert.equal(await text(await host.ask("caller/", init)), "threw: The code of tenants/good did not arrive: try again in a moment.");
    }
    await host.logged(/A version of tenants\/good failed: .*it is not what was stored/);
    await back();
    assert.equal(await text(await host.ask("caller/")), "good");

    await host.deploy("rooms", `import { DurableObject } from "cloudflare:workers";
      export default {
        async fetch(request, env) {
          if (request.method === "POST") { await env.JOBS.send(await request.text()); return new Response("sent"); }
          if (new URL(request.url).pathname === "/came") return Response.json((await env.LOG.list()).keys.map(({ name }) => name));
          try { return new Response(await env.ROOMS.getByName("a").hello()); } catch (error) { return new Response("threw: " + error.message); }
        },
        async queue(batch, env) { for (const { body } of batch.messages) await env.LOG.put("good " + body, ""); },
      };
      export class Room extends DurableObject { hello() { return "good"; } }`, {
      bindings: [
        { type: "durable_object_namespace", name: "ROOMS", class_name: "Room" },
        { type: "kv_namespace", name: "LOG", namespace_id: "log" },
        { type: "queue", name: "JOBS", queue_name: "jobs" },
      ],
      migrations: { new_tag: "v1", new_sqlite_classes: ["Room"] },
    });
    await host.api("PUT", `${NAMESPACES}/tenants/queues/jobs`, { consumer: { script_name: "rooms", batch_size: 1, max_wait_time_ms: 0 } });
    // The worker for requests is loaded; what the host calls of it itself is not.
    assert.deepEqual(JSON.parse(await text(await host.ask("rooms/came"))), []);
    const rooms = await bucketOf(host, "rooms");
    const whole = await changed(rooms.bucket, (await rooms.keys())[0], (bytes) => Buffer.from(bytes.toString("latin1").replace(/good/g, "evil"), "latin1"));
    for (let i = 0; i < 2; i += 1) assert.equal(await text(await host.ask("rooms/")), "threw: The code of this Durable Object cannot be had for the moment.");
    await host.logged(/The code of the Durable Object .* cannot be had: .*it is not what was stored/);
    assert.equal(await text(await host.ask("rooms/", { method: "POST", body: "1" })), "sent");
    await host.logged(/The queue jobs is delivered later/);
    assert.deepEqual(JSON.parse(await text(await host.ask("rooms/came"))), []);
    await whole();
    assert.equal(await text(await host.ask("rooms/")), "good");
    assert.equal((await host.api("GET", `${NAMESPACES}/tenants/queues/jobs/messages`)).result.map(({ body, attempts }) => `${body} ${attempts}`)[0], "1 0", "it waits, and that was no try of its");
  }));

  test("is neither told as content nor tried with another secret: 503, and nothing changes", () => withScripts(TTL, async (host) => {
    await host.deploy("app", says("good"));
    const { bucket, keys } = await bucketOf(host, "app");
    const back = await changed(bucket, (await keys())[0], CHANGES["other code"]);
    const versions = async () => (await host.api("GET", `${at("app")}/versions`)).result.items.map(({ id }) => id);
    const before = await versions();
    for (const [method, path, body] of [["GET", "content"], ["PUT", "secrets", { name: "S", text: "hush", type: "secret_text" }], ["PATCH", "settings", { compatibility_date: "2026-06-01" }]]) {
      const { errors, headers } = await host.api(method, `${at("app")}/${path}`, body, { status: 503 });
      assert.deepEqual([errors[0].code, headers.get("retry-after")], [10002, "1"], path);
    }
    assert.deepEqual(await versions(), before);
    await back();
    await host.api("PUT", `${at("app")}/secrets`, { name: "S", text: "hush", type: "secret_text" });
    assert.equal(await text(await host.ask("app/")), "good");
  }));
});

/** A script of files alone, with something done when its upload session is open; gives its version's id. */
async function site(host, name, pages, opening) {
  const hash = (page) => createHash("sha256").update(page).digest("hex").slice(0, 32);
  const manifest = Object.fromEntries(Object.entries(pages).map(([path, page]) => [path, { hash: hash(page), size: page.length }]));
  const { result: opened } = await host.api("POST", `${at(name)}/assets-upload-session`, { manifest });
  let { jwt } = opened;
  await opening?.();
  for (const hashes of opened.buckets) {
    const form = new FormData();
    for (const wanted of hashes) form.set(wanted, new File([btoa(Object.values(pages).find((page) => hash(page) === wanted))], wanted, { type: "text/html" }));
    jwt = (await host.api("POST", "/accounts/acc/workers/assets/upload?base64=true", form, { token: opened.jwt })).result.jwt ?? jwt;
  }
  const form = new FormData();
  form.set("metadata", JSON.stringify({ compatibility_date: "2026-07-01", assets: { jwt, config: {} } }));
  return (await host.api("PUT", at(name), form)).result.deployment_id;
}

describe("files that are not what was uploaded", () => {
  test("are not found by another manifest: 503, until the right one is there", () => withScripts(TTL, async (host) => {
    await site(host, "site", { "/index.html": "good", "/b.html": "evil" });
    const { bucket, keys } = await bucketOf(host, "site", "manifest");
    const manifests = await keys();
    const swapped = (bytes) => Buffer.from(bytes.toString("latin1").replace("/index.html", "/x").replace("/b.html", "/index.html"), "latin1");
    for (const change of [swapped, (bytes) => bytes.subarray(0, bytes.length - 1), () => null]) {
      const back = await Promise.all(manifests.map((key) => changed(bucket, key, change)));
      const answer = await host.ask("site/");
      assert.equal(answer.headers.get("retry-after"), "1");
      await refused(answer, 503, "dynamic_worker_unavailable");
      await Promise.all(back.map((restore) => restore()));
    }
    assert.equal(await text(await host.ask("site/")), "good");
    // And one that is known is not read again.
    await Promise.all(manifests.map((key) => changed(bucket, key, swapped)));
    assert.equal(await text(await host.ask("site/")), "good");
  }));

  test("of an upload session are not taken for others: it is a 503, and a new session has them", () => withScripts(TTL, async (host) => {
    const pages = { "/index.html": "good" };
    const first = await site(host, "site", pages);
    const { bucket, keys } = await bucketOf(host, "site", "manifest");
    const stolen = async () => {
      for (const key of await keys()) await changed(bucket, key, (bytes) => Buffer.from(bytes.toString().replace("/index.html", "/stolen.html")));
    };
    const failure = await site(host, "site", pages, stolen).catch((error) => error);
    assert.match(failure.message, /: 503 /);
    assert.equal((await host.deployments("site"))[0].versions[0].version_id, first);
    const second = await site(host, "site", pages);
    const answer = await host.ask("site/");
    assert.deepEqual([await text(answer), version(answer), (await host.ask("site/stolen")).status], ["good", second, 404]);
  }));
});

describe("a bucket that hangs", () => {
  test("keeps those waiting who need it, no longer than they may, and nobody else; what comes at last is kept", () => withScripts({ main: "spied.js", ...TTL }, async (host) => {
    await host.deploy("warm", says("warm"));
    assert.equal(await text(await host.ask("warm/")), "warm");
    await host.deploy("cold", says("cold"), { limits: { wall_ms: 300 } });
    await host.spy({ bucket: "hangs" });
    const waiting = host.ask("cold/");
    assert.equal(await text(await host.ask("warm/")), "warm");
    await refused(await waiting, 504, "dynamic_worker_timeout");
    await host.spy({ bucket: "works" });
    await until(async () => (await host.ask("cold/")).status === 200, "it is there");
  }));
});

describe("source maps that are not what was uploaded", () => {
  test("lead nobody anywhere: an error is told in the places of the module", () => withScripts(TTL, async (host) => {
    const map = (source) => JSON.stringify({ version: 3, sources: [source], sourcesContent: ["x"], names: [], mappings: "AAAA" });
    const form = new FormData();
    form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: "2026-07-01" }));
    form.set("index.js", new File(["export default { fetch() { throw new Error('mine'); } };\n//# sourceMappingURL=index.js.map"], "index.js", { type: "application/javascript+module" }));
    form.set("index.js.map", new File([map("good.ts")], "index.js.map", { type: "application/source-map" }));
    await host.api("PUT", at("app"), form);
    const maps = await bucketOf(host, "app", "map");
    await changed(maps.bucket, (await maps.keys())[0], () => bundle(map("evil.ts"), "index.js.map", "map"));
    await refused(await host.ask("app/"), 502, "dynamic_worker_threw");
    const [{ file, message }] = await until(async () => {
      const { result } = await host.api("GET", `${at("app")}/errors`);
      return result.length > 0 && result;
    }, "the error is told");
    assert.deepEqual([file, message], ["index.js", "mine"]);
  }));
});
