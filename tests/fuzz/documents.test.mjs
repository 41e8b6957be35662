// What comes as JSON, or in its place: documents spread over form fields, how deep they are, lists of files, bundles as they lie in the
// bucket. Each is what it says, or is refused in words of ours; none of it changes anything else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused } from "../../src/assets/ask.js";
import { buckets, listed } from "../../src/assets/session.js";
import { decode, encode, readModules } from "../../src/upload/bundle.js";
import { digestOfModules } from "../../src/upload/digest.js";
import { document } from "../../src/upload/fields.js";
import { isDeep } from "../../src/upload/json.js";
import { modulesOf } from "../../src/upload/modules.js";
import { Malformed } from "../../src/upload/multipart.js";
import { corpus, decoder, encoder, fc, holds, joined, mutated } from "./fuzz.mjs";

const NAMES = ["a", "b", "name", "type", "json", "bindings", "constructor", "toString", "hasOwnProperty", "valueOf", "__proto__", "length", "0", ""];

/** `run()`, or nothing where it throws one of these. */
function unless(Expected, run) {
  try {
    return run();
  } catch (error) {
    assert.ok(error instanceof Expected, error.stack);
    return undefined;
  }
}

// A document as the npm package has it: objects, lists of texts, lists of objects that have the same first field (so that none has a
// number for its name, which comes before all others).
const leaf = fc.constantFrom("x", "null", "5", "true", "", "ä");
const key = fc.constantFrom(...NAMES.filter((name) => name !== "" && name !== "__proto__" && name !== "0"));
const { tree } = fc.letrec((tie) => ({
  tree: fc.dictionary(key, fc.oneof({ depthSize: "small" }, leaf, fc.array(leaf, { minLength: 1, maxLength: 3 }), fc.array(tie("row"), { minLength: 1, maxLength: 3 }), tie("tree")), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
  row: fc.tuple(leaf, fc.dictionary(key.filter((name) => name !== "a"), leaf, { maxKeys: 2, noNullPrototype: true })).map(([first, rest]) => ({ a: first, ...rest })),
}));

/** The fields that the package makes of a document. */
function* fieldsOf(value, name) {
  if (Array.isArray(value)) for (const one of value) yield* fieldsOf(one, `${name}[]`);
  else if (typeof value === "object") for (const [key, one] of Object.entries(value)) yield* fieldsOf(one, `${name}[${key}]`);
  else yield [name, value];
}

holds("a document that is spread over fields comes together again", 500, [tree], (given) => {
  // Below a name that means nothing to anybody, so that text stays text.
  assert.deepEqual(document("m", [...fieldsOf({ own: given }, "m")]), { own: given });
});

const piece = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...NAMES).map((name) => `[${name}]`) }, { weight: 1, arbitrary: fc.constantFrom("[", "]", "[[a]]", "x", "[a]b") });
const field = fc.tuple(fc.array(piece, { maxLength: 18 }).map((pieces) => `metadata${pieces.join("")}`), fc.oneof(leaf, fc.constantFrom("{", "[".repeat(70), '{"a":1}', "[[1]]")));

holds("any fields come to a document or are malformed, and touch nothing else", 1500, [fc.array(field, { maxLength: 6 })], (fields) => {
  const before = Object.getOwnPropertyNames(Object.prototype).length;
  const found = unless(Malformed, () => document("metadata", fields));
  assert.equal(Object.getOwnPropertyNames(Object.prototype).length, before);
  assert.deepEqual([Object.name, Object.prototype.toString.name, Array.prototype.length], ["Object", "toString", 0]);
  if (found === undefined) return;
  assert.equal(JSON.stringify(JSON.parse(JSON.stringify(found))), JSON.stringify(found), "it is JSON");
});

const depthOf = (value) => (value === null || typeof value !== "object" ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf)));
const text = fc.oneof(fc.string(), fc.constantFrom('"', "\\", '\\"', "[", "{{", "]", '\\\\"['));
const nested = fc.tuple(fc.integer({ min: 0, max: 70 }), fc.boolean(), text, fc.jsonValue()).map(([levels, list, said, inner]) => {
  let value = inner;
  for (let i = 0; i < levels; i += 1) value = list ? [value, said] : { [said || "a"]: value };
  return value;
});

holds("how deep JSON is, is what it comes to when it is read", 800, [nested, fc.constantFrom(undefined, 1, "\t")], (value, space) => {
  assert.equal(isDeep(JSON.stringify(value, null, space)), depthOf(value) > 64);
});

holds("and of what is no JSON something is said, too", 500, [fc.string({ unit: fc.constantFrom('"', "\\", "[", "]", "{", "}", "a", ","), maxLength: 200 })], (text) => {
  assert.equal(typeof isDeep(text), "boolean");
});

const path = fc.oneof(fc.constantFrom("/", "/a", "/b", "a", "", "/__proto__", "__proto__", "/a\0", "/ä", `/${"x".repeat(4096)}`), fc.string().map((text) => `/${text}`));
const entry = fc.oneof(fc.record({ hash: fc.oneof(fc.constantFrom("0".repeat(32), "F".repeat(64), "1".repeat(65), "", null, 5), fc.string()), size: fc.oneof(fc.nat(), fc.constantFrom(-1, 0.5, 1e300, null, "1", (25 << 20) + 1)) }), fc.jsonValue());
const list = fc.oneof(fc.jsonValue(), fc.record({ manifest: fc.dictionary(path, entry, { noNullPrototype: true }) })).map((value) => JSON.stringify(value));

