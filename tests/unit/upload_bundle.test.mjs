// Bundles: what is written is what is read, and an object that is not whole is not taken for one that is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode, loadable, readBundle } from "../../src/upload/bundle.js";
import { contentOf } from "../../src/upload/content.js";

const encoder = new TextEncoder();
const GIVEN = JSON.stringify({ folder: "given", parts: [], wrapped: [], sources: {}, classes: [], consumes: false });
const MODULES = [
  { name: "index.js", kind: "js", bytes: encoder.encode("export default 'ä'") },
  { name: "empty.txt", kind: "text", bytes: new Uint8Array() },
  { name: "lib/a.wasm", kind: "wasm", bytes: Uint8Array.from([0, 97, 115, 109, 255]) },
  { name: "b.bin", kind: "data", bytes: Uint8Array.from([255, 254]) },
  { name: "c.json", kind: "json", bytes: encoder.encode('{"a":[1]}') },
  { name: "d.txt", kind: "text", bytes: encoder.encode("\ufeffmark") },
];
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
  const modules = await readBundle(bucket({ k: joined(encode(MODULES)) }), "k", "index.js", GIVEN);
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

test("the content is a form that could be uploaded again", async () => {
  const response = await contentOf(bucket({ k: joined(encode(MODULES)) }), "k", "index.js");
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
