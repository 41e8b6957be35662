// Source maps and stacks, both of which a script makes: places that are in a map are found as they are in it, and whatever else comes is
// told as it is, in as many steps as it is long.
import assert from "node:assert/strict";
import { SourceMap } from "node:module";
import { test } from "node:test";
import { encode } from "@jridgewell/sourcemap-codec";
import { faultOf, parsed } from "../../src/telemetry/fault.js";
import { codeFrame } from "../../src/upload/frame.js";
import { original } from "../../src/upload/map.js";
import { report } from "../../src/upload/report.js";
import { corpus, decoder, encoder, fc, holds, joined, mutated } from "./fuzz.mjs";

const SOURCES = ["index.ts", "lib/a.ts", "../b.ts", "ä.ts", "https://x.example/c.ts", "webpack://app/d.ts"];
const WORDS = ['"mappings":"', "AAAA", ";", ",", "A", "g".repeat(20), "null", '"sources":[null]', '"sourcesContent":[{}]', "1e999", "-1", '"sections":[]', '"version":3', "\n//# sourceMappingURL=index.js.map", "\0", "\u2028", "{", "}", "[", '"'];

// Lines of segments [column, source, line, column], in their order.
const line = fc.uniqueArray(fc.tuple(fc.nat(60), fc.nat(SOURCES.length - 1), fc.nat(40), fc.nat(40)), { maxLength: 6, selector: ([column]) => column }).map((segments) => segments.sort(([one], [other]) => one - other));
const lines = fc.array(line, { minLength: 1, maxLength: 6 });
const mapOf = (lines, more = {}) => ({ version: 3, file: "index.js", names: [], sources: SOURCES, sourcesContent: SOURCES.map((name) => `// ${name}\n`.repeat(50)), mappings: encode(lines), ...more });
const place = fc.record({ line: fc.integer({ min: 1, max: 8 }), column: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 70 }) }, { weight: 1, arbitrary: fc.constantFrom(0, 99_999) }) });

/** What is kept of an upload of one module, whose map is beside it or within it. */
function kept(map, within = false, code = "x\n".repeat(10)) {
  const json = typeof map === "string" ? map : JSON.stringify(map);
  const comment = within ? `data:application/json;base64,${Buffer.from(json).toString("base64")}` : "index.js.map";
  const module = { name: "index.js", kind: "js", bytes: encoder.encode(`${code}\n//# sourceMappingURL=${comment}\n`) };
  return { modules: [module], maps: within ? [] : [{ name: "index.js.map", kind: "map", bytes: encoder.encode(json) }] };
}

holds("a place is found where the map has it: what is before it on its line and nearest to it", 600, [lines, place.filter(({ column }) => column > 0), fc.boolean()], async (given, { line, column }, within) => {
  const found = await original(kept(mapOf(given), within), { file: "index.js", line, column });
  const segment = (given[line - 1] ?? []).findLast(([at]) => at <= column - 1);
  assert.deepEqual(found && [found.line, found.column], segment && [segment[2] + 1, segment[3] + 1]);
  if (!segment) return;
  assert.ok(found.text.startsWith(`// ${SOURCES[segment[1]]}\n`), "and with its text");
  // Node's own reader of maps, which goes back over lines where this one has nothing.
  const theirs = new SourceMap(mapOf(given)).findEntry(line - 1, column - 1);
  assert.deepEqual([theirs.originalLine + 1, theirs.originalColumn + 1, theirs.originalSource], [found.line, found.column, SOURCES[segment[1]]]);
});

const maps = fc.oneof(
  lines.map((lines) => encoder.encode(JSON.stringify(mapOf(lines)))),
  fc.record({ version: fc.constantFrom(3, 2, "3"), sources: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())), sourcesContent: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())), names: fc.jsonValue(), sourceRoot: fc.jsonValue(), mappings: fc.oneof(lines.map(encode), fc.string(), fc.jsonValue()), sections: fc.option(fc.jsonValue(), { nil: undefined }) }).map((map) => encoder.encode(JSON.stringify(map))),
  fc.constantFrom(...corpus("sourcemaps").map(({ bytes }) => bytes)),
  lines.map((lines) => encoder.encode(JSON.stringify(mapOf(lines, { sources: SOURCES.map((name) => name + "y".repeat(10_000)), sourcesContent: SOURCES.map(() => "z".repeat(10_000)) })))),
);
// One name, or one line, that is longer than anybody wants to be told.
const LONG = "x".repeat(10_000);
const code = fc.constantFrom("x\n".repeat(10), LONG, `${LONG}\n${LONG}\n${LONG}`);
const anyMap = fc.oneof(maps, mutated(maps, WORDS), fc.jsonValue().map((value) => encoder.encode(JSON.stringify(value)))).map((bytes) => decoder.decode(bytes));

