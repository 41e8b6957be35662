// A tenant whose answers are made to be read as something else, to never end, or to be more than anybody can take.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { text, wait } from "./dispatch.mjs";
import { everything, sent, startHostile } from "./hostile.mjs";

const SMUGGLED = "HTTP/1.1 200 OK\\r\\nx-smuggled: 1\\r\\ncontent-length: 3\\r\\n\\r\\nyes";
// Else Miniflare packs an answer, and has much of it before it sends any.
const IDENTITY = { "accept-encoding": "identity" };
// Each is an answer, by the last part of the path.
const SCRIPT = `import { DurableObject } from "cloudflare:workers";
export class Room extends DurableObject {}
const SMUGGLED = "${SMUGGLED}";
const streamed = (...texts) => { const { readable, writable } = new IdentityTransformStream(); const writer = writable.getWriter(); (async () => { for (const text of texts) await writer.write(new TextEncoder().encode(text)); await writer.close(); })(); return readable; };
const set = (...cookies) => { const headers = new Headers({ location: "/" }); for (const cookie of cookies) headers.append("set-cookie", cookie); return headers; };
const FORGED = ["dl_version=forged", "dl_version=forged; Path=/", "dl_version=forged; Domain=localhost; Path=/", " dl_version=forged; Max-Age=999999", "=dl_version=forged", "==dl_version=forged; Domain=127.0.0.1", "dl_version", "dl_=", "\\tdl_session=x; Secure; HttpOnly", "theirs=dl_version; Path=/"];
let pulls = 0, packed;
const bomb = async (size) => (packed ??= await new Response(new Blob([new Uint8Array(size)]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
const made = {
  short: () => new Response("abc" + SMUGGLED, { headers: { "content-length": "3" } }),
  "short-streamed": () => new Response(streamed("abc", SMUGGLED), { headers: { "content-length": "3" } }),
  none: () => new Response(SMUGGLED, { headers: { "content-length": "0" } }),
  chunked: () => new Response("0\\r\\n\\r\\n" + SMUGGLED, { headers: { "transfer-encoding": "chunked" } }),
  both: () => new Response(streamed("0\\r\\n\\r\\n", SMUGGLED), { headers: { "content-length": "5", "transfer-encoding": "chunked, identity" } }),
  hops: () => new Response("abc", { headers: { connection: "close, x-worker-key", upgrade: "h2c", "keep-alive": "timeout=0", trailer: "x-late", te: "trailers", "proxy-authenticate": "Basic" } }),
  number: () => new Response(streamed("abc"), { headers: { "content-length": "abc" } }),
  negative: () => new Response(streamed("abc"), { headers: { "content-length": "-1" } }),
  list: () => new Response(streamed("abc"), { headers: { "content-length": "3, 3" } }),
  huge: () => new Response("abc", { headers: { "content-length": "9007199254740993" } }),
  reason: () => new Response("abc", { statusText: "OK\\r\\nx-smuggled: 1" }),
  value: () => new Response("abc", { headers: { "x-own": "a\\r\\nx-smuggled: 1" } }),
  bare: () => new Response("abc", { headers: { "x-own": "a\\nx-smuggled: 1" } }),
  name: () => new Response("abc", { headers: [["x-own: a\\r\\nx-smuggled", "1"]] }),
  cookie: () => new Response("abc", { headers: set("a=1\\r\\nset-cookie: dl_version=forged") }),
  nothing: () => new Response(null, { status: 204, headers: { "content-length": "50" } }),
  unchanged: () => new Response(null, { status: 304, headers: { "content-length": "50" } }),
  ...Object.fromEntries([100, 101, 102, 103, 199, 600, 999].map((status) => [status, () => new Response(null, { status })])),
  cookies: () => new Response("abc", { headers: set(...FORGED) }),
  away: () => new Response(null, { status: 302, headers: set(...FORGED) }),
  fails: () => new Response("abc", { status: 500, headers: set(...FORGED) }),
  socket: () => { const [client, server] = Object.values(new WebSocketPair()); server.accept(); setTimeout(() => server.close(), 50); return new Response(null, { status: 101, webSocket: client, headers: set(...FORGED) }); },
  many: () => { const headers = new Headers(); for (let i = 0; i < 10_000; i += 1) headers.append("x-many-" + i, "value"); return new Response("abc", { headers }); },
  long: () => new Response("abc", { headers: { "x-long": "v".repeat(1_000_000) } }),
  endless: () => new Response(new ReadableStream({ async pull(to) { await new Promise((resolve) => setTimeout(resolve, 5)); to.enqueue(new Uint8Array(1000)); pulls += 1; } })),
  pulls: () => Response.json(pulls),
  bomb: async () => new Response(await bomb(50_000_000), { encodeBody: "manual", headers: { "content-encoding": "gzip" } }),
  unpacked: async () => new Response(new Uint8Array([1, 2, 3]), { encodeBody: "manual", headers: { "content-encoding": "gzip" } }),
};
export default { async fetch(request) {
  try { return await made[new URL(request.url).pathname.slice(1)](); } catch (error) { return new Response("threw " + error.message); }
} };`;

