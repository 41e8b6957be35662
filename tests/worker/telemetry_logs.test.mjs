// What scripts write: found by the request's id, listened to while it is written, and with what is secret masked.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { TOKEN, startScripts, text, wait } from "./dispatch.mjs";
import { NAMESPACE, telemetryOf, until } from "./telemetry.mjs";

const ID = "x-worker-request-id";
const SECRET = "a secret/with \"odd\" characters";
const SCRIPT = `export default { async fetch(request, env) {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/quiet") return new Response("nothing to say");
  console.debug("debugging");
  if (pathname === "/warn") console.warn("careful", { of: [1, 2] });
  if (pathname === "/leak") console.log(env.KEY, JSON.stringify({ key: env.KEY }), encodeURIComponent(env.KEY), btoa(env.KEY), { deep: [env.KEY] });
  if (pathname === "/throw") throw new RangeError("with " + env.KEY);
  return new Response(request.headers.get("${ID}") + search);
} };`;

describe("logs", () => {
  let host, told;
  before(async () => {
    host = await startScripts();
    told = telemetryOf(host);
    await host.deploy("writes", SCRIPT, { bindings: [{ type: "secret_text", name: "KEY", text: SECRET }] });
    await host.deploy("other", "export default { fetch() { console.log('from the other'); return new Response('x'); } };");
  });
  after(() => host?.dispose());

  test("each is found by its request's id, which answer and script have, and nobody chooses it", async () => {
    const forged = "00000000-0000-4000-8000-000000000000";
    const answer = await host.ask("writes/warn?a=b", { headers: { [ID]: forged, cookie: "session=1", authorization: "Basic eDp5" } });
    const id = answer.headers.get(ID);
    assert.equal(await text(answer), `${id}?a=b`);
    assert.notEqual(id, forged);
    const { events, tail } = await until(() => told.get(`/logs?request_id=${id}`), ({ tail }) => tail === "arrived");
    assert.equal(tail, "arrived");
    const [event] = events;
    assert.deepEqual(event.logs.map(({ level, message }) => [level, message]), [["debug", ["debugging"]], ["warn", ["careful", { of: [1, 2] }]]]);
    assert.deepEqual([event.outcome, event.scriptName, event.dispatchNamespace, event.requestId, event.scriptVersion.id], ["ok", "writes", "tenants", id, answer.headers.get("x-worker-version")]);
    assert.match(event.event.request.url, /\/warn\?a=b$/);
    assert.equal(event.event.response.status, 200);
    assert.deepEqual(Object.keys(event.event.request.headers).filter((name) => ["cookie", "authorization"].includes(name)), [], "what is the visitor's is not kept");
  });

  test("of a call that wrote nothing it is told that its tail arrived; of one that nothing is known of, that", async () => {
    const id = (await host.ask("writes/quiet")).headers.get(ID);
    assert.deepEqual(await until(() => told.get(`/logs?request_id=${id}`), ({ tail }) => tail === "arrived"), { tail: "arrived", events: [], before: null, dropped: 0 });
    assert.equal((await told.get("/logs?request_id=00000000-0000-4000-8000-000000000000")).tail, "unknown");
  });

  test("secrets are masked: as they are, in JSON, in a URL, in base64, in what is thrown", async () => {
    const leak = await host.ask(`writes/leak?${encodeURIComponent(SECRET)}`);
    await leak.arrayBuffer();
    await (await host.ask("writes/throw")).arrayBuffer();
    const events = await until(async () => (await told.get("/scripts/writes/logs?limit=500")).events, (events) => events.some(({ exceptions }) => exceptions.length > 0) && events.some(({ requestId }) => requestId === leak.headers.get(ID)));
    const all = JSON.stringify([events, await told.errors("writes", 1)]);
    for (const form of [SECRET, JSON.stringify(SECRET).slice(1, -1), encodeURIComponent(SECRET), btoa(SECRET)]) assert.ok(!all.includes(form), form);
    const { message } = events.find(({ requestId }) => requestId === leak.headers.get(ID)).logs[1];
    assert.deepEqual(message, ["[secret KEY]", '{"key":"[secret KEY]"}', "[secret KEY]", "[secret KEY]", { deep: ["[secret KEY]"] }]);
    assert.equal(events.find(({ exceptions }) => exceptions.length > 0).exceptions[0].message, "with [secret KEY]");
  });

  test("where the secrets cannot be known any more nothing of what was written is told", async () => {
    await host.deploy("leaves", `export default { async fetch(request, env) { console.log("it has begun"); await new Promise((r) => setTimeout(r, 4000)); console.log("with", env.KEY); throw new Error(env.KEY); } };`, { bindings: [{ type: "secret_text", name: "KEY", text: SECRET }] });
    const asked = host.ask("leaves/");
    await host.logged(/it has begun/);
    await host.remove("leaves");
    const answer = await asked;
    await answer.arrayBuffer();
    const id = answer.headers.get(ID);
    const { events: [event] } = await until(() => told.get(`/logs?request_id=${id}`), ({ events }) => events.length > 0);
    assert.ok(!JSON.stringify(event).includes("a secret"), JSON.stringify(event));
    assert.match(event.logs[1].message[1], /^\(withheld: /);
  });

  test("they are found by level, status, method, text, script, and in pages", async () => {
    await (await host.ask("other/", { method: "PUT", body: "x" })).arrayBuffer();
    await told.events("other", 1);
    const levels = async (query) => (await told.get(`/logs?${query}`)).events;
    assert.ok((await levels("level=warn")).every(({ logs, exceptions }) => exceptions.length > 0 || logs.some(({ level }) => level === "warn" || level === "error")));
    assert.deepEqual((await told.get("/scripts/writes/logs?status=error")).events.map(({ outcome }) => outcome), ["exception"]);
    assert.ok((await levels("status=ok")).every(({ outcome }) => outcome === "ok"));
    assert.deepEqual((await levels("method=put")).map(({ scriptName }) => scriptName), ["other"]);
    assert.deepEqual((await levels("search=FROM%20the%20other")).map(({ scriptName }) => scriptName), ["other"]);
    assert.ok((await told.get("/scripts/writes/logs")).events.every(({ scriptName }) => scriptName === "writes"));
    const all = (await told.get("/logs?limit=500")).events.map(({ id }) => id);
    const paged = [];
    for (let before = ""; before !== null; ) {
      const page = await told.get(`/logs?limit=2${before && `&before=${before}`}`);
      paged.push(...page.events.map(({ id }) => id));
      before = page.before;
    }
    assert.deepEqual(paged, all);
    for (const wrong of ["level=loud", "limit=0", "limit=501", "before=x", "status=fine", "until=", "since=", "until=0000-01-01", "until=689347397164664"]) await host.api("GET", `${NAMESPACE}/logs?${wrong}`, undefined, { status: 400 });
  });

  const tails = `${NAMESPACE}/scripts/writes/tails`;
  /** Listens to a tail; `heard` is what comes. */
  async function listen(url) {
    const socket = new WebSocket(url, "trace-v1");
    const heard = [];
    let closed;
    socket.addEventListener("message", ({ data }) => heard.push(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => (closed = code));
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("it does not open")));
    });
    assert.equal(socket.protocol, "trace-v1");
    return { heard, send: (message) => socket.send(message), close: () => socket.close(), closed: () => closed };
  }
  /** Listens, and answers nothing: no close either. */
  async function deaf(url) {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect(port, hostname);
    socket.write(`GET ${pathname} HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString("base64")}\r\n\r\n`);
    const [head] = await once(socket, "data");
    assert.match(String(head), /^HTTP\/1\.1 101 /);
    return socket.on("error", () => {});
  }
  const begin = async (filters) => (await host.api("POST", tails, { filters })).result;

  test("a live tail has every call of its script, as it filters", async () => {
    const all = await begin([]);
    assert.match(all.url, /^ws:\/\/127\.0\.0\.1:\d+\/tails\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
    assert.ok(Date.parse(all.expires_at) > Date.now());
    const filters = { all: [], errors: [{ outcome: ["exception"] }], posts: [{ method: ["POST"] }], text: [{ query: "careful" }], none: [{ sampling_rate: 0 }], header: [{ header: { key: "User-Agent", query: "node" } }], version: [{ scriptVersion: ["x"] }] };
    const listeners = {};
    for (const [name, list] of Object.entries(filters)) listeners[name] = await listen((await begin(list)).url);
    for (const [path, method] of [["quiet", "GET"], ["warn", "GET"], ["throw", "GET"], ["quiet", "POST"]]) await (await host.ask(`writes/${path}`, { method })).arrayBuffer();
    await (await host.ask("other/")).arrayBuffer();
    const counts = () => Object.values(listeners).map(({ heard }) => heard.length);
    await until(counts, (counts) => counts.reduce((sum, count) => sum + count, 0) >= 11);
    await wait(300);
    const heard = Object.fromEntries(Object.entries(listeners).map(([name, { heard }]) => [name, heard.map(({ event, outcome }) => `${event.request.method} ${new URL(event.request.url).pathname} ${outcome}`)]));
    const [quiet, warn, threw, posted] = ["GET /quiet ok", "GET /warn ok", "GET /throw exception", "POST /quiet ok"];
    assert.deepEqual(heard, { all: [quiet, warn, threw, posted], errors: [threw], posts: [posted], text: [warn], none: [], header: [quiet, warn, threw, posted], version: [] });
    // Whoever listens may choose again.
    listeners.none.send(JSON.stringify({ filters: [] }));
    listeners.none.send(JSON.stringify({ filters: [{ loud: true }] }));
    await until(() => listeners.none.heard, (heard) => heard.length >= 1);
    assert.match(listeners.none.heard[0].error, /^A filter has to be/);
    await (await host.ask("writes/quiet")).arrayBuffer();
    assert.equal((await until(() => listeners.none.heard, (heard) => heard.length >= 2)).length, 2);
    for (const { close } of Object.values(listeners)) close();
    assert.deepEqual((await until(async () => (await host.api("GET", tails)).result, (list) => list.length <= 1)).map(({ id }) => id), [all.id], "those that nobody listens to any more are gone");
  });

  test("a tail is ended, one that there is not is told, and its id is all that it takes", async () => {
    const { id, url } = await begin([]);
    const one = await listen(url);
    await host.api("DELETE", `${tails}/${id}`);
    assert.equal(await until(one.closed, (code) => code !== undefined), 1000);
    await host.api("DELETE", `${tails}/${id}`, undefined, { status: 404 });
    await assert.rejects(listen(url), /does not open/);
    // Nor does that silence others who listen, whether or not the client of the one that ended answers.
    const [ended, ...others] = [await begin([]), await begin([]), await begin([])];
    const before = await listen(others[0].url);
    const gone = await deaf(ended.url);
    const stays = [before, await listen(others[1].url)];
    await host.api("DELETE", `${tails}/${ended.id}`);
    for (let i = 0; i < 3; i += 1) await (await host.ask("writes/quiet")).arrayBuffer();
    for (const { heard, close } of stays) {
      assert.equal((await until(() => heard, () => heard.length >= 3)).length, 3);
      close();
    }
    gone.destroy();
    await assert.rejects(listen(url.replace(/[^/]+$/, "00000000-0000-4000-8000-000000000000")), /does not open/);
    assert.equal((await host.fetch(new URL(url).pathname)).status, 404, "no upgrade");
    for (const filters of [5, [5], [{ loud: true }], [{ method: "GET" }], [{ sampling_rate: 2 }], [{ query: "x".repeat(20_000) }], [{ outcome: ["ok"], method: ["GET"] }]]) {
      const { errors } = await host.api("POST", tails, { filters }, { status: 400 });
      assert.match(errors[0].message, /filter/i);
    }
    // It would be told all that there is.
    for (const body of ["[]", "5", '"filters"', { filter: [] }]) {
      const { errors } = await host.api("POST", tails, body, { status: 400 });
      assert.match(errors[0].message, /an object with filters/);
    }
    for (let i = (await host.api("GET", tails)).result.length; i < 10; i += 1) await begin([]);
    await host.api("POST", tails, {}, { status: 429 });
    await host.api("POST", tails, {}, { status: 401, token: "wrong" });
  });

  test("what is too much for a second is said to be, and not silently away", async () => {
    const many = `${NAMESPACE}/scripts/loud/tails`;
    await host.deploy("loud", "export default { fetch() { for (let i = 0; i < 300; i += 1) console.log('x'.repeat(1000), i); return new Response('x'); } };");
    const one = await listen((await host.api("POST", many, {})).result.url);
    await Promise.all(Array.from({ length: 12 }, async () => (await host.ask("loud/")).arrayBuffer()));
    const { events, dropped } = await until(() => told.get("/scripts/loud/logs"), ({ dropped }) => dropped > 0);
    assert.ok(dropped > 0 && events.length > 0, `${dropped} dropped, ${events.length} kept`);
    assert.equal(dropped + events.length, 12);
    assert.ok(events.every(({ truncated, logs }) => truncated && logs.length > 100 && logs.length <= 256));
    const overload = await until(() => one.heard.find(({ event }) => event.type === "overload"), (found) => found !== undefined);
    assert.match(overload.event.message, /^\d+ events were too many/);
    one.close();
  });

  test("an operator's logs have what a script writes where it is set so", async () => {
    await host.patch("other", { tail: true });
    await until(async () => (await host.ask("other/")).text().then(() => host.log()), (log) => log.includes('"request_id"'));
    await host.logged(/"script":"other"[^\n]*"from the other"/);
    assert.ok(!host.log().includes(TOKEN));
  });
});
