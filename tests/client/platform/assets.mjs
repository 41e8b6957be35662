// Static assets, uploaded by wrangler.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { NAMESPACE } from "./clients.mjs";

const TO = ["--dispatch-namespace", NAMESPACE];

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
});
