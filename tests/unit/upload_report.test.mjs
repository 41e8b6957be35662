// What is told of a script that does not load: places in the author's own files, and the lines around them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { build } from "esbuild";
import { codeFrame } from "../../src/upload/frame.js";
import { report } from "../../src/upload/report.js";

const OWN = "0a1b-own";
const encoder = new TextEncoder();
const module = (name, text, kind = "js") => ({ name, kind, bytes: encoder.encode(text) });
const failed = (...lines) => ["Failed to start Worker:", ...lines].join("\n");
const SOURCE = ["export type Greeting = { text: string };", "", "const greeting: Greeting = { text: 'hi' };", "greeting.nope();", "export default greeting;"].join("\n");

/** A TypeScript project, bundled as wrangler does it; and where in the bundle a text is. */
async function bundled(options = {}) {
  const { outputFiles } = await build({
    stdin: { contents: SOURCE, loader: "ts", sourcefile: "src/index.ts", resolveDir: "." },
    bundle: true, format: "esm", sourcemap: "linked", write: false, outfile: "out/index.js", logLevel: "silent", ...options,
  });
  const [map, code] = outputFiles.length > 1 ? outputFiles.map(({ text }) => text) : [undefined, outputFiles[0].text];
  const lines = code.split("\n");
  const line = lines.findIndex((line) => line.includes("nope"));
  const place = `${line + 1}:${lines[line].indexOf("nope") + 1}`;
  return { kept: { modules: [module("index.js", code)], maps: map ? [{ name: "index.js.map", bytes: encoder.encode(map) }] : [] }, place };
}

const MAPPED = [
  "Uncaught TypeError: greeting.nope is not a function",
  "at src/index.ts:4:10",
  "",
  "  2 |",
  "  3 | const greeting: Greeting = { text: 'hi' };",
  "> 4 | greeting.nope();",
  "    |          ^",
  "  5 | export default greeting;",
].join("\n");

