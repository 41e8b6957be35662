// The SDK's entry.js by itself, over a stand-in for what worker-build generates: what no Worker of ours happens to use.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { entry } from "../../worker-loader/entry.js";

let listeners;
let made;

beforeEach(() => {
  listeners = [];
  made = 0;
  globalThis.__worker_init_state = { criticalError: false };
  globalThis.addEventListener = (type, listener) => listeners.push([type, listener]);
});

/** What worker-build generates, as far as the entry knows it: making one is what recovers from a panic. */
function generated(functions) {
  class Generated {
    constructor() {
      made += 1;
      globalThis.__worker_init_state.criticalError = false;
    }
  }
  Object.assign(Generated.prototype, functions);
  return Generated;
}

const panic = () => {
  globalThis.__worker_init_state.criticalError = true;
  for (const [, listener] of listeners) listener();
};

test("serves #[event(fetch)] with env and ctx where the generated class looks for them", async () => {
  const worker = entry(generated({ fetch(request) { return Promise.resolve([this.env, this.ctx, request]); } }));
  assert.deepEqual(await worker.fetch("request", "env", "ctx"), ["env", "ctx", "request"]);
});

test("has the handlers that Rust has, and nothing else", async () => {
  const worker = entry(generated({
    fetch() {},
    scheduled(event) { return Promise.resolve([this.env, event]); },
    email() { throw new TypeError("at once"); },
    secret() {},
  }));
  assert.deepEqual(Object.keys(worker), ["fetch", "scheduled", "email"]);
  assert.deepEqual(await worker.scheduled("event", "env", "ctx"), ["env", "event"]);
  await assert.rejects(worker.email("event", "env", "ctx"), /at once/);
});

test("a handler that a panic takes down rejects, and a request is answered 500", async () => {
  const never = () => new Promise(() => {});
  const worker = entry(generated({ fetch: never, queue: never }));
  const [batch, request] = [worker.queue("batch", "env", "ctx"), worker.fetch("request", "env", "ctx")];
  panic();
  await assert.rejects(batch, /A panic took this handler down/);
  assert.equal((await request).status, 500);
  assert.equal(made, 1, "one fresh instance, not one for each who waited");
});

test("a panic that is noticed by nobody else is recovered from before the next request", async () => {
  const worker = entry(generated({ fetch: () => Promise.resolve("served") }));
  globalThis.__worker_init_state.criticalError = true;
  assert.equal(await worker.fetch("request", "env", "ctx"), "served");
  assert.equal(made, 1);
});

test("says so when it is not for this worker-build, or the export is not there", () => {
  assert.throws(() => entry(generated({ other() {} })), /exports no function "fetch"/);
  delete globalThis.__worker_init_state;
  assert.throws(() => entry(generated({ fetch() {} })), /goes with worker and worker-build 0\.8/);
});
