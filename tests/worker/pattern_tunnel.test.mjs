// Tunnels: a proxy to one origin, in front of a real one.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { startOrigin } from "./outbound.mjs";
import { TOKEN, startPatterns } from "./patterns.mjs";

describe("tunnels", () => {
  let host, origin, other, manage, ask;
  const to = (server, rest = "") => `http://127.0.0.1:${server.port}${rest}`;
  const put = (id, document, status = 201) => manage("PUT", `/tunnel/${id}`, document, { status });
  before(async () => {
    [origin, other] = [await startOrigin(), await startOrigin()];
    ({ manage, ask } = host = await startPatterns({ extra: { outboundService: undefined } }));
    await put("plain", { origin: to(origin) });
  });
  after(async () => {
    await host?.dispose();
    for (const server of [origin, other]) server?.close();
  });

  test("one that nobody made is a 404", async () => {
    for (const path of ["/", "/x", "/metrics"]) await ask(`/tunnel/none${path}`, { status: 404 });
  });

  test("passes on what is asked: path, query, method, body; and nothing that is for this host", async () => {
    origin.took();
    assert.equal((await ask("/tunnel/plain/a%20b/c?d=e&f")).text, "GET /a%20b/c?d=e&f");
    const sent = { method: "POST", body: "a body", headers: { "x-own": "mine", cookie: "sid=1; dl_version=x", authorization: `Bearer ${TOKEN}` } };
    const { body, "x-own": own, cookie, authorization, "x-forwarded-prefix": prefix } = JSON.parse((await ask("/tunnel/plain/echo", sent)).text);
    assert.deepEqual([body, own, cookie, authorization, prefix], ["a body", "mine", "sid=1", undefined, "/tunnel/plain"]);
    assert.equal((await ask("/tunnel/plain/headers?x-from=origin&reason=Fine")).headers.get("x-from"), "origin");
    assert.deepEqual(origin.took().map(({ method, url }) => `${method} ${url}`), ["GET /a%20b/c?d=e&f", "POST /echo", "GET /headers?x-from=origin&reason=Fine"]);
  });

  test("a path of the origin is where it begins, and nothing above it is reached", async () => {
    await put("based", { origin: to(origin, "/base/") });
    assert.equal((await ask("/tunnel/based/x?y")).text, "GET /base/x?y");
    origin.took();
    for (const path of ["/..%2fsecret", "/%2e%2e/secret", "/a/..%2f..%2fsecret", "/..%5csecret"]) {
      const { status, text } = await ask(`/tunnel/based${path}`, { status: undefined }).catch((error) => ({ status: 0, text: error.message }));
      for (const { url } of origin.took()) assert.match(url, /^\/base\/(?!.*(\.\.|%2e%2e))/i, `${path}: ${status} ${text}`);
    }
  });

  test("redirects are the client's to follow; those to the origin lead into the tunnel", async () => {
    const location = async (id, target) => (await ask(`/tunnel/${id}/redirect?to=${encodeURIComponent(target)}`, { status: 302 })).headers.get("location");
    const at = (id, rest) => `${host.url}tunnel/${id}${rest}`;
    assert.equal(await location("plain", to(origin, "/next?a=b")), at("plain", "/next?a=b"));
    assert.equal(await location("plain", "/next"), at("plain", "/next"));
    assert.equal(await location("plain", "next"), "next");
    assert.equal(await location("plain", "https://elsewhere.example/"), "https://elsewhere.example/");
    assert.equal(await location("based", to(origin, "/base/next")), at("based", "/next"));
    for (const target of [to(origin, "/basement"), `//127.0.0.1:${origin.port}/base/x`]) assert.equal(await location("based", target), target);
  });

  test("headers are set and taken away, on both sides", async () => {
    await put("changed", {
      origin: to(origin),
      request_headers: { set: { "x-key": "k1", host: "elsewhere.example" }, remove: ["x-own"] },
      response_headers: { set: { "x-via": "tunnel" }, remove: ["x-powered-by"] },
    });
    const got = JSON.parse((await ask("/tunnel/changed/echo", { headers: { "x-own": "mine", "x-key": "theirs" } })).text);
    assert.deepEqual([got["x-key"], got["x-own"], got.host], ["k1", undefined, `127.0.0.1:${origin.port}`]);
    const { headers } = await ask("/tunnel/changed/headers?x-powered-by=x&x-other=y");
    assert.deepEqual([headers.get("x-via"), headers.get("x-powered-by"), headers.get("x-other")], ["tunnel", null, "y"]);
  });

  test("goes to its own origin alone, and to the new one when that is changed", async () => {
    await put("moved", { origin: to(origin) });
    assert.equal((await ask("/tunnel/moved/one")).text, "GET /one");
    const settings = `${NAMESPACES}/tunnel/scripts/moved/settings`;
    assert.deepEqual((await host.api("GET", settings)).result.outbound.rules, [{ name: "origin", scheme: "http", host: "127.0.0.1", ports: [origin.port] }]);
    // As if its code were another: what the rules do not have is refused, whoever asks.
    await host.api("PATCH", settings, { outbound: { rules: [{ host: "127.0.0.1", ports: [other.port] }] } });
    const refused = await ask("/tunnel/moved/two", { status: 403 });
    assert.equal(refused.headers.get("x-outbound-refused"), "outbound_port");
    await put("moved", { origin: to(other) }, 200);
    assert.equal((await ask("/tunnel/moved/three")).text, "GET /three");
    assert.deepEqual(other.took().map(({ url }) => url), ["/three"]);
  });

  test("a body comes as it is sent, piece by piece", async () => {
    const sizes = await ask("/tunnel/plain/bytes?of=3000000");
    assert.equal(sizes.text.length, 3_000_000);
  });

  test("a WebSocket goes through", async () => {
    const socket = new WebSocket(`${host.url}tunnel/plain/socket`.replace("http", "ws"));
    const said = await new Promise((resolve, reject) => {
      socket.onopen = () => socket.send("hello");
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = reject;
      setTimeout(reject, 10_000, new Error("nothing came"));
    });
    socket.close();
    assert.equal(said, "hello");
  });

  test("an origin that does not answer is a 502 that says so", async () => {
    assert.equal((await ask("/tunnel/plain/break", { status: 502 })).json.error.code, "origin_unreachable");
  });

  test("each has a metrics worker of its own, with its own numbers", async () => {
    await put("measured", { origin: to(origin) });
    const numbers = async (id) => {
      const answer = await ask(`/tunnel/${id}/metrics`);
      const { timestamp, responseTime, ...rest } = answer.json;
      assert.match(`${timestamp} ${responseTime}`, /^\d{4}-\d\d-\d\dT\S+Z \d+ms$/);
      return { key: answer.headers.get("x-worker-key"), ...rest };
    };
    const none = await numbers("measured");
    assert.deepEqual(none, { key: none.key, tunnel: "measured", activeConnections: 0, requests: 0, failures: 0, healthScore: "1.000" });
    assert.match(none.key, /^tunnel\/measured\/metrics@[0-9a-f]{12}$/);
    for (const path of ["/a", "/b", "/c"]) await ask(`/tunnel/measured${path}`);
    await ask("/tunnel/measured/break", { status: 502 });
    const { key, ...some } = await numbers("measured");
    assert.deepEqual(some, { tunnel: "measured", activeConnections: 0, requests: 4, failures: 1, healthScore: "0.750" });
    assert.equal(key, none.key);
    const others = await numbers("plain");
    assert.ok(others.key !== key && others.requests > 4, JSON.stringify(others));
  });
});
