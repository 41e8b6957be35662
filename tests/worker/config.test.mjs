// GET and PUT /config: one document, changed whole, by whoever may and knows what is there.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FEATURES, ISO, current, put, refused } from "./contract.mjs";
import { withHost } from "./host.mjs";

const TOKEN = "the-token-of-the-configuration-tests";
const document = (version, features = {}) => ({ version, features: { ...FEATURES, ...features } });
const withToken = (body) => withHost({ bindings: { API_TOKEN: TOKEN } }, body);

/** Nothing but this refusal comes of the change: the document, its ETag and its worker stay. */
async function unchanged(host, change, status, code) {
  const before = await current(host.fetch);
  const answer = await change;
  const message = await refused(answer, status, code);
  assert.deepEqual(await current(host.fetch, "warm"), before);
  return { message, headers: answer.headers };
}

describe("reading", () => {
  test("the document that is there at first", () => withHost({}, async (host) => {
    const began = Date.now();
    const { body, etag } = await current(host.fetch, "cold");
    const { lastUpdated, ...rest } = body;
    assert.deepEqual(rest, document("1.0.0"));
    assert.match(lastUpdated, ISO);
    assert.ok(Math.abs(Date.parse(lastUpdated) - began) < 60_000, lastUpdated);
    assert.equal(etag, '"1"');
    assert.equal((await host.fetch("/config")).headers.get("cache-control"), "no-cache");
  }));

  test("who has it already is told so", () => withHost({}, async (host) => {
    const { etag } = await current(host.fetch);
    for (const known of [etag, `W/${etag}`, `"0", ${etag}`, "*"]) {
      const answer = await host.fetch("/config", { headers: { "if-none-match": known } });
      assert.equal(answer.status, 304, known);
      assert.equal(await answer.text(), "");
      assert.equal(answer.headers.get("etag"), etag);
      assert.equal(answer.headers.get("x-worker-cache"), "warm");
    }
    const other = await host.fetch("/config", { headers: { "if-none-match": '"0"' } });
    assert.equal(other.status, 200);
    assert.ok((await other.json()).version);
  }));
});

