// R2 buckets of scripts: as Cloudflare's, and nobody else's.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { startScripts, text, wait } from "./dispatch.mjs";
import { compare } from "./stores/compared.mjs";
import { until } from "./until.mjs";

const R2 = { name: "R2", type: "r2_bucket", bucket_name: "files" };
const bound = { bindings: [R2] };

/** PUT, GET and DELETE of a key; GET / lists. */
const SCRIPT = `export default { async fetch(request, env) {
  const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
  if (key === "") return Response.json((await env.R2.list()).objects.map(({ key }) => key));
  if (request.method === "PUT") return new Response((await env.R2.put(key, request.body)).etag);
  if (request.method === "DELETE") return new Response(await env.R2.delete(key));
  const object = await env.R2.get(key);
  return object === null ? new Response("none", { status: 404 }) : new Response(object.body);
} };`;

describe("an R2 bucket", () => {
  let host, bucket;
  before(async () => {
    host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 0, R2_SWEEP_MS: 2000 } });
    bucket = await host.miniflare.getR2Bucket("BUNDLES");
  });
  after(() => host?.dispose());
  const put = async (path, body) => text(await host.ask(path, { method: "PUT", body }));
  const keys = async (name) => {
    const id = (await host.api("GET", `${NAMESPACES}/tenants`)).result.namespace_id;
    return (await bucket.list({ prefix: `${id}/${name}/` })).objects.map(({ key }) => key).filter((key) => key.includes("/r2/"));
  };
  const untilKeys = (name, count, what) => until(() => keys(name), what, ({ length }) => length === count);

  test("answers each call as Cloudflare's does", async () => {
    // The prefix takes some of it.
    await compare(host, "r2_calls.js", { binding: R2, options: { r2Buckets: ["R2"] }, count: 77, known: { "put: key of the most bytes": true } });
  });

  test("is the script's own, and nothing of the host's bucket is in it", async () => {
    for (const name of ["one", "two"]) await host.deploy(name, SCRIPT, bound);
    await put("one/key", "of one");
    assert.equal(await text(await host.ask("one/key")), "of one");
    assert.deepEqual([await text(await host.ask("two/key"), 404), JSON.parse(await text(await host.ask("two/")))], ["none", []]);
    const [key] = await keys("one");
    for (const attempt of [key, `/${key}`, `../../../../${key}`, `..%2f..%2f${key}`]) {
      const path = encodeURIComponent(attempt);
      assert.equal(await text(await host.ask(`two/${path}`), 404), "none", attempt);
      await host.ask(`two/${path}`, { method: "DELETE" });
    }
    assert.equal(await text(await host.ask("one/key")), "of one");
    assert.deepEqual(JSON.parse(await text(await host.ask("one/"))), ["key"]);
  });

  test("a body streams, and is never whole in memory", async () => {
    await host.deploy("large", SCRIPT, bound);
    const size = 200 * 1024 * 1024;
    const chunk = new Uint8Array(1024 * 1024).fill(7);
    let sent = 0;
    const body = new ReadableStream({ pull(controller) { if (sent === size) return controller.close(); sent += chunk.length; controller.enqueue(chunk); } });
    // More than an isolate may have: Cloudflare's has 128 MiB.
    await text(await host.ask("large/file", { method: "PUT", body, duplex: "half", headers: { "content-length": String(size) } }));
    let read = 0;
    for await (const piece of (await host.ask("large/file")).body) read += piece.length;
    assert.equal(read, size);
  });

  test("goes with its script, with what a worker of it writes yet", async () => {
    await host.deploy("app", `export default { async fetch(request, env) {
      await env.R2.put("before", "x");
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await env.R2.put("after", "y");
      return new Response("written");
    } };`, bound);
    const late = host.ask("app/");
    await untilKeys("app", 1, "it is there");
    await host.remove("app");
    await untilKeys("app", 0, "it goes");
    assert.equal(await text(await late), "written");
    await untilKeys("app", 0, "and what came after that");
  });
});
