// Multipart bodies: what is well formed is read as the platform reads it, and anything else is refused as malformed, in as many
// steps as the body is long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Malformed, boundaryIn, boundaryOf, parse } from "../../src/upload/multipart.js";
import { receive } from "../../src/upload/receive.js";
import { corpus, decoder, encoder, fc, holds, joined, mutated } from "./fuzz.mjs";

const BOUNDARY = "----b";
const MOST = 20;
const WORDS = ["\r\n", "\n", "\r", "\r\n\r\n", `\r\n--${BOUNDARY}`, `--${BOUNDARY}`, `\r\n--${BOUNDARY}--`, "--", " ", "\t", '"', "\\", ";", ";name=", 'Content-Disposition: form-data; name="',
  "filename*=UTF-8''x", "Content-Type:", "\0", "\ufeff", "%0D%0A", "%22", "__proto__", "metadata", "metadata[bindings][][name]", "files[]", "ä", "\u2028", "9".repeat(30), "{", "[[", "null"];

const letter = fc.constantFrom("a", "B", "0", "-", "_", ".", "/", " ", ";", "=", "%", "'", "ä", "😀", "[", "]");
// What stands for a quote or a line break cannot be told from itself: browsers do not write it otherwise.
const name = fc.array(letter, { minLength: 1, maxLength: 8 }).map((letters) => letters.join("")).filter((name) => !/%(?:0A|0D|22)/i.test(name));
const type = fc.option(fc.constantFrom("text/plain", "application/javascript+module", "application/wasm", "application/octet-stream", "a/b; c=d"), { nil: undefined });
// Line breaks, dashes and the boundary itself are what a parser gets wrong.
const content = fc.array(fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.constantFrom(...WORDS).filter((word) => !word.includes(`--${BOUNDARY}`)).map((word) => encoder.encode(word)), fc.constant(encoder.encode(`\r\n--${BOUNDARY}x`))), { maxLength: 6 })
  // What is at the end of one piece and the begin of the next must not come to a boundary.
  .map((pieces) => joined(...pieces)).filter((bytes) => !decoder.decode(joined("\r\n", bytes, "\r\n")).match(/\r\n------b(?:--|[ \t]*\r\n)/));
const part = fc.record({ name, filename: fc.option(name, { nil: undefined }), type, content });
const style = fc.record({ padding: fc.constantFrom("", " ", "\t "), preamble: fc.constantFrom("", "\r\n", "a preamble\r\n"), epilogue: fc.constantFrom("", "\r\n", "\r\nan epilogue"), upper: fc.boolean(), first: fc.constantFrom("name", "filename") });
const form = fc.record({ parts: fc.array(part, { minLength: 1, maxLength: 5 }), style });

const escaped = (text) => text.replace(/"/g, "%22").replace(/\r\n|\r|\n/g, "%0D%0A");

/** The form as a client might write it. */
function written({ parts, style: { padding, preamble, epilogue, upper, first } }) {
  const header = (text) => (upper ? text.replace(/^[^:]+/, (name) => name.toUpperCase()) : text);
  const all = parts.map(({ name, filename, type, content }) => {
    const named = [`name="${escaped(name)}"`, ...(filename === undefined ? [] : [`filename="${escaped(filename)}"`])];
    if (first === "filename") named.reverse();
    const headers = [header(`Content-Disposition: form-data; ${named.join("; ")}`), ...(type === undefined ? [] : [header(`Content-Type: ${type}`)])];
    return joined(`--${BOUNDARY}${padding}\r\n${headers.join("\r\n")}\r\n\r\n`, content, "\r\n");
  });
  return joined(preamble, ...all, `--${BOUNDARY}--`, epilogue);
}

/** Parses; gives the parts, or nothing where it is refused. Whatever else is thrown fails the test. */
function read(bytes, boundary = BOUNDARY) {
  try {
    return parse(bytes, boundary, MOST);
  } catch (error) {
    assert.ok(error instanceof Malformed, error.stack);
    assert.match(error.message, /^[a-z][^]{10,}/, "it says what is wrong");
    return undefined;
  }
}

/** The bytes, and how often one of them was looked at. */
function counting(bytes) {
  const seen = { steps: 0 };
  const counted = new Proxy(bytes, {
    get(_, key) {
      if (typeof key === "string" && /^\d+$/.test(key)) seen.steps += 1;
      const value = Reflect.get(bytes, key, bytes);
      if (typeof value !== "function") return value;
      return (...args) => {
        const result = value.apply(bytes, args);
        if (key === "indexOf") seen.steps += (result < 0 ? bytes.length : result) - args[1];
        return result;
      };
    },
  });
  return { counted, seen };
}

const plain = (parts) => parts?.map((part) => ({ ...part, bytes: [...part.bytes] }));
const bodies = fc.oneof(form.map(written), fc.constantFrom(...corpus("multipart").map(({ bytes }) => bytes)));
const anything = fc.oneof({ weight: 4, arbitrary: mutated(bodies, WORDS) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) });

