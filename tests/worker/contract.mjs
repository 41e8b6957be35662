// What every client may rely on, wherever the Worker runs: one function for Miniflare and `wrangler dev`, and the words
// in which the other tests ask for parts of it.
import assert from "node:assert/strict";
import { asking } from "./asking.mjs";

export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const FEATURES = { dynamicWorkers: true, metricsCollection: true, configReload: true, gracefulShutdown: true };
export const ENDPOINTS = ["GET /", "GET /openapi.json", "* /dispatch/:namespace/:script/*", "* /client/v4", "GET /dynamic", "GET /metrics", "GET /config", "PUT /config"];
export const PATTERNS = ["* /tenant/:id/*", "PUT /tenant/:id", "GET /feature/:name", "PUT /feature/:name", "POST /feature/:name/rollback",
  "GET /test/:name", "POST /test/:name/conversion", "GET /test/:name/result", "PUT /test/:name",
  "* /tunnel/:id/*", "GET /tunnel/:id/metrics", "PUT /tunnel/:id", "* /service/:name/*", "PUT /service/:name", "* /plugin/:chain/*", "PUT /plugin/:chain",
  "POST /job", "GET /job/:id", "GET /job/:id/results"];

/** The answer is this error; gives its sentence. */
export async function refused(response, status, code) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.match(response.headers.get("content-type"), /^application\/json/);
  assert.equal(response.headers.get("cache-control"), "no-store");
  const { error, ...rest } = JSON.parse(text);
  assert.deepEqual(rest, {});
  const { request_id: id, ...said } = error;
  assert.deepEqual(Object.keys(said).sort(), ["code", "message"]);
  // Of a script that threw, the id under which its owner finds the rest.
  assert.equal(id, ["dynamic_worker_threw", "dynamic_worker_failed"].includes(code) ? response.headers.get("x-worker-request-id") : undefined);
  assert.equal(error.code, code, text);
  assert.match(error.message, /^[A-Z].*[.!?`]$/s, "a sentence");
  return error.message;
}

/** Server-Timing as an object of milliseconds. */
export function timing(response) {
  const spans = response.headers.get("server-timing").split(", ").map((span) => {
    const [, name, ms] = /^(\w+);dur=(\d+(?:\.\d+)?)$/.exec(span) ?? assert.fail(`no span: ${span}`);
    return [name, Number(ms)];
  });
  return Object.fromEntries(spans);
}

/** The answer came from a dynamic worker of this script, cold or warm; gives its body and its key. */
export async function served(response, script, cache) {
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.match(response.headers.get("content-type"), /^application\/json/);
  const key = response.headers.get("x-worker-key");
  assert.match(key, new RegExp(`^builtin/${script}@[0-9a-f]{12}$`));
  assert.equal(response.headers.get("x-worker-fallback"), null);
  assert.equal(response.headers.get("x-worker-entered"), null, "a matter between the workers and the host");
  const spans = timing(response);
  assert.ok(spans.total >= 0 && spans.load >= 0 && spans.run >= 0, response.headers.get("server-timing"));
  const cold = response.headers.get("x-worker-cache");
  if (cache) assert.equal(cold, cache);
  assert.match(cold, /^(cold|warm)$/);
  // The factory's time is told where one ran. What is loaded for one request has none.
  assert.equal("factory" in spans, cold === "cold" && script !== "dynamic", response.headers.get("server-timing"));
  return { body: text && JSON.parse(text), key, etag: response.headers.get("etag") };
}

/** The configuration as it is now. */
export const current = async (ask, cache) => served(await ask("/config"), "config", cache);

/** Sends a document; `headers` replace the ones of a change that is in order, null takes one out. */
export function put(ask, token, document, headers = {}) {
  const all = { authorization: `Bearer ${token}`, "if-match": "*", "content-type": "application/json", ...headers };
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  const body = typeof document === "object" && !(document instanceof ReadableStream) ? JSON.stringify(document) : document;
  return ask("/config", { method: "PUT", headers: sent, body, duplex: "half" });
}

/** Asserts the contract of the routes. The Worker's token is `token`; its configuration is another one afterwards. */
export async function contract(base, token) {
  const ask = asking(base);
  await home(ask);
  await dynamic(ask);
  await metrics(ask);
  await config(ask, token);
  assert.match(await refused(await ask("/nothing?at=all"), 404, "not_found"), /\/nothing/);
  for (const path of ["/", "/dynamic", "/metrics", "/config"]) {
    const answer = await ask(path, { method: "DELETE" });
    assert.equal(answer.headers.get("allow"), path === "/config" ? "GET, HEAD, PUT" : "GET, HEAD");
    await refused(answer, 405, "method_not_allowed");
  }
}

async function home(ask) {
  const page = await ask("/");
  assert.equal(page.status, 200);
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  assert.match(page.headers.get("content-security-policy"), /^default-src 'none'/);
  assert.equal(page.headers.get("vary"), "accept");
  const html = await page.text();
  for (const path of ["/dynamic", "/metrics", "/config"]) assert.ok(html.includes(`href="${path}"`), path);
  for (const path of ["/dispatch/:namespace/:script/*", "/client/v4"]) assert.ok(html.includes(path), path);

  const list = await ask("/", { headers: { accept: "application/json" } });
  assert.equal(list.status, 200);
  assert.match(list.headers.get("content-type"), /^application\/json/);
  assert.equal(list.headers.get("vary"), "accept");
  const { name, version, endpoints } = await list.json();
  assert.equal(name, "dynamic-loader");
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(endpoints.map(({ method, path }) => `${method} ${path}`), [...ENDPOINTS, ...PATTERNS]);
  for (const { description } of endpoints) assert.match(description, /^[A-Z].*\.$/);
}

async function dynamic(ask) {
  const answers = [await ask("/dynamic"), await ask("/dynamic")];
  const [one, two] = await Promise.all(answers.map((answer) => served(answer, "dynamic", "cold")));
  for (const { body } of [one, two]) {
    assert.deepEqual(Object.keys(body).sort(), ["counter", "createdAt", "id", "loadTime"]);
    assert.match(body.id, UUID);
    assert.match(body.createdAt, ISO);
    assert.equal(body.counter, 1);
    assert.match(body.loadTime, /^\d+ms$/);
  }
  assert.notEqual(one.body.id, two.body.id);
  assert.notEqual(one.key, two.key);
  assert.equal(answers[0].headers.get("cache-control"), "no-store");
}

async function metrics(ask) {
  const first = await served(await ask("/metrics"), "metrics");
  const { body, key } = await served(await ask("/metrics"), "metrics", "warm");
  assert.equal(key, first.key);
  assert.deepEqual(Object.keys(body).sort(), ["activeConnections", "healthScore", "loadedWorkers", "responseTime", "timestamp"]);
  assert.match(body.timestamp, ISO);
  assert.ok(Math.abs(Date.parse(body.timestamp) - Date.now()) < 60_000, body.timestamp);
  assert.ok(Number.isInteger(body.activeConnections) && body.activeConnections >= 1);
  assert.match(body.responseTime, /^\d+ms$/);
  assert.match(body.healthScore, /^(0\.\d{3}|1\.000)$/);
}

async function config(ask, token) {
  const before = await current(ask);
  assert.deepEqual(Object.keys(before.body).sort(), ["features", "lastUpdated", "version"]);
  assert.match(before.etag, /^"\d+"$/);
  const known = await ask("/config", { headers: { "if-none-match": before.etag } });
  assert.deepEqual([known.status, await known.text(), known.headers.get("etag")], [304, "", before.etag]);

  const document = { version: "2.1.0", features: { ...FEATURES, configReload: !before.body.features.configReload } };
  const changed = await put(ask, token, document, { "if-match": before.etag });
  const { lastUpdated, ...rest } = await changed.json();
  assert.equal(changed.status, 200);
  assert.deepEqual(rest, document);
  assert.match(lastUpdated, ISO);
  assert.notEqual(changed.headers.get("etag"), before.etag);

  const after = await current(ask, "cold");
  assert.deepEqual(after.body, { ...document, lastUpdated });
  assert.equal(after.etag, changed.headers.get("etag"));
  assert.notEqual(after.key, before.key);
  assert.equal((await current(ask, "warm")).key, after.key);

  const late = await put(ask, token, document, { "if-match": before.etag });
  assert.equal(late.headers.get("etag"), after.etag);
  await refused(late, 412, "precondition_failed");
  await refused(await put(ask, "wrong", document), 401, "unauthorized");
}