holds("a list of files is sorted and has each once, in whatever order it came; or all that is wrong is told", 1000, [fc.oneof(list, list.chain((text) => mutated(fc.constant(encoder.encode(text)), ['"', "{", "}", ":", "null", "9", "\\u0000", ","]).map((bytes) => decoder.decode(bytes))))], (body) => {
  const files = unless(Refused, () => listed(body));
  if (files === undefined) return;
  const paths = files.map(([path]) => path);
  assert.deepEqual(paths, [...new Set(paths)].sort());
  for (const [path, hash, size] of files) assert.ok(path.startsWith("/") && /^[0-9a-f]{32,64}$/i.test(hash) && Number.isInteger(size) && size >= 0);
  const { manifest } = JSON.parse(body);
  const turned = JSON.stringify({ manifest: Object.fromEntries(Object.entries(manifest).reverse()) });
  assert.deepEqual(listed(turned), files);
  const wanted = [...new Map(files.map(([, hash, size]) => [hash, size]))];
  assert.deepEqual(buckets(wanted).flat(), wanted.map(([hash]) => hash), "each is uploaded once");
});

// Bundles.
const kind = fc.constantFrom("js", "cjs", "wasm", "data", "text", "json", "map");
const module = fc.record({ name: fc.oneof(fc.constantFrom("index.js", "a", "ab", "a/b.js", "\uffee.js", "😀.js"), fc.string({ minLength: 1, unit: "grapheme" })), kind, bytes: fc.uint8Array({ maxLength: 40 }) });
const modules = fc.uniqueArray(module, { maxLength: 5, selector: ({ name }) => name });
const bucketOf = (key, bytes) => ({ get: async (asked) => (asked === key ? { arrayBuffer: async () => bytes.slice().buffer } : null) });
const plain = (modules) => modules.map(({ name, kind, bytes }) => [name, kind, [...bytes]]);

holds("a bundle comes out of the bucket as it went in", 300, [modules], async (given) => {
  const key = `n/s/bundle/${await digestOfModules(given)}`;
  assert.deepEqual(plain(await readModules(bucketOf(key, joined(...encode(given))), key)), plain(given));
});

holds("one that was changed is not read, but where it means the same", 800, [modules.chain((given) => mutated(fc.constant(joined(...encode(given))), ["[", "]", ",", '"', "-1", "1e9", "null", "0", " ", "\0\0\0\0", "\xff\xff\xff\xff"]).map((bytes) => ({ given, bytes })))], async ({ given, bytes }) => {
  const key = `n/s/bundle/${await digestOfModules(given)}`;
  let read;
  try {
    read = await readModules(bucketOf(key, bytes), key);
  } catch (error) {
    assert.match(error.message, /^The bundle n\/s\/bundle\/\w{64} cannot be read: /);
    return;
  }
  const sorted = (modules) => plain(modules).sort(([one], [other]) => (one < other ? -1 : 1));
  assert.deepEqual(sorted(read), sorted(given));
});

holds("two bundles have the same digest where they have the same modules, and nowhere else", 800, [modules, modules, fc.boolean()], async (one, other, turned) => {
  const second = turned ? one.toReversed() : other;
  const same = JSON.stringify(plain(one).sort()) === JSON.stringify(plain(second).sort());
  assert.equal((await digestOfModules(one)) === (await digestOfModules(second)), same);
});

test("the digests are those that Rust makes: tests/fuzz/manifests.rs reads the same file", async () => {
  for (const { digest, modules } of JSON.parse(decoder.decode(corpus("bundles").find(({ name }) => name === "digests.json").bytes))) {
    assert.equal(await digestOfModules(modules.map(({ name, kind, text }) => ({ name, kind, bytes: encoder.encode(text) }))), digest);
  }
});

const file = fc.record({ name: fc.oneof(fc.constantFrom("./a.js", "files[]", "files", "files[x.js]", "../a", "__proto__", "a%2fb", "", "node:fs", "a//b"), fc.string()), filename: fc.option(fc.string(), { nil: undefined }), type: fc.option(fc.constantFrom("text/plain", "application/json", "constructor", "application/source-map; charset=x", "x"), { nil: undefined }), bytes: fc.uint8Array({ maxLength: 20 }) });

holds("a name that is taken for a module's means in a URL what it says", 1000, [fc.array(file, { maxLength: 4 })], (files) => {
  const { modules, maps, problems } = modulesOf(files, 500);
  assert.ok(problems.length + modules.length + maps.length >= files.length || problems.length > 0);
  for (const { name } of [...modules, ...maps]) {
    // Spaces at its end are cut off there: then it is not found.
    if (name.trimEnd() !== name) continue;
    const url = new URL(`./${name}`, "https://modules/");
    assert.deepEqual([url.host, decodeURIComponent(url.pathname), url.search, url.hash], ["modules", `/${name.toWellFormed()}`, "", ""]);
  }
});