describe("a report", () => {
  const thrown = (place) => failed("Uncaught TypeError: greeting.nope is not a function", `  at index.js:${place}`, `  at ${OWN}/probe.js:2:31`);

  test("is of the author's own file where a source map came along, beside the module or in it", async () => {
    for (const options of [{}, { sourcemap: "inline" }, { sourcemap: "external" }]) {
      const { kept, place } = await bundled(options);
      assert.equal(await report(thrown(place), undefined, kept, OWN), MAPPED);
    }
    const { kept, place } = await bundled();
    // One found by its comment, in another folder.
    const moved = { modules: [{ ...kept.modules[0], name: "lib/index.js" }], maps: [{ ...kept.maps[0], name: "lib/index.js.map" }] };
    assert.match(await report(thrown(place).replace("index.js", "lib/index.js"), undefined, moved, OWN), /^at lib\/src\/index\.ts:4:10$|^at src\/index\.ts:4:10$/m);
  });

  test("has no lines where the map has no text, and is of the module where there is no map or a bad one", async () => {
    const { kept, place } = await bundled({ sourcesContent: false });
    assert.equal(await report(thrown(place), undefined, kept, OWN), MAPPED.split("\n\n")[0]);
    const first = `Uncaught TypeError: greeting.nope is not a function\n  at index.js:${place}\n\n`;
    for (const maps of [[], ["", "{", "[]", "{}", '{"version":3,"sources":["a"],"mappings":"????"}']].flat()) {
      const broken = maps.length === 0 ? [] : [{ name: "index.js.map", bytes: encoder.encode(maps) }];
      const text = await report(thrown(place), undefined, { ...kept, maps: broken }, OWN);
      assert.ok(text.startsWith(first), text);
      assert.match(text, /^> +\d+ \| greeting\.nope\(\);$/m);
    }
  });

  test("of a syntax error, and of an exception of several lines that looks like frames", async () => {
    const kept = { modules: [module("index.js", "let a;\nlet b c;"), module("lib/b.js", "\tfoo(\t1);")], maps: [] };
    assert.equal(
      await report(failed("Uncaught SyntaxError: Unexpected identifier 'c'", "  at index.js:2:6"), undefined, kept, OWN),
      "Uncaught SyntaxError: Unexpected identifier 'c'\n  at index.js:2:7\n\n  1 | let a;\n> 2 | let b c;\n    |       ^",
    );
    assert.equal(
      await report(failed("Uncaught Error: one", "  at x.js:9:9", "two", "  at lib/b.js:1:7 in get fetch", `  at ${OWN}/probe.js:1:1`), undefined, kept, OWN),
      "Uncaught Error: one\n  at x.js:9:9\ntwo\n  at lib/b.js:1:7 in get fetch\n\n> 1 | \tfoo(\t1);\n    | \t    \t^",
    );
  });

  test("of a text that cannot be parsed counts columns from 0, one that was thrown from 1; the script by itself is more exact", async () => {
    const kept = { modules: [module("index.js", "JSON.parse('{')")], maps: [] };
    const thrown = failed("Uncaught SyntaxError: x", "  at index.js:1:6");
    const place = async (...messages) => / {2}at (index.*)/.exec(await report(...messages, kept, OWN))[1];
    assert.equal(await place(`${thrown}\n  at ${OWN}/probe.js:1:1`, thrown), "index.js:1:6");
    assert.equal(await place(thrown, thrown), "index.js:1:7");
    assert.equal(await place(failed("Uncaught SyntaxError: x", `  at ${OWN}/probe.js:1:1`), thrown), "index.js:1:7");
  });

  test("of a missing module names who imports it and where", async () => {
    const kept = {
      modules: [module("lib/index.js", "import a from './a.js';\nimport { b }\n  from \"../gone.js\";"), module("x.js", 'await import("node:nope")')],
      maps: [],
    };
    const missing = (name, importer) => failed(`Uncaught Error: No such module "${name}".`, `  imported from "${importer}"`, `  at ${OWN}/probe.js:2:3`);
    assert.equal(
      await report(missing("gone.js", "lib/index.js"), undefined, kept, OWN),
      [
        'Uncaught Error: No such module "gone.js".', '  imported from "lib/index.js"', "  at lib/index.js:3:8", "",
        "  1 | import a from './a.js';", "  2 | import { b }", '> 3 |   from "../gone.js";', "    |        ^",
      ].join("\n"),
    );
    assert.match(await report(missing("node:nope", "x.js"), undefined, kept, OWN), /at x\.js:1:14\n/);
    assert.equal(await report(missing("other.js", "x.js"), undefined, kept, OWN), 'Uncaught Error: No such module "other.js".\n  imported from "x.js"');
    assert.equal(await report(missing("a.js", "gone too.js"), undefined, kept, OWN), 'Uncaught Error: No such module "a.js".\n  imported from "gone too.js"');
  });

  test("is not longer than one reads", async () => {
    const frames = Array.from({ length: 50 }, (_, i) => `  at index.js:${i + 1}:1`);
    const text = await report(failed(`Uncaught Error: ${"x".repeat(100_000)}`, ...frames), undefined, { modules: [module("index.js", "a")], maps: [] }, OWN);
    assert.ok(text.length < 5000, text.length);
    assert.equal(text.match(/^ {2}at index\.js/gm).length, 8);
  });

  test("never begins a mapped line as wrangler's own mapping expects it", async () => {
    // Wrangler 4.164, deploy/helpers/sourcemap.ts.
    const CALL_SITE = /^(?:\s+(?:\x1B\[\d+m)?'?)? {2,4}at (?:(.+?)\s+\()?(?:(.+?):(\d+)(?::(\d+))?|([^)]+))\)?/gm;
    assert.equal([...MAPPED.matchAll(CALL_SITE)].length, 0);
    assert.equal([..."Uncaught Error: x\n  at index.js:1:1".matchAll(CALL_SITE)].length, 1);
  });
});

describe("a code frame", () => {
  test("of the first and the last line, and of none", () => {
    assert.equal(codeFrame("a\nb\nc\nd", 1, 1), "> 1 | a\n    | ^\n  2 | b\n  3 | c");
    assert.equal(codeFrame("a\r\nb", 2, 9), "  1 | a\n> 2 | b\n    |  ^");
    for (const line of [0, 3, NaN]) assert.equal(codeFrame("a\nb", line, 1), undefined);
  });

  test("of line 10 lines its numbers up", () => {
    assert.equal(codeFrame("\n".repeat(8) + "i\nj\nk", 10, 1), "   8 |\n   9 | i\n> 10 | j\n     | ^\n  11 | k");
  });

  test("of a minified file is no longer than a screen is wide", () => {
    const text = `${"a".repeat(100_000)}X${"b".repeat(100_000)}`;
    const [line, mark] = codeFrame(text, 1, 100_001).split("\n");
    assert.ok(line.length < 140);
    assert.equal(line[mark.indexOf("^")], "X");
  });

  test("holds nothing that a terminal would obey", () => {
    assert.equal(codeFrame("\u001b[2Ja", 1, 5), "> 1 | \ufffd[2Ja\n    |     ^");
  });
});
