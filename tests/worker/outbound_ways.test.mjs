// The ways in which a script can ask for something: each comes by the gateway, or leads nowhere.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { text } from "./dispatch.mjs";
import { options } from "./host.mjs";
import { startOrigin, startOutbound } from "./outbound.mjs";

let host, origin, other, at, elsewhere, rules;
before(async () => {
  origin = await startOrigin();
  other = await startOrigin();
  [at, elsewhere] = [origin, other].map(({ port }) => `http://127.0.0.1:${port}`);
  rules = [{ host: "127.0.0.1", ports: [origin.port], path_prefix: "/v1/" }];
  host = await startOutbound();
});
beforeEach(() => [origin, other].map(({ took }) => took()));
after(async () => {
  await host?.dispose();
  origin?.close();
  other?.close();
});

/** Deploys a module with these rules, and has it answer. */
async function answerOf(name, source, more = {}) {
  await host.deploy(name, source, { outbound: { rules, ...more } });
  return JSON.parse(await text(await host.ask(`${name}/`)));
}

test("redirects are followed by the script, and each hop is looked at", async () => {
  await host.asker("hops", rules);
  const to = (url, status = 302) => `${at}/v1/redirect?status=${status}&to=${encodeURIComponent(url)}`;
  const [followed, manual, away, above, kept] = await host.asks("hops", to(`${at}/v1/there`), [to(`${elsewhere}/v1/`), { redirect: "manual" }], to(`${elsewhere}/v1/`), to("/admin"),
    [to(`${at}/v1/echo`, 307), { method: "POST", body: "again" }]);
  assert.deepEqual([followed.status, followed.text, followed.redirected, followed.url], [200, "GET /v1/there", true, `${at}/v1/there`]);
  assert.deepEqual([manual.status, manual.headers.location], [302, `${elsewhere}/v1/`]);
  assert.deepEqual([away, above].map(({ status, refused }) => [status, refused]), [[403, "outbound_port"], [403, "outbound_path"]]);
  assert.equal(JSON.parse(kept.text).body, "again");
  assert.deepEqual(other.took(), []);
  assert.deepEqual(origin.took().map(({ url }) => url.split("?")[0]), ["/v1/redirect", "/v1/there", "/v1/redirect", "/v1/redirect", "/v1/redirect", "/v1/redirect", "/v1/echo"]);
});

