// What is broken is refused, and wrangler shows where.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NAMESPACE } from "./clients.mjs";

const TO = ["--dispatch-namespace", NAMESPACE];

export default (clients) => describe("wrangler deploy of something broken", () => {
  test("a throw while it loads: file and line of the TypeScript, and its code", async () => {
    const { project, failed, served } = clients();
    const out = await failed(project("thrower"), "deploy", ...TO);
    assert.match(out, /RangeError: there is no limit none/);
    assert.match(out, /limits\.ts:7/);
    assert.match(out, /if \(limit === undefined\) throw new RangeError/, "the frame shows the author's own text");
    assert.match(out, /\[code: 10021\]/);
    assert.doesNotMatch(out, /startup limits/i);
    assert.equal((await served("thrower")).status, 404, "nothing was stored");
  });

  test("a place that the host has mapped, wrangler does not map once more", async () => {
    const { project, failed } = clients();
    // The bundle has the name of the file that it is made of, and other lines.
    const folder = project("plain", {
      "index.js": 'import { boom } from "./lib/boom.js";\n\n\n\n\nboom({});\nexport default { fetch: () => new Response() };\n',
      "lib/boom.js": "// one\n// two\nexport function boom(x) {\n  return x.y.z;\n}\n",
    });
    const out = await failed(folder, "deploy", "index.js", "--name", "mapped", "--upload-source-maps", ...TO);
    assert.match(out, /^ *at lib\/boom\.js:4:14 in boom\n *at index\.js:6:1$/m);
    assert.match(out, /> 4 \| {3}return x\.y\.z;/);
  });

  test("an import of what is not there: who imports what", async () => {
    const { project, failed } = clients();
    const folder = project("plain", { "main.js": 'import { gone } from "./lib/gone.js";\nexport default { fetch: () => new Response(gone) };\n' });
    const out = await failed(folder, "deploy", "main.js", "--name", "importer", "--no-bundle", ...TO);
    assert.match(out, /main\.js/);
    assert.match(out, /gone\.js/);
  });

  test("a module of the runtime that the script has no flag for", async () => {
    const { project, failed } = clients();
    const folder = project("plain", { "main.js": 'const fs = await import("node:nothing");\nexport default { fetch: () => new Response(typeof fs) };\n' });
    const out = await failed(folder, "deploy", "main.js", "--name", "importer", "--no-bundle", ...TO);
    assert.match(out, /node:nothing/);
  });

  test("a syntax error in a module that wrangler does not look into: line, column and the line itself", async () => {
    const { project, failed } = clients();
    const folder = project("parts", { "lib/word.js": "export const word = (\n  1 2\n);\n" });
    const out = await failed(folder, "deploy", "--name", "syntax", ...TO);
    assert.match(out, /SyntaxError/);
    assert.match(out, /lib\/word\.js:2:5/);
    assert.match(out, /> 2 \|   1 2/);
  });

  test("no handler at all", async () => {
    const { project, failed } = clients();
    const folder = project("plain", { "main.js": "export const nothing = {};\n" });
    const out = await failed(folder, "deploy", "main.js", "--name", "empty", "--no-bundle", ...TO);
    assert.match(out, /main\.js/);
    assert.match(out, /handler/);
  });

  test("a broken redeploy leaves what is served as it is", async () => {
    const { project, ran, failed, served } = clients();
    const folder = project("plain", { "main.js": 'export default { fetch: () => new Response("good") };\n' });
    await ran(folder, "deploy", "main.js", "--name", "steady", ...TO);
    const bad = project("plain", { "main.js": 'throw new Error("bad");\nexport default {};\n' });
    await failed(bad, "deploy", "main.js", "--name", "steady", ...TO);
    assert.equal((await served("steady")).text, "good");
  });

  test("a wrong token: what wrangler says then", async () => {
    const { project, wrangler } = clients();
    const { code, out } = await wrangler(project("plain"), ["deploy", ...TO], { CLOUDFLARE_API_TOKEN: "wrong" });
    assert.equal(code, 1, out);
    assert.match(out, /\[code: 10000\]/);
  });

  test("a namespace that is not there", async () => {
    const { project, failed } = clients();
    const out = await failed(project("plain"), "deploy", "--dispatch-namespace", "nowhere");
    assert.match(out, /nowhere/);
  });
});
