// Upload sessions by their parts: what a manifest comes to, tokens, and multipart bodies as they come.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Malformed, parts } from "../../src/assets/parts.js";
import { buckets, listed } from "../../src/assets/session.js";
import { sign, verify } from "../../src/assets/token.js";
import { WrongSize, whole } from "../../src/assets/write.js";

const hash = (i) => i.toString(16).padStart(32, "0");

describe("a manifest", () => {
  const problems = (manifest) => {
    try {
      listed(JSON.stringify({ manifest }));
    } catch ({ outcome }) {
      assert.equal(outcome.status, 400);
      return JSON.parse(outcome.problems).map(({ message }) => message);
    }
    return [];
  };

  test("is a sorted list", () => {
    const files = { "/b": { hash: hash(1), size: 1 }, "/a": { hash: hash(2), size: 0 }, "/__proto__": { hash: hash(1), size: 1 } };
    assert.deepEqual(listed(JSON.stringify({ manifest: files })), [["/__proto__", hash(1), 1], ["/a", hash(2), 0], ["/b", hash(1), 1]]);
    assert.deepEqual(listed('{"manifest":{}}'), []);
  });

  test("all that is wrong with it is told at once", () => {
    assert.deepEqual(problems({ x: { hash: hash(1), size: 1 }, "/b": { hash: "1", size: 1 }, "/c": null, "/d": { hash: hash(2), size: 26_214_401 }, "/e": { hash: hash(1), size: 2 }, "/f": { hash: hash(9), size: -1 } }), [
      '"x" has to be a path that begins with a slash.',
      '"/b": hash has to be 32 to 64 hexadecimal digits.',
      '"/c": hash has to be 32 to 64 hexadecimal digits.',
      '"/c": size has to be a number of bytes.',
      '"/d" is of 26214401 bytes: a file can be of 26214400.',
      '"/e" has the hash of another file, and another size.',
      '"/f": size has to be a number of bytes.',
    ]);
    const many = Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`/${i}`, { hash: hash(i), size: 1 }]));
    assert.deepEqual(problems(many), ["There are 20001 files: a script can have 20000."]);
    const bad = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}`, { hash: hash(i), size: 1 }]));
    assert.equal(problems(bad).length, 21);
    assert.equal(problems(bad).at(-1), "There are 10 more problems.");
    for (const body of ["", "null", "[]", "{}", '{"manifest":null}', '{"manifest":[]}', '{"manifest":"x"}']) assert.throws(() => listed(body), body);
  });

  test("is uploaded in buckets that an isolate can take", () => {
    assert.deepEqual(buckets([]), []);
    assert.deepEqual(buckets([["a", 5 << 20], ["b", 3 << 20], ["c", 1], ["d", 25 << 20], ["e", 0]]), [["a", "b"], ["c"], ["d"], ["e"]]);
    assert.deepEqual(buckets(Array.from({ length: 1001 }, (_, i) => [i, 1])).map((bucket) => bucket.length), [500, 500, 1]);
  });
});

describe("a token", () => {
  const claims = { namespace: "n", script: "ü", files: "f" };

  test("has three parts, and its time where wrangler reads it", async () => {
    const token = await sign("key", claims, 5_000_400);
    const [header, payload] = token.split(".").slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
    assert.deepEqual([header, payload], [{ alg: "HS256", typ: "JWT" }, { ...claims, exp: 5000 }]);
    assert.deepEqual(await verify("key", token, 4_999_999), { ...claims, exp: 5000 });
  });

  test("is nobody else's, nothing else, and not for ever", async () => {
    const token = await sign("key", claims, 5_000_000);
    assert.equal(await verify("other", token, 0), null);
    assert.equal(await verify("key", token, 5_000_000), null);
    const [header, payload, signature] = token.split(".");
    const forged = Buffer.from(JSON.stringify({ ...claims, script: "other", exp: 5000 })).toString("base64url");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    for (const wrong of [`${header}.${forged}.${signature}`, `${none}.${payload}.`, `${none}.${payload}.${signature}`, `${header}.${payload}`, "", "a.b.c", `${token}A`, ` ${token}`]) {
      assert.equal(await verify("key", wrong, 0), null, wrong);
    }
  });
});

describe("multipart bodies", () => {
  const body = (text, size) => {
    const bytes = Buffer.from(text, "latin1");
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(new Uint8Array(bytes.subarray(at, at + size)));
        at += size;
      },
    });
  };
  const read = async (stream, skip = () => false) => {
    const found = [];
    for await (const { name, type, body } of parts(stream, "B")) {
      let text = "";
      for await (const bytes of body) {
        text += Buffer.from(bytes).toString("latin1");
        // Leaving off in between takes nothing from what follows.
        if (skip(name)) break;
      }
      for await (const _ of body);
      found.push(skip(name) ? [name] : [name, type, text]);
    }
    return found;
  };
  const TEXT = 'preamble\r\n--B\r\nContent-Disposition: form-data; name="a"; filename="x"\r\nContent-Type: text/html; charset=utf-8\r\n\r\nA\r\n--C\r\n\r--\r\n\r\n\r\nA\r\n'
    + "--B  \r\ncontent-disposition: form-data; filename=name; name=b\r\n\r\n\r\n--B\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n\x00\xff\r\n\r\n--B--\r\nepilogue";
  const PARTS = [["a", "text/html; charset=utf-8", "A\r\n--C\r\n\r--\r\n\r\n\r\nA"], ["b", undefined, ""], ["c", undefined, "\x00\xff\r\n"]];

  test("however they are cut", async () => {
    for (const size of [1, 2, 3, 5, 7, 16, 1000]) assert.deepEqual(await read(body(TEXT, size)), PARTS, `${size}`);
    assert.deepEqual(await read(body(TEXT.slice(10), 4)), PARTS, "without a preamble");
    assert.deepEqual(await read(body("--B--", 2)), []);
  });

  test("a part that is left in the middle does not become the next one", async () => {
    for (const size of [1, 5, 1000]) assert.deepEqual(await read(body(TEXT, size), (name) => name === "a"), [["a"], ...PARTS.slice(1)]);
  });

  test("one that breaks off, or is none, is told", async () => {
    for (let length = 0; length < TEXT.indexOf("--B--") + 5; length += 3) await assert.rejects(read(body(TEXT.slice(0, length), 7)), Malformed, `${length}`);
    await assert.rejects(read(body("x".repeat(100_000), 1000)), Malformed);
    await assert.rejects(read(body(`--B\r\nX: ${"x".repeat(100_000)}`, 1000)), Malformed);
    await assert.rejects(read(body("--B\r\nContent-Type: x\r\n\r\n\r\n--B--", 1000)), /a part has no name/);
  });
});

test("a file is as long as the manifest says", async () => {
  const pieces = async function* (...texts) {
    for (const text of texts) yield Buffer.from(text);
  };
  assert.deepEqual(await whole(3, pieces("a", "bc")), new Uint8Array([97, 98, 99]));
  assert.deepEqual(await whole(0, pieces()), new Uint8Array(0));
  await assert.rejects(whole(2, pieces("a", "bc")), WrongSize);
  await assert.rejects(whole(4, pieces("a", "bc")), WrongSize);
});