test("connect() leads nowhere, be the host named or not", async () => {
  let connections = 0;
  const server = createServer(() => (connections += 1)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  try {
    const told = await answerOf("connects", `import { connect } from "cloudflare:sockets"; export default { async fetch() {
      const told = [];
      for (const [address, options] of ${JSON.stringify([[`127.0.0.1:${port}`], [`127.0.0.1:${origin.port}`], [`127.0.0.1:${port}`, { secureTransport: "on" }], [{ hostname: "localhost", port }]])}) {
        try { const socket = connect(address, options); const writer = socket.writable.getWriter(); await writer.write(new TextEncoder().encode("GET / HTTP/1.0\\r\\n\\r\\n")); await socket.opened; told.push("open"); }
        catch (error) { told.push(error.message); }
      }
      return Response.json(told);
    } };`, { rules: [...rules, { host: "127.0.0.1", ports: [port, origin.port] }, { host: "localhost", ports: [port] }] });
    assert.equal(told.length, 4);
    for (const one of told) assert.notEqual(one, "open");
    assert.deepEqual([connections, origin.took()], [0, []]);
  } finally {
    server.close();
  }
});

test("a WebSocket goes by the same rules", async () => {
  const told = await answerOf("sockets", `export default { async fetch() {
    const answer = await fetch("${at}/v1/ws", { headers: { upgrade: "websocket" } });
    const socket = answer.webSocket;
    socket.accept();
    const echo = new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data)));
    socket.send("hello");
    const own = new WebSocket("${at.replace("http", "ws")}/v1/ws");
    const opened = await new Promise((resolve) => { own.addEventListener("open", () => resolve("open")); own.addEventListener("error", () => resolve("error")); });
    const refused = await fetch("${at}/v2/ws", { headers: { upgrade: "websocket" } });
    const away = new WebSocket("${elsewhere.replace("http", "ws")}/v1/ws");
    const closed = await new Promise((resolve) => { away.addEventListener("open", () => resolve("open")); away.addEventListener("error", () => resolve("error")); });
    const told = [answer.status, await echo, opened, refused.status, refused.headers.get("x-outbound-refused"), refused.webSocket, closed];
    socket.close(); own.close();
    return Response.json(told);
  } };`);
  assert.deepEqual(told, [101, "hello", "open", 403, "outbound_path", null, "error"]);
  assert.deepEqual(origin.took().map(({ method, url }) => [method, url]), [["UPGRADE", "/v1/ws"], ["UPGRADE", "/v1/ws"]]);
  assert.deepEqual(other.took(), []);
});

test("caches, modules, events, beacons and what else there is lead nowhere", async () => {
  const told = await answerOf("others", `export default { async fetch() {
    const ways = {
      cache: async () => (await caches.default.match("${elsewhere}/v1/"))?.status ?? "none",
      put: async () => { await caches.default.put("${elsewhere}/v1/", new Response("x", { headers: { "cache-control": "max-age=60" } })); return "none"; },
      open: async () => { const cache = await caches.open("mine"); return (await cache.match("${elsewhere}/v1/"))?.status ?? "none"; },
      module: async () => Object.keys(await import("${elsewhere}/v1/module.js")),
      events: () => new Promise((resolve) => { const events = new EventSource("${elsewhere}/v1/"); events.onopen = () => resolve("open"); events.onerror = () => { events.close(); resolve("error"); }; }),
      beacon: async () => navigator.sendBeacon("${elsewhere}/v1/", "x"),
      request: async () => (await fetch(new Request("${elsewhere}/v1/", { headers: { host: "127.0.0.1:${origin.port}" } }))).status,
      url: async () => (await fetch(new URL("${elsewhere}/v1/"))).status,
      object: async () => (await fetch({ toString: () => "${elsewhere}/v1/" })).status,
    };
    const told = {};
    for (const [name, way] of Object.entries(ways)) told[name] = await way().catch((error) => String(error));
    return Response.json(told);
  } };`);
  assert.deepEqual([told.request, told.url, told.object], [403, 403, 403]);
  assert.ok(!Object.values(told).includes("open") && !Object.values(told).includes(200), JSON.stringify(told));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual([...origin.took(), ...other.took()], [], JSON.stringify(told));
});

test("Node's own modules go the same way, or none", async () => {
  let connections = 0;
  const server = createServer((socket) => { connections += 1; socket.end("HTTP/1.1 200 OK\\r\\n\\r\\n"); }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    await host.deploy("node", `import http from "node:http"; import net from "node:net"; import tls from "node:tls"; import dns from "node:dns/promises";
      const asked = (port) => new Promise((resolve) => http.get({ host: "127.0.0.1", port, path: "/v1/node" }, (answer) => resolve(answer.statusCode)).on("error", (error) => resolve(error.message)));
      const connected = (open, port) => new Promise((resolve) => { const socket = open({ host: "127.0.0.1", port }); socket.on("connect", () => resolve("open")).on("error", (error) => resolve(error.message)); });
      const within = (work) => Promise.race([work.catch((error) => error.message), scheduler.wait(2000).then(() => "late")]);
      export default { async fetch() {
        return Response.json([await within(asked(${origin.port})), await within(asked(${server.address().port})), await within(connected(net.connect, ${server.address().port})), await within(connected(tls.connect, ${server.address().port})), await within(dns.resolve4("example.com"))]);
      } };`, { compatibility_flags: ["nodejs_compat"], outbound: { rules } });
    const [named, other, net, tls, dns] = JSON.parse(await text(await host.ask("node/")));
    assert.deepEqual([named, other], [200, 403]);
    assert.ok(net !== "open" && tls !== "open" && !Array.isArray(dns), JSON.stringify([net, tls, dns]));
    assert.deepEqual([connections, origin.took().map(({ url }) => url)], [0, ["/v1/node"]]);
  } finally {
    server.close();
  }
});

test("headers that say how a request travels, where to, or that it is another one, are not the script's to say", async () => {
  await host.asker("headers", [{ ...rules[0], methods: ["GET"] }, { host: "127.0.0.1", ports: [origin.port], path_prefix: "/any/", name: "any" }]);
  const headers = { host: `127.0.0.1:${other.port}`, "x-http-method-override": "DELETE", "x-http-method": "DELETE", "x-method-override": "DELETE", te: "trailers", "proxy-authorization": "Basic eA==", connection: "keep-alive, x-own", "x-own": "1", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" };
  const [strict, any] = await host.asks("headers", [`${at}/v1/echo`, { headers }], [`${at}/any/echo`, { headers }]);
  const got = JSON.parse(strict.text);
  assert.deepEqual([got.host, got["x-own"]], [`127.0.0.1:${origin.port}`, "1"]);
  for (const name of ["x-http-method-override", "x-http-method", "x-method-override", "te", "proxy-authorization", "upgrade", "http2-settings"]) assert.equal(got[name], undefined, name);
  assert.equal(JSON.parse(any.text)["x-http-method-override"], "DELETE", "where any method is allowed");
});

test("a request goes out as it was decided on: followed nowhere, and without what the runtime would read of cf", async () => {
  const spied = await startOutbound({ main: "outbound_spied.js" });
  try {
    await spied.asker("app", [{ host: "named.example" }]);
    const [told] = await spied.asks("app", ["http://NAMED.example./a?b#c", { method: "POST", body: "x", redirect: "follow", cf: { resolveOverride: "127.0.0.1", cacheEverything: true } }]);
    assert.deepEqual(JSON.parse(told.text), { url: "http://named.example/a?b", method: "POST", redirect: "manual", cf: null });
  } finally {
    await spied.dispose();
  }
});

test("what fails on its way is an error that tells nothing", async () => {
  await host.asker("breaks", rules);
  const [broken] = await host.asks("breaks", `${at}/v1/break`);
  assert.equal(broken.error, "Error: The request to 127.0.0.1 failed.");
});

test("bodies stream both ways, and what is long is not held back", async () => {
  const told = await answerOf("streams", `export default { async fetch() {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const answer = fetch("${at}/v1/echo", { method: "POST", body: readable });
    for (let i = 0; i < 3; i += 1) await writer.write(new TextEncoder().encode("part" + i + ";"));
    await writer.close();
    const long = await (await fetch("${at}/v1/bytes?of=3000000")).arrayBuffer();
    return Response.json([(await (await answer).json()).body, long.byteLength]);
  } };`);
  assert.deepEqual(told, ["part0;part1;part2;", 3_000_000]);
});

test("a script that asks for itself comes to an end", async () => {
  const { port } = new URL(host.url);
  await host.deploy("itself", `export default { async fetch() {
    const answer = await fetch("http://127.0.0.1:${port}/dispatch/tenants/itself/");
    return new Response(answer.status === 200 ? String(Number(await answer.text()) + 1) : (await answer.json()).error.code === "outbound_too_many" ? "0" : "-1000");
  } };`, { outbound: { rules: [{ host: "127.0.0.1", ports: [Number(port)] }] } });
  assert.equal(await text(await host.ask("itself/")), "500");
});

test("a response is no longer than the rule says", async () => {
  rules[0].response_bytes = 1000;
  await host.asker("bytes", rules);
  delete rules[0].response_bytes;
  const [short, long, surprise, head] = await host.asks("bytes", `${at}/v1/bytes?of=1000`, `${at}/v1/bytes?of=1001&length=1`, `${at}/v1/bytes?of=100000`, [`${at}/v1/bytes?of=5000&length=1`, { method: "HEAD" }]);
  assert.deepEqual([short.status, short.text.length, head.status], [200, 1000, 200]);
  assert.deepEqual([long.status, long.refused], [403, "outbound_response_too_large"]);
  assert.ok(surprise.error !== undefined, JSON.stringify(surprise).slice(0, 300));
  const [small, bomb] = await host.asks("bytes", `${at}/v1/packed?of=1000`, `${at}/v1/packed?of=100000`);
  assert.deepEqual([small.status, small.text], [200, "x".repeat(1000)]);
  assert.ok(bomb.error !== undefined, "what it is unpacked counts");
});

test("a host of the Worker's own zone is asked by its front door", () => {
  // What it does is to be seen on Cloudflare alone.
  assert.ok(options().compatibilityFlags.includes("global_fetch_strictly_public"));
});
