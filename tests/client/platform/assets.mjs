// Static assets, uploaded by wrangler.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { toFile } from "cloudflare";
import { ACCOUNT, NAMESPACE } from "./clients.mjs";

const TO = ["--dispatch-namespace", NAMESPACE];
/** Bytes that are no text, nor like one another. */
const bytes = (size, seed) => Buffer.alloc(size, createHash("sha512").update(seed).digest());

export default (clients) => describe("wrangler deploy of static assets", () => {
  test("a site alone: pages, types, ETags, redirects, headers, and its own 404", async () => {
    const { project, ran, served } = clients();
    const folder = project("site");
    const out = await ran(folder, "deploy", ...TO);
    assert.match(out, /Uploaded 5 files|Success! Uploaded 5 files/);
    const home = await served("site");
    assert.deepEqual([home.status, home.text.trim()], [200, "<h1>Home</h1>"]);
    assert.match(home.headers.get("content-type"), /^text\/html/);
    const etag = home.headers.get("etag");
    assert.equal((await served("site", "/", { headers: { "if-none-match": etag } })).status, 304);
    const moved = await served("site", "/about.html");
    assert.equal(moved.status, 307);
    assert.equal((await served("site", "/about")).text.trim(), "<h1>About</h1>");
    assert.equal((await served("site", "/docs/")).text.trim(), "<h1>Docs</h1>");
    const style = await served("site", "/style.css");
    assert.deepEqual([style.headers.get("x-style"), style.headers.get("content-type").split(";")[0]], ["yes", "text/css"]);
    assert.equal((await served("site", "/old")).status, 301);
    const missing = await served("site", "/nothing");
    assert.deepEqual([missing.status, missing.text.trim()], [404, "<h1>Nothing here</h1>"]);
    assert.equal((await served("site", "/", { method: "POST" })).status, 405);
  });

  test("a second deploy sends what has changed, and is served at once", async () => {
    const { project, ran, served } = clients();
    const folder = project("site");
    writeFileSync(join(folder, "public/about.html"), "<h1>About us</h1>\n");
    const out = await ran(folder, "deploy", ...TO);
    assert.match(out, /Uploaded 1 file|Success! Uploaded 1 file/);
    assert.equal((await served("site", "/about")).text.trim(), "<h1>About us</h1>");
    assert.equal((await served("site", "/")).text.trim(), "<h1>Home</h1>");
  });

  test("beside a Worker, which has the files in its env", async () => {
    const { project, ran, served } = clients();
    const folder = project("site", {
      "worker.js": 'export default { fetch: async (request, env) => new URL(request.url).pathname === "/api" ? new Response("api") : env.ASSETS.fetch(request) };\n',
    });
    const toml = readFileSync(join(folder, "wrangler.toml"), "utf8");
    writeFileSync(join(folder, "wrangler.toml"), `${toml.replace('name = "site"', 'name = "mixed"\nmain = "worker.js"')}binding = "ASSETS"\n`);
    await ran(folder, "deploy", ...TO);
    assert.equal((await served("mixed", "/api")).text, "api");
    assert.equal((await served("mixed", "/about")).text.trim(), "<h1>About</h1>");
    assert.equal((await served("mixed", "/nothing")).status, 404);
  });

  test("many files and large ones, whatever their names are: several uploads at a time", async () => {
    const { project, ran, host } = clients();
    const small = Array.from({ length: 700 }, (_, i) => [`many/${i}.txt`, Buffer.from(`the text ${i}`)]);
    const files = Object.fromEntries([
      ...small,
      ...["a", "b", "c"].map((name) => [`large/${name}.bin`, bytes(6 << 20, name)]),
      ["large/most.bin", bytes(25 << 20, "most")],
      ["names/ü b&c=[1].txt", Buffer.from("odd")],
      ["names/100%.html", Buffer.from("percent")],
      ["names/empty", Buffer.alloc(0)],
      ["names/no-type", bytes(1000, "no type")],
      ["ignored.txt", Buffer.from("no")],
      [".assetsignore", Buffer.from("ignored.txt\n")],
    ]);
    const folder = project("site", Object.fromEntries(Object.entries(files).map(([name, content]) => [`public/${name}`, content])));
    writeFileSync(join(folder, "wrangler.toml"), readFileSync(join(folder, "wrangler.toml"), "utf8").replace('name = "site"', 'name = "large"'));
    const out = await ran(folder, "deploy", ...TO);
    assert.match(out, /Uploaded 713 of 713/);
    const get = (path) => host.fetch(`/dispatch/${NAMESPACE}/large/${path}`);
    for (const [name, content] of Object.entries(files)) {
      if (name.startsWith("many/") && !name.endsWith("9.txt")) continue;
      const answer = await get(name.split("/").map(encodeURIComponent).join("/"));
      if (name === "ignored.txt" || name === ".assetsignore") assert.equal(answer.status, 404, name);
      else assert.ok(answer.status === 200 && Buffer.from(await answer.arrayBuffer()).equals(content), name);
    }
    assert.equal((await get("names/no-type")).headers.get("content-type"), null);
    assert.equal((await get("large/a.bin")).headers.get("content-type"), "application/octet-stream");
    assert.match(await ran(folder, "deploy", ...TO), /No updated asset files to upload/);
  });

  test("rules that are none are told with their lines, and the site stays as it is", async () => {
    const { project, failed, served } = clients();
    const folder = project("site", { "public/_redirects": "/a /b 304\n/c /d\n/e\n" });
    const out = await failed(folder, "deploy", ...TO);
    assert.match(out, /Invalid _redirects configuration:\s+Line 1: the status is one of[^\n]+\s+Line 3: a rule is[^\n]+\[code: 100324\]/);
    assert.equal((await served("site", "/old")).status, 301);
  });

  test("by the npm package", async () => {
    const { sdk, served } = clients();
    const { scripts } = sdk.workersForPlatforms.dispatch.namespaces;
    const where = { account_id: ACCOUNT, dispatch_namespace: NAMESPACE };
    const pages = { "/index.html": "<h1>by SDK</h1>", "/plain.txt": "plain" };
    const hash = (text) => createHash("sha256").update(text).digest("hex").slice(0, 32);
    const manifest = Object.fromEntries(Object.entries(pages).map(([path, text]) => [path, { hash: hash(text), size: text.length }]));
    const { jwt, buckets } = await scripts.assetUpload.create("sdk-site", { ...where, manifest });
    assert.deepEqual(buckets.flat().sort(), Object.values(pages).map(hash).sort());
    const base64 = (text) => Buffer.from(text).toString("base64");
    // One as a file with its type, one as a mere text, which has none.
    const file = await toFile(Buffer.from(base64(pages["/index.html"])), hash(pages["/index.html"]), { type: "text/html" });
    const body = { [hash(pages["/index.html"])]: file, [hash(pages["/plain.txt"])]: base64(pages["/plain.txt"]) };
    const done = await sdk.workers.assets.upload.create({ account_id: ACCOUNT, base64: true, body }, { headers: { authorization: `Bearer ${jwt}` } });
    const metadata = { compatibility_date: "2026-07-01", assets: { jwt: done.jwt, config: { not_found_handling: "single-page-application" } } };
    await scripts.update("sdk-site", { ...where, metadata });
    const home = await served("sdk-site", "/anything");
    assert.deepEqual([home.text, home.headers.get("content-type")], [pages["/index.html"], "text/html"]);
    const plain = await served("sdk-site", "/plain.txt");
    assert.deepEqual([plain.text, plain.headers.get("content-type")], [pages["/plain.txt"], null]);
  });
});