describe("a hostile script", () => {
  let host;
  before(async () => {
    host = await startHostile();
    await host.deploy("forger", SCRIPT, everything());
  });
  after(() => host?.dispose());
  const asked = (path, headers = "") => `GET /dispatch/tenants/${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

  test("puts nothing between its answer and the next one on the same connection", async () => {
    const names = ["short", "short-streamed", "none", "chunked", "both", "hops", "number", "negative", "list", "huge", "reason", "value", "bare", "name", "cookie", "nothing", "unchanged", "100", "101", "102", "103", "199", "600", "999"];
    const came = {};
    for (const name of names) {
      const all = await sent(host.url, asked(`forger/${name}`) + asked("called/"), 2);
      assert.equal(all.length, 2, `${name}: ${JSON.stringify(all).slice(0, 500)}`);
      const [own, next] = all;
      assert.deepEqual([next.status, next.body], [200, "called"], name);
      assert.ok(all.every(({ headers }) => headers.every(([known]) => known !== "x-smuggled")), name);
      assert.match(own.headers.find(([known]) => known === "x-worker-key")?.[1] ?? "", /^tenants\/forger@/, name);
      came[name] = own.body.slice(0, 20);
    }
    for (const name of ["reason", "value", "bare", "name", "cookie", "100", "101", "999"]) assert.match(came[name], /^threw /, name);
    for (const name of ["hops", "number", "negative", "list", "huge"]) assert.equal(came[name], "abc", name);
    await host.unharmed();
  });

  test("sets none of the host's cookies, whatever they are called and by whatever answer", async () => {
    const one = (await host.deployments("forger"))[0].versions[0].version_id;
    const other = await host.upload("forger", `${SCRIPT} //`, { ...everything(), migrations: undefined });
    await host.split("forger", { [one]: 50, [other]: 50 });
    for (const name of ["cookies", "away", "fails", "socket"]) {
      const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
      const [{ headers }] = await sent(host.url, asked(`forger/${name}`, name === "socket" ? upgrade : ""));
      const cookies = headers.filter(([known]) => known === "set-cookie").map(([, cookie]) => cookie);
      assert.ok(cookies.includes("theirs=dl_version; Path=/"), `${name}: ${cookies}`);
      const ours = cookies.filter((cookie) => cookie !== "theirs=dl_version; Path=/");
      assert.ok(ours.every((cookie) => /^dl_version=[^;]+; .*Path=\/dispatch\/tenants\/forger/.test(cookie) && !cookie.includes("forged")), `${name}: ${ours}`);
      assert.equal(ours.length, 1, `${name}: ${cookies}`);
    }
    await host.split("forger", { [one]: 100 });
  });

  test("answers with 10,000 headers, and with one of a megabyte, and the next request is served", async () => {
    for (const name of ["many", "long"]) {
      const [own] = await sent(host.url, asked(`forger/${name}`));
      assert.deepEqual([own.status, own.body], [200, "abc"], name);
      assert.ok(own.headers.length > 10_000 || own.headers.some(([, value]) => value.length === 1_000_000), name);
      await host.unharmed();
    }
  });

  test("answers without end, until its visitor goes; others are served meanwhile", async () => {
    const client = new AbortController();
    const endless = [];
    for (let i = 0; i < 20; i += 1) {
      const answer = await host.ask("forger/endless", { signal: client.signal, headers: IDENTITY });
      const reader = answer.body.getReader();
      assert.equal((await reader.read()).done, false);
      endless.push(reader);
    }
    await host.unharmed();
    client.abort();
    for (const reader of endless) await assert.rejects(async () => { while (!(await reader.read()).done); });
    // Nothing goes on for nobody.
    const pulls = async () => JSON.parse(await text(await host.ask("forger/pulls")));
    let [before, now] = [-1, await pulls()];
    for (let i = 0; i < 50 && before !== now; i += 1) {
      await wait(100);
      [before, now] = [now, await pulls()];
    }
    assert.ok(now > 20, "or this test would prove nothing");
    assert.equal(before, now);
  });

  test("answers with a little that is a lot when it is unpacked: it goes on as it is, or is cut off where it is counted", async () => {
    // As it is on the wire: what breaks off, or is not what it says, has a client that unpacks it wait for ever.
    const asks = (name, headers) => sent(host.url, asked(`forger/${name}`, headers));
    const [{ status, headers, body }] = await asks("bomb", "Accept-Encoding: gzip\r\n");
    assert.deepEqual([status, headers.find(([name]) => name === "content-encoding")?.[1]], [200, "gzip"]);
    assert.ok(body.length < 200_000, `${body.length} bytes were sent for 50,000,000`);
    for (const encoding of ["gzip", "identity"]) {
      const cut = await asks("bomb", `Accept-Encoding: ${encoding}\r\nX-Worker-Limits: response_bytes=1000000\r\n`).then(([answer]) => answer, () => null);
      assert.ok(cut === null || cut.status === 502 || cut.body.length <= 1_000_000, `${encoding}: ${cut?.status} ${cut?.body.length}`);
    }
    await host.logged(/the limit response_bytes of 1000000 is exceeded/);
    for (const more of ["Accept-Encoding: gzip\r\n", "Accept-Encoding: identity\r\n", "Accept-Encoding: gzip\r\nX-Worker-Limits: response_bytes=1000000\r\n"]) {
      // What is packed and is not: it goes on as it is, is refused, or breaks off.
      const status = await asks("unpacked", more).then(([answer]) => answer.status, () => "broke off");
      assert.ok([200, 500, 502, "broke off"].includes(status), `${more}: ${status}`);
    }
    await host.unharmed();
  });

  test("says of its length what is none, and a limit holds all the same", async () => {
    for (const name of ["number", "negative", "list", "huge", "short", "short-streamed", "none"]) {
      const answer = await host.ask(`forger/${name}`, { headers: { ...IDENTITY, "x-worker-limits": "response_bytes=2" } });
      const body = await answer.text().catch(() => "");
      assert.ok(answer.status === 502 ? /answer_too_large|dynamic_worker/.test(body) : body.length <= 2, `${name}: ${answer.status} ${body}`);
    }
    await host.unharmed();
  });
});
