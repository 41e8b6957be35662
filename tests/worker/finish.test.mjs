// The host's half in JavaScript, over a stand-in for the WebAssembly: what only a loader that evicts could show.
import assert from "node:assert/strict";
import { test } from "node:test";
import { host } from "../../src/dispatch/finish.js";

const request = new Request("https://host.example/");
const owner = { namespace: "n", namespace_id: "id", script: "s" };
// What is counted is brought away later, which is no matter of these tests.
globalThis.scheduler = { wait: () => new Promise(() => {}) };
const counted = new Set();
/** A context, and the promises that it is given, but for those that bring away what is counted. */
function context(kept = []) {
  return { waitUntil: (promise) => (counted.size < 2 ? counted.add(promise) : kept.push(promise)) };
}

test("a version that loads again after it failed is news again", async () => {
  const note = { owner, shortKey: "s@1" };
  const answers = [() => new Response("one"), () => { throw new Error("evicted, and failed"); }, () => new Response("two")];
  const told = [];
  const functions = {
    handle: () => ({ answer: (async () => answers.shift()())(), request, note, name: "s@1" }),
    failed: () => (told.push("failed"), Response.json({ error: { code: "any" } }, { status: 502 })),
    loaded: () => told.push("loaded"),
    identity() {},
    loaded_workers: () => 0,
  };
  // As much of the SDK's entry as this needs.
  const entry = (_generated, { fetch, finish }) => ({
    fetch: (request, env, ctx) => finish(fetch(request, env), request, env, ctx, { began: 0, guarded: (value) => value }),
  });
  const worker = host({}, entry, functions);
  const statuses = [];
  for (let i = 0; i < 3; i += 1) statuses.push((await worker.fetch({}, {}, context())).status);
  assert.deepEqual(statuses, [200, 502, 200]);
  assert.deepEqual(told, ["loaded", "failed", "loaded"]);
});

test("a request that may have begun to load a version lives until that is known", async () => {
  const note = { owner, serial: 1, shortKey: "s@1" };
  const kept = [];
  const functions = { handle: () => ({ answer: Promise.resolve(new Response("one")), request, note }), failed() {}, loaded() {}, identity() {}, loaded_workers: () => 0 };
  const entry = (_generated, { fetch, finish }) => ({
    fetch: (request, env, ctx) => finish(fetch(request, env, ctx), request, env, ctx, { began: 0, guarded: (value) => value }),
  });
  const worker = host({}, entry, functions);
  for (let i = 0; i < 2; i += 1) await worker.fetch({}, {}, context(kept));
  assert.equal(kept.length, 1, "and no longer: the second one finds it loaded");
});

test("a panic is told in the shape of whatever was asked", async () => {
  const entry = (_generated, { panicked }) => ({ fetch: async () => panicked() });
  const worker = host({}, entry, { handle() {}, failed() {}, loaded() {}, identity() {}, loaded_workers: () => 0 });
  const asked = async (path) => {
    const answer = await worker.fetch({ url: `http://host${path}` }, {}, context());
    assert.equal(answer.status, 500);
    return answer.json();
  };
  const message = "The Worker failed while it served this request.";
  const envelope = { success: false, errors: [{ code: 10002, message }], messages: [], result: null };
  for (const path of ["/client/v4", "/client/v4/accounts/a?b"]) assert.deepEqual(await asked(path), envelope);
  for (const path of ["/", "/client/v4x", "/x/client/v4/y"]) assert.deepEqual(await asked(path), { error: { code: "worker_panicked", message } });
});