holds("what is well formed comes out as it went in, however it is written", 400, [form], (given) => {
  const expected = given.parts.map(({ name, filename, type, content }) => ({ name, filename, type, bytes: [...content] }));
  assert.deepEqual(plain(read(written(given))), expected);
});

holds("and as the platform's own reader has it", 300, [form.filter(({ parts }) => parts.every(({ content }) => !decoder.decode(content).includes(`--${BOUNDARY}`)))], async ({ parts }) => {
  // It takes one way of writing, and the boundary for one wherever it is.
  const bytes = written({ parts, style: { padding: "", preamble: "", epilogue: "\r\n", upper: false, first: "name" } });
  const theirs = [...(await new Response(bytes, { headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` } }).formData())];
  const ours = read(bytes);
  assert.deepEqual(ours.map(({ name }) => name), theirs.map(([name]) => name));
  for (const [i, [, value]] of theirs.entries()) {
    if (typeof value === "string") assert.equal(decoder.decode(ours[i].bytes), value);
    else assert.deepEqual([ours[i].filename, [...ours[i].bytes]], [value.name, [...new Uint8Array(await value.arrayBuffer())]]);
  }
});

holds("one that breaks off is malformed, wherever that is", 300, [form, fc.double({ min: 0, max: 1, noNaN: true })], (given, share) => {
  const bytes = written({ ...given, style: { ...given.style, epilogue: "" } });
  // The last line is whole without its line break.
  const length = Math.min(Math.floor(share * bytes.length), bytes.length - 1);
  assert.equal(read(bytes.subarray(0, length)), undefined, `${length} of ${bytes.length} bytes`);
});

holds("anything is read or malformed; the parts are pieces of it that follow each other; nothing of it decides how long that takes but its length", 1500, [anything], (bytes) => {
  const { counted, seen } = counting(bytes);
  const parts = read(counted);
  assert.ok(seen.steps <= 8 * bytes.length + 200, `${seen.steps} steps for ${bytes.length} bytes`);
  let end = 0;
  for (const { name, bytes: { buffer, byteOffset, length } } of parts ?? []) {
    assert.equal(typeof name, "string");
    assert.equal(buffer, bytes.buffer, "a view, and no copy");
    assert.ok(byteOffset >= bytes.byteOffset + end && byteOffset + length <= bytes.byteOffset + bytes.length);
    end = byteOffset - bytes.byteOffset + length;
  }
});

holds("any boundary that a Content-Type has can be one", 300, [fc.string({ maxLength: 80, unit: "grapheme-ascii" }), form], (boundary, given) => {
  const found = boundaryOf(`multipart/form-data; boundary="${boundary.replace(/["\\]/g, "\\$&")}"`);
  assert.equal(found, boundary);
  read(written(given), boundary);
  boundaryIn(encoder.encode(boundary));
});

holds("an upload of anything is answered: with what it is, or with why it is refused", 400, [anything, fc.constantFrom(`multipart/form-data; boundary=${BOUNDARY}`, "multipart/form-data", "application/javascript", "application/json", "application/javascript+module", "text/plain", "")], async (bytes, type) => {
  const { facts, kept } = await receive(new Request("https://h/", { method: "PUT", headers: { "content-type": type }, body: bytes }), 10_000);
  const { refused, messages, metadata, modules, problems } = JSON.parse(facts);
  if (refused) {
    assert.ok(["body", "size", "type", "module"].includes(refused) && messages.length > 0 && messages.every((message) => message.length > 10), facts);
    return;
  }
  assert.ok(typeof metadata === "object" && !Array.isArray(metadata) && Array.isArray(problems), facts);
  assert.deepEqual(modules.map(({ name, kind, bytes }) => [name, kind, bytes]), kept.modules.map(({ name, kind, bytes }) => [name, kind, bytes.length]));
  assert.equal(new Set(modules.map(({ name }) => name)).size, modules.length, "a name is one module");
  assert.equal({}.polluted ?? Object.prototype.name, undefined);
});

test("what was found before is refused or read as it was decided then", () => {
  for (const { name, bytes } of corpus("multipart")) assert.equal(read(bytes) !== undefined, name.startsWith("good"), name);
});