const segment = fc.constantFrom(" (", ":1", ":", "1", ")", "at ", " at ", "index.js", "file:///", "worker:", "x", "\t", "\r", " ", "async ", "new ", "ä", " in ", "9".repeat(400), "[as b]", "<anonymous>", "node:internal");
const frame = fc.oneof(fc.tuple(fc.constantFrom("", "f", "Object.fetch", "async a.b", "new C", "a (b)"), fc.constantFrom("index.js", "file:///index.js", "a b.js", "none.js"), place).map(([name, file, { line, column }]) => `    at ${name ? `${name} (${file}:${line}:${column})` : `${file}:${line}:${column}`}`), fc.array(segment, { maxLength: 12 }).map((pieces) => pieces.join("")));
const stack = fc.tuple(fc.string(), fc.array(frame, { maxLength: 14 })).map(([said, frames]) => [said, ...frames].join("\n"));
const exception = fc.record({ name: fc.constantFrom("Error", "TypeError", "", "x"), message: fc.oneof(fc.string(), stack), stack: fc.option(stack, { nil: undefined }) });

// As one expression says it, which takes the square of a line's length.
const FRAME = /^\s*at (?:(.*?) \()?(.+?):(\d+):(\d+)\)?$/;

holds("a line of a stack is what one expression for all of it says", 2000, [frame], (line) => {
  const [, name, file, lineNumber, column] = FRAME.exec(line) ?? [];
  const expected = file && { name, file: file.replace(/^(file|worker):\/\/\/?/, ""), line: Number(lineNumber), column: Number(column) };
  assert.deepEqual(parsed(line), expected);
});

holds("whatever is thrown comes to a fault that is no longer than what was thrown and some lines, with whatever map; the same one has the same fingerprint", 600, [exception, anyMap, fc.boolean(), code], async (thrown, map, within, code) => {
  const fault = await faultOf(thrown, kept(map, within, code));
  assert.ok(JSON.stringify(fault).length < 8_000 + 2 * JSON.stringify(thrown).length, `${JSON.stringify(fault).length}`);
  assert.match(fault.fingerprint, /^[0-9a-f]{16}$/);
  assert.deepEqual([fault.name, fault.message, typeof fault.stack], [thrown.name, thrown.message, "string"]);
  assert.ok(fault.frame === null || typeof fault.frame === "string");
  assert.ok(fault.stack.split("\n").length <= 10);
  assert.equal(JSON.stringify(await faultOf(thrown, kept(map, within, code))), JSON.stringify(fault));
});

holds("whatever a script does not load for comes to a report, with whatever map", 500, [stack, fc.option(stack, { nil: undefined }), anyMap, fc.boolean(), code], async (probed, ran, map, within, code) => {
  const own = "own";
  const told = await report(`Failed to start Worker:\n${probed}`, ran && `Failed to start Worker:\n${ran}`, kept(map, within, code), own);
  assert.ok(told.length < 8_000 + 2 * ((ran ?? "").length + probed.length), `${told.length}`);
});

holds("a frame of code has the line that it is for, marked, and no more than four others", 600, [fc.array(fc.string({ unit: fc.constantFrom("a", "\t", "ä", "😀", "\u001b", "x".repeat(50)) }), { minLength: 1, maxLength: 9 }), fc.constantFrom("\n", "\r\n", "\r", "\u2028"), fc.integer({ min: -1, max: 12 }), fc.integer({ min: -1, max: 300 })], (lines, end, line, column) => {
  const told = codeFrame(lines.join(end), line, column);
  if (line < 1 || line > lines.length) return assert.equal(told, undefined);
  const shown = told.split("\n");
  assert.equal(shown.filter((line) => line.startsWith(">")).length, 1);
  assert.ok(shown.length <= 6 && shown.every((line) => line.length <= 200), told);
  assert.doesNotMatch(told, /\u001b/, "what a terminal would obey is not in it");
});

// Each of these took the square of its length, or the memory of its fiftyfold.
test("what is long is looked at once", async () => {
  for (const line of [`at ${" (".repeat(200_000)}${":1:1".repeat(200_000)}x`, `at ${" (:1:1".repeat(200_000)}x`, `  at ${" (".repeat(500_000)}`, `${" ".repeat(500_000)}at`]) {
    assert.equal(parsed(line), undefined);
    await report(`Failed to start Worker:\nUncaught Error: x\n${line}`, undefined, kept(mapOf([[]])), "own");
  }
  const long = mapOf([[[0, 0, 0, 0]]]);
  long.mappings = `AAAA${",A".repeat(2_500_000)}`;
  assert.equal(await original(kept(long), { file: "index.js", line: 1, column: 1 }), undefined, "a map of more than can be is none");
});

// The mark stood at the end of its line, of whatever length, and what was stored of the error with it.
test("a column that is none has its mark at the begin", () => {
  for (const column of [0, -1, -5]) assert.equal(codeFrame(LONG, 1, column).split("\n").at(-1), "    | ^");
});

test("what was found before comes to a fault", async () => {
  for (const { bytes } of corpus("sourcemaps")) {
    const thrown = { name: "Error", message: "m", stack: "Error: m\n    at f (index.js:1:1)" };
    assert.match((await faultOf(thrown, kept(decoder.decode(bytes)))).stack, /:1:1/);
  }
});
