// Bundles: what is written is what is read, and an object that is not whole is not taken for one that is.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { decode, encode, loadable, readBundle, readKept } from "../../src/upload/bundle.js";
import { contentOf } from "../../src/upload/content.js";

const encoder = new TextEncoder();
// As registry/manifest.rs makes it; written once more, and otherwise than in src/upload/digest.js.
function digestOf(modules) {
  const hash = createHash("sha256").update("bundle 1");
  const lines = modules.map(({ name, kind, bytes }) => [name, kind, createHash("sha256").update(bytes).digest("hex")]);
  for (const line of lines.sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))) {
    for (const field of line) {
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(Buffer.byteLength(field)));
      hash.update(length).update(field);
    }
  }
  return hash.digest("hex");
}
const GIVEN = JSON.stringify({ folder: "given", parts: [], wrapped: [], sources: {}, classes: [], consumes: false });
const MODULES = [
  { name: "index.js", kind: "js", bytes: encoder.encode("export default 'ä'") },
  { name: "empty.txt", kind: "text", bytes: new Uint8Array() },
  { name: "lib/a.wasm", kind: "wasm", bytes: Uint8Array.from([0, 97, 115, 109, 255]) },
  { name: "b.bin", kind: "data", bytes: Uint8Array.from([255, 254]) },
  { name: "c.json", kind: "json", bytes: encoder.encode('{"a":[1]}') },
  { name: "d.txt", kind: "text", bytes: encoder.encode("\ufeffmark") },
];
const KEY = `n/s/bundle/${digestOf(MODULES)}`;
const joined = (pieces) => Uint8Array.from(pieces.flatMap((piece) => [...piece]));
const bucket = (objects) => ({
  async get(key) {
    return key in objects ? { arrayBuffer: async () => objects[key].slice().buffer } : null;
  },
});

test("what is written is what is read", () => {
  const read = decode(joined(encode(MODULES)));
  assert.deepEqual(read.map((module) => ({ ...module, bytes: module.bytes.slice() })), MODULES);
  assert.deepEqual(decode(joined(encode([]))), []);
});

test("an object that is not whole is told from one that is", () => {
  const whole = joined(encode(MODULES));
  for (let length = 0; length < whole.length; length += 1) {
    assert.throws(() => decode(whole.subarray(0, length)), /damaged/, `${length} of ${whole.length} bytes`);
  }
  assert.throws(() => decode(joined([whole, [0]])), /damaged: it has \d+ bytes and should have \d+/);
});

test("the loader gets each kind as it takes it", async () => {
  const modules = await readBundle(bucket({ [KEY]: joined(encode(MODULES)) }), KEY, "index.js", GIVEN);
  assert.deepEqual(modules, loadable(MODULES));
  assert.equal(modules["index.js"].js, "export default 'ä'");
  assert.equal(modules["empty.txt"].text, "");
  assert.equal(modules["d.txt"].text, "\ufeffmark");
  assert.deepEqual(modules["c.json"].json, { a: [1] });
  for (const [name, kind, length] of [["lib/a.wasm", "wasm", 5], ["b.bin", "data", 2]]) {
    assert.ok(modules[name][kind] instanceof ArrayBuffer);
    assert.equal(modules[name][kind].byteLength, length, "not the whole bundle");
  }
});

test("a bundle that is not there is named", async () => {
  await assert.rejects(readBundle(bucket({}), "n/s/bundle/1", "index.js", GIVEN), /There is no bundle n\/s\/bundle\/1 in the bucket/);
  await assert.rejects(readBundle(bucket({ k: encoder.encode("1234567") }), "k", "index.js", GIVEN), /The bundle k cannot be read: it is damaged/);
});

test("a bundle in which anything is otherwise than it was stored is not read: whichever byte it is", async () => {
  const whole = joined(encode(MODULES));
  const read = (bytes) => readBundle(bucket({ [KEY]: bytes }), KEY, "index.js", GIVEN);
  await read(whole);
  for (let at = 0; at < whole.length; at += 1) {
    const changed = whole.slice();
    changed[at] ^= 1;
    await assert.rejects(read(changed), /^Error: The bundle n\/s\/bundle\/\w+ cannot be read: /, `byte ${at}`);
  }
  // Each of these is whole, and is another.
  const other = (change) => joined(encode(MODULES.map((module, i) => (i === 0 ? { ...module, ...change } : module))));
  for (const bytes of [other({ name: "other.js" }), other({ kind: "cjs" }), other({ bytes: encoder.encode("export default 'o'") }), joined(encode(MODULES.slice(1))), joined(encode([]))]) {
    await assert.rejects(read(bytes), /it is not what was stored under this digest/);
  }
});

test("modules are the same in whatever order, and names are put in order by their bytes", async () => {
  // In JavaScript's order the last one is before the one before it.
  const modules = ["b.js", "a.js", "ab.js", "a", "\uffee.js", "\u{1f600}.js"].map((name) => ({ name, kind: "js", bytes: encoder.encode(name) }));
  const key = `n/s/bundle/${digestOf(modules)}`;
  for (const order of [modules, modules.toReversed()]) {
    assert.deepEqual(await readBundle(bucket({ [key]: joined(encode(order)) }), key, "a", GIVEN), loadable(order));
  }
});

test("source maps that are not what was stored are none; those of older hosts have the digest of their bundle", async () => {
  const maps = [{ name: "b.js.map", kind: "map", bytes: encoder.encode("{}") }, { name: "a.js.map", kind: "map", bytes: encoder.encode("{ }") }];
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  const key = `n/s/map/${sha256(JSON.stringify(maps.map(({ name, bytes }) => [name, sha256(bytes)]).sort()))}`;
  const read = async (mapKey, bytes) => (await readKept(bucket({ [KEY]: joined(encode(MODULES)), [mapKey]: bytes }), KEY, mapKey)).maps.map(({ name }) => name);
  const whole = joined(encode(maps));
  assert.deepEqual(await read(key, whole), ["b.js.map", "a.js.map"]);
  assert.deepEqual(await read(key, joined(encode(maps.slice(1)))), []);
  assert.deepEqual(await read(KEY.replace("bundle", "map"), whole), ["b.js.map", "a.js.map"]);
});

test("the content is a form that could be uploaded again", async () => {
  const response = await contentOf(bucket({ [KEY]: joined(encode(MODULES)) }), KEY, "index.js");
  assert.equal(response.headers.get("cf-entrypoint"), "index.js");
  const parts = [...(await response.formData())];
  assert.deepEqual(parts.map(([name, file]) => [name, file.name, file.type]), [
    ["index.js", "index.js", "application/javascript+module"],
    ["empty.txt", "empty.txt", "text/plain"],
    ["lib/a.wasm", "lib/a.wasm", "application/wasm"],
    ["b.bin", "b.bin", "application/octet-stream"],
    ["c.json", "c.json", "application/json"],
    ["d.txt", "d.txt", "text/plain"],
  ]);
  for (const [i, [, file]] of parts.entries()) assert.deepEqual(new Uint8Array(await file.arrayBuffer()), MODULES[i].bytes);
});
