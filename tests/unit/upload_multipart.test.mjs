// The multipart parser beside the platform's own: what FormData writes is read, byte for byte, and what is broken is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { boundaryIn, boundaryOf, parse } from "../../src/upload/multipart.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const lines = (...all) => encoder.encode(all.join("\r\n"));

/** A generator of numbers that are the same in every run. */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A body as the platform writes it, with its boundary. */
async function written(form) {
  const response = new Response(form);
  return { boundary: boundaryOf(response.headers.get("content-type")), bytes: new Uint8Array(await response.arrayBuffer()) };
}

test("reads whatever FormData writes: 300 forms of random bytes, names and types", async () => {
  const next = random(7);
  const letters = ["a", "-", "\r", "\n", '"', "%", "ä", "/", ".", " ", ";", "="];
  const name = () => Array.from({ length: 1 + next(6) }, () => letters[next(letters.length)]).join("");
  for (let round = 0; round < 300; round += 1) {
    const form = new FormData();
    const expected = [];
    for (let i = next(6); i >= 0; i -= 1) {
      // Line breaks and dashes are what a parser gets wrong.
      const bytes = Uint8Array.from({ length: next(200) }, () => [13, 10, 45, next(256)][next(4)]);
      const part = { name: name(), filename: name(), type: ["text/plain", "application/javascript+module", "a/b;c=d"][next(3)] };
      form.append(part.name, new File([bytes], part.filename, { type: part.type }));
      // FormData makes all line breaks of names CRLF, and reading makes nothing of them.
      const broken = (text) => text.replace(/\r\n|\r|\n/g, "\r\n");
      expected.push({ name: broken(part.name), filename: part.filename, type: part.type, bytes });
    }
    const { boundary, bytes } = await written(form);
    assert.deepEqual(parse(bytes, boundary, 10).map((part) => ({ ...part, bytes: part.bytes.slice() })), expected);
  }
});

test("a part without a file name keeps its bytes and its type, which formData() does not", () => {
  const head = lines("--b", 'Content-Disposition: form-data; name="a.wasm"', "Content-Type: application/wasm", "", "");
  const bytes = Uint8Array.from([0, 97, 115, 109, 0xff, 0xfe, 13, 10, 0]);
  const [part] = parse(Uint8Array.from([...head, ...bytes, ...lines("", "--b--")]), "b", 1);
  assert.deepEqual({ ...part, bytes: part.bytes.slice() }, { name: "a.wasm", filename: undefined, type: "application/wasm", bytes });
});

test("reads what other clients write", () => {
  const body = lines(
    "a preamble, to be passed over",
    "--b \t",
    'content-disposition:form-data;filename="x; name=y.js";name="in \\"quotes\\""',
    "",
    "--bx is not the boundary",
    "--b",
    "Content-Disposition: form-data; name=plain",
    "Content-Transfer-Encoding: binary",
    "",
    "",
    "--b--",
    "an epilogue",
  );
  const read = parse(body, "b", 2).map((part) => ({ ...part, bytes: decoder.decode(part.bytes) }));
  assert.deepEqual(read, [
    { name: 'in "quotes"', filename: "x; name=y.js", type: undefined, bytes: "--bx is not the boundary" },
    { name: "plain", filename: undefined, type: undefined, bytes: "" },
  ]);
});

test("what is broken says how", () => {
  const part = ['Content-Disposition: form-data; name="a"', "", "text"];
  for (const [body, message] of [
    [lines(""), /there is no line "--b" in it/],
    [lines("--c", ...part, "--c--"), /there is no line "--b"/],
    [lines("--b", ...part), /breaks off before the last line, "--b--"/],
    [lines("--b", 'Content-Disposition: form-data; name="a"'), /breaks off/],
    [lines("--b", "Content-Type: text/plain", "", "text", "--b--"), /part 1 has no header like Content-Disposition/],
    [lines("--b", 'Content-Disposition: attachment; name="a"', "", "text", "--b--"), /part 1 has no header/],
    [lines("--b", ...part, "--b", "", "text", "--b--"), /part 2 has no header/],
    [lines("--b", ...part, "--b junk"), /breaks off/],
    [lines("--b", 'Content-Disposition: form-data; name="a"', "--b", ...part, "--b--"), /part 1 has no empty line after its headers/],
    [lines("--b", "--b", ...part, "--b--"), /part 1 has no empty line/],
    [lines("--b", ...part, "--b", ...part, "--b", ...part, "--b--"), /more than 2 parts/],
  ]) {
    assert.throws(() => parse(body, "b", 2), message);
  }
});

test("the boundary is in the type, or in the first line", () => {
  assert.equal(boundaryOf("multipart/form-data; boundary=----x1"), "----x1");
  assert.equal(boundaryOf('Multipart/Form-Data; charset=utf-8; Boundary="a \\"b"; x=y'), 'a "b');
  assert.equal(boundaryOf("multipart/form-data"), null);
  assert.equal(boundaryIn(lines("------formdata-undici-069", 'content-disposition: form-data; name="a"')), "----formdata-undici-069");
  for (const code of ["--i;\r\nfoo", "--x\r\nimport a from 'b'", "export default {}", ""]) assert.equal(boundaryIn(lines(code)), undefined);
});

test("a long body is read in a moment", () => {
  const body = new Uint8Array(32 * 1024 * 1024).fill(13);
  body.set(lines("--b", 'Content-Disposition: form-data; name="a"', "", ""));
  body.set(lines("", "--b--"), body.length - 7);
  const began = performance.now();
  assert.equal(parse(body, "b", 1)[0].bytes.length, body.length - 7 - 49);
  assert.ok(performance.now() - began < 5000, `${performance.now() - began} ms`);
});