describe("changing", () => {
  test("is off until there is a token", async () => {
    for (const bindings of [{}, { API_TOKEN: "" }]) {
      await withHost({ bindings }, async (host) => {
        for (const token of [TOKEN, "", "undefined"]) {
          const { message } = await unchanged(host, put(host.fetch, token, document("2.0.0")), 403, "api_token_not_set");
          assert.match(message, /API_TOKEN/);
        }
      });
    }
  });

  test("needs the token, before anything is said of the rest", () => withToken(async (host) => {
    const wrong = [null, TOKEN, `Basic ${TOKEN}`, "Bearer", "Bearer ", `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN.toUpperCase()}`];
    for (const authorization of wrong) {
      const change = put(host.fetch, TOKEN, "no document", { authorization, "if-match": null });
      const { headers, message } = await unchanged(host, change, 401, "unauthorized");
      assert.equal(headers.get("www-authenticate"), "Bearer");
      assert.ok(!message.includes(TOKEN));
    }
    assert.equal((await put(host.fetch, TOKEN, document("2.0.0"), { authorization: `bearer ${TOKEN}` })).status, 200);
  }));

  test("has to say what it replaces", () => withToken(async (host) => {
    await unchanged(host, put(host.fetch, TOKEN, document("2.0.0"), { "if-match": null }), 428, "precondition_required");
    for (const stale of ['"0"', '"2"', "1", 'W/"1"', '"11"']) {
      const change = put(host.fetch, TOKEN, document("2.0.0"), { "if-match": stale });
      const { headers } = await unchanged(host, change, 412, "precondition_failed");
      assert.equal(headers.get("etag"), '"1"', "what is there now");
    }
    for (const [fits, next] of [['"1"', '"2"'], ['"9", "2"', '"3"'], ["*", '"4"']]) {
      const answer = await put(host.fetch, TOKEN, document("2.0.0"), { "if-match": fits });
      assert.deepEqual([answer.status, answer.headers.get("etag")], [200, next], fits);
    }
  }));

  test("needs a length, of 64 KiB at most", () => withToken(async (host) => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(JSON.stringify(document("2.0.0"))));
        controller.close();
      },
    });
    await unchanged(host, put(host.fetch, TOKEN, stream), 411, "length_required");

    const text = JSON.stringify(document("2.0.0"));
    const { message } = await unchanged(host, put(host.fetch, TOKEN, text.padEnd(65_537)), 413, "body_too_large");
    assert.match(message, /65536/);
    assert.equal((await put(host.fetch, TOKEN, text.padEnd(65_536))).status, 200, "the limit itself is allowed");
  }));

  test("a document that is none is refused with all that is wrong with it", () => withToken(async (host) => {
    const { configReload: _, ...short } = FEATURES;
    const wrong = [
      ["{", /not JSON/],
      ["", /not JSON/],
      ["[]", /JSON object/],
      ["null", /JSON object/],
      [{}, /version is missing/, /features is missing/],
      [{ version: 1, features: [] }, /version has to be/, /features has to be/],
      [
        { version: "1.0", features: { ...short, gracefulShutdown: "yes", "a-b": true }, feature: {}, Version: "1.0.0" },
        /version has to be three numbers/,
        /features\.configReload is missing/,
        /features\.gracefulShutdown has to be true or false/,
        /"a-b" is no name of a feature/,
        /"feature" is no field/,
        /"Version" is no field/,
      ],
      [document("2.0.0", Object.fromEntries(Array.from({ length: 253 }, (_, i) => [`f${i}`, true]))), /257 entries, the limit is 256/],
    ];
    for (const [body, ...problems] of wrong) {
      const { message } = await unchanged(host, put(host.fetch, TOKEN, body), 400, "invalid_document");
      for (const problem of problems) assert.match(message, problem);
      assert.equal(message.split("; ").length, problems.length, `one each, and no more: ${message}`);
    }
  }));

  test("is served from the next request on, by a new worker", () => withToken(async (host) => {
    const keys = [(await current(host.fetch, "cold")).key];
    for (const version of ["2.0.0", "2.0.1-rc.1+build.5", "1.0.0"]) {
      const sent = { ...document(version, { ownFeature: false }), lastUpdated: "long ago" };
      const { etag } = await current(host.fetch);
      const answer = await put(host.fetch, TOKEN, sent, { "if-match": etag });
      assert.equal(answer.status, 200);
      const stored = await answer.json();
      assert.match(stored.lastUpdated, ISO, "the time is ours to tell");
      assert.deepEqual(stored, { ...sent, lastUpdated: stored.lastUpdated });

      const now = await current(host.fetch, "cold");
      assert.deepEqual([now.body, now.etag], [stored, answer.headers.get("etag")]);
      assert.equal((await current(host.fetch, "warm")).key, now.key);
      assert.equal((await host.fetch("/config", { headers: { "if-none-match": etag } })).status, 200, "the old ETag is old");
      keys.push(now.key);
    }
    assert.equal(new Set(keys).size, 4);
  }));

  test("what was read can be sent back", () => withToken(async (host) => {
    const { body, etag } = await current(host.fetch);
    assert.equal((await put(host.fetch, TOKEN, body, { "if-match": etag })).status, 200);
  }));

  test("of changes to the same revision one wins", () => withToken(async (host) => {
    for (let round = 0; round < 5; round++) {
      const { etag } = await current(host.fetch);
      const versions = Array.from({ length: 6 }, (_, i) => `${round}.0.${i}`);
      const answers = await Promise.all(versions.map((version) => put(host.fetch, TOKEN, document(version), { "if-match": etag })));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412, 412, 412, 412]);
      const winner = answers.findIndex(({ status }) => status === 200);
      const now = await current(host.fetch);
      assert.equal(now.body.version, versions[winner]);
      // Each that lost was told of the one that won.
      for (const { headers } of answers) assert.equal(headers.get("etag"), now.etag);
    }
  }));
});
