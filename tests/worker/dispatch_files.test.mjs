// A version with files: they answer, or its worker does; and what becomes of that when the bucket does not answer.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { refused } from "./contract.mjs";
import { cache, fallback, text, version, withScripts } from "./dispatch.mjs";

const spied = { main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 60_000 } };
const script = (name) => `${NAMESPACES}/tenants/scripts/${name}`;

/** What an upload session of these files gives, for the metadata. */
async function files(host, name, pages, config = {}) {
  const hashes = Object.fromEntries(Object.entries(pages).map(([path, page]) => [path, createHash("sha256").update(page).digest("hex").slice(0, 32)]));
  const manifest = Object.fromEntries(Object.entries(pages).map(([path, page]) => [path, { hash: hashes[path], size: Buffer.byteLength(page) }]));
  const { result: opened } = await host.api("POST", `${script(name)}/assets-upload-session`, { manifest });
  let { jwt } = opened;
  for (const bucket of opened.buckets) {
    const form = new FormData();
    for (const hash of bucket) {
      const [path] = Object.entries(hashes).find(([, known]) => known === hash);
      form.set(hash, new File([Buffer.from(pages[path]).toString("base64")], hash, { type: "text/html" }));
    }
    jwt = (await host.api("POST", "/accounts/acc/workers/assets/upload?base64=true", form, { token: opened.jwt })).result.jwt ?? jwt;
  }
  return { jwt, config };
}

const PAGES = { "/index.html": "<h1>Home</h1>", "/about.html": "<h1>About</h1>" };
const WORKER = `let n = 0; export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/files")) return env.FILES.fetch(new URL(pathname.slice(6) || "/", request.url));
  return Response.json([request.method, pathname, await request.text(), n += 1]);
} };`;
const binding = { bindings: [{ type: "assets", name: "FILES" }] };

describe("files", () => {
  test("alone are a script, which has no worker to load", () => withScripts(spied, async (host) => {
    const form = new FormData();
    form.set("metadata", JSON.stringify({ compatibility_date: "2026-07-01", assets: await files(host, "site", PAGES) }));
    const { result } = await host.api("PUT", script("site"), form);
    const home = await host.ask("site/");
    assert.deepEqual([await text(home), home.headers.get("content-type"), version(home), cache(home)], ["<h1>Home</h1>", "text/html", result.deployment_id, null]);
    assert.match(home.headers.get("x-worker-key"), /^tenants\/site@[0-9a-f]{12}$/);
    assert.equal(await text(await host.ask("site/about")), "<h1>About</h1>");
    assert.equal((await host.ask("site/about.html")).status, 307);
    assert.equal((await host.ask("site/none")).status, 404);
    assert.equal((await host.ask("site/", { method: "POST", body: "b" })).status, 405);
    const { codes } = await host.spy();
    assert.deepEqual(codes.filter(({ key }) => key.startsWith("tenants/")), [], "nothing was loaded");
    const told = await host.explain("site", "");
    assert.deepEqual([told.key, told.has_assets], [null, true]);
  }));

  test("come before the worker, which has them in its env and gets all else", () => withScripts(spied, async (host) => {
    await host.deploy("mixed", WORKER, { ...binding, assets: await files(host, "mixed", PAGES) });
    const home = await host.ask("mixed/");
    assert.deepEqual([await text(home), cache(home)], ["<h1>Home</h1>", null]);
    assert.deepEqual((await host.spy()).codes.filter(({ key }) => key.startsWith("tenants/")), [], "not even loaded");
    for (const [i, [method, path, state]] of [["GET", "api/x", "cold"], ["POST", "api/y", "warm"], ["PUT", "z", "warm"]].entries()) {
      const body = method === "GET" ? undefined : `body ${i}`;
      const answer = await host.ask(`mixed/${path}`, { method, body });
      assert.deepEqual([JSON.parse(await text(answer)), cache(answer)], [[method, `/${path}`, body ?? "", i + 1], state]);
    }
    assert.equal(await text(await host.ask("mixed/files/about")), "<h1>About</h1>");
    assert.equal((await host.spy()).probes, 0, "a worker that was seen to load is not asked whether it does");
  }));

  test("let a request with a body that nobody has seen load go to another version, too", () => withScripts(spied, async (host) => {
    const assets = await files(host, "mixed", PAGES);
    const good = await host.deploy("mixed", WORKER, { ...binding, assets });
    await text(await host.ask("mixed/api"));
    const bad = await host.deploy("mixed", `${WORKER}//`, { ...binding, keep_assets: true });
    await host.spy({ code: "broken" });
    for (const init of [{}, { method: "POST", body: "the body" }]) {
      const answer = await host.ask("mixed/api", init);
      assert.equal(JSON.parse(await text(answer))[2], init.body ?? "");
      assert.deepEqual([version(answer), bad === good], [good, false]);
      assert.match(fallback(answer), /^tenants\/mixed@/);
    }
  }));

  test("that cannot be read are a 503, until they can", () => withScripts(spied, async (host) => {
    await host.deploy("mixed", WORKER, { ...binding, assets: await files(host, "mixed", PAGES) });
    await host.spy({ bucket: "fails" });
    await refused(await host.ask("mixed/"), 503, "dynamic_worker_unavailable");
    await host.spy({ bucket: "works" });
    assert.equal(await text(await host.ask("mixed/")), "<h1>Home</h1>");
  }));

  test("are listed in a document that requests of one moment read once, and not by way of one that has ended", () => withScripts(spied, async (host) => {
    const put = async (name) => {
      const form = new FormData();
      form.set("metadata", JSON.stringify({ compatibility_date: "2026-07-01", assets: await files(host, name, { ...PAGES, "/name.html": name }) }));
      await host.api("PUT", script(name), form);
    };
    const lists = async () => (await host.spy()).got.filter((key) => key.includes("/manifest/")).length;
    for (const name of ["one", "two"]) await put(name);
    await text(await host.ask("one/explain-nothing"), 404);

    await host.spy({ bucket: "slow" });
    const before = await lists();
    const answers = await Promise.all(Array.from({ length: 20 }, () => host.ask("two/name")));
    assert.deepEqual(await Promise.all(answers.map((answer) => text(answer))), Array(20).fill("two"));
    assert.equal((await lists()) - before, 1);

    await put("three");
    await host.spy({ bucket: "hangs" });
    const reading = await lists();
    const leaves = new AbortController();
    const left = assert.rejects(host.ask("three/name", { signal: leaves.signal }), { name: "AbortError" });
    while ((await lists()) === reading) await new Promise((resolve) => setTimeout(resolve, 5));
    leaves.abort();
    await left;
    await host.spy({ bucket: "works" });
    assert.equal(await text(await host.ask("three/name")), "three");
  }));
});
