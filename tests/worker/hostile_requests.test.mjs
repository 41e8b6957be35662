// Visitors whose requests are made to be taken for something else, and scripts whose own requests are.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { NAMESPACES } from "./api.mjs";
import { TOKEN, text } from "./dispatch.mjs";
import { SECRET, attacker, everything, sent, startHostile } from "./hostile.mjs";
import { startOrigin } from "./outbound.mjs";

// Tells what it gets; below /room its Durable Object does.
const TELLS = `import { DurableObject } from "cloudflare:workers";
const told = async (where, request) => Response.json({ where, url: request.url, method: request.method, headers: Object.fromEntries([...request.headers].slice(0, 40)), count: [...request.headers].length, body: (await request.text()).slice(0, 1000) });
export class Room extends DurableObject {
  async fetch(request) { await this.ctx.storage.put("kept", "${SECRET}"); return told("room", request); }
  alarm() { console.log("the alarm rang"); }
}
export default { fetch: (request, env) => (new URL(request.url).pathname.startsWith("/room") ? env.ROOMS.getByName("mine").fetch(request) : told("script", request)) };`;

describe("a hostile visitor", () => {
  let host;
  before(async () => {
    host = await startHostile();
    await host.deploy("tells", TELLS, everything());
  });
  after(() => host?.dispose());
  const HOST = "Host: localhost\r\n";
  const tells = async () => JSON.parse(await text(await host.ask("tells/")));

  test("names a script and a host in every way that is none, and reaches what anybody reaches", async () => {
    const served = ["tells", "tells.tenants.localhost"];
    for (const [what, bytes] of Object.entries({
      "an absolute URL": `GET http://elsewhere.example/dispatch/tenants/tells/ HTTP/1.1\r\n${HOST}\r\n`, "no host": "GET /dispatch/tenants/tells/ HTTP/1.1\r\n\r\n", "two hosts": `GET /dispatch/tenants/tells/ HTTP/1.1\r\n${HOST}Host: elsewhere.example\r\n\r\n`,
      "a path in the host": "GET / HTTP/1.1\r\nHost: a/dispatch/tenants/tells\r\n\r\n", "a user in the host": "GET / HTTP/1.1\r\nHost: x@tells.tenants.localhost\r\n\r\n", "a query in the host": "GET / HTTP/1.1\r\nHost: tells.tenants.localhost?\r\n\r\n",
      "a fragment in the host": "GET / HTTP/1.1\r\nHost: tells.tenants.localhost#\r\n\r\n", "a backslash in the host": "GET / HTTP/1.1\r\nHost: tells.tenants.localhost\\x\r\n\r\n", "two lengths": `POST /dispatch/tenants/tells/ HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 0\r\n\r\nabcde`,
      "a star": `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, "a tunnel": `CONNECT elsewhere.example:443 HTTP/1.1\r\n${HOST}\r\n`, "no version": "GET /dispatch/tenants/tells/\r\n\r\n",
    })) {
      const [{ status, headers }] = await sent(host.url, bytes);
      assert.ok(status >= 400, `${what}: ${status}`);
      assert.deepEqual(headers.filter(([name]) => name.startsWith("x-worker-")), [], `${what}: a script was asked`);
    }
    for (const path of ["/dispatch/tenants/tells/../../../client/v4/user/tokens/verify", "/dispatch/tenants/tells/%2e%2e/%2e%2e/%2e%2e/client/v4/user/tokens/verify", "/dispatch/tenants/tells/..\\..\\..\\client\\v4\\user\\tokens\\verify", "//client/v4/../v4/user", "/./client/v4/user/tokens/verify"]) {
      const [{ status }] = await sent(host.url, `GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
      assert.ok([401, 404].includes(status), `${path}: ${status}`);
    }
    for (const path of ["/dispatch/builtin/dynamic/", "/dispatch/builtin/config/", "/dispatch/tenants/%74ells/", "/dispatch/tenants/tells%00/", "/dispatch/tenants/tells%2f..%2fvictim/", "/dispatch/tenants/TELLS/", "/dispatch/tenants/tells@/", "/dispatch/tenants/../builtin/dynamic/", "/dispatch/tenants/tells;x/", "/dispatch/tenants//tells/", "/dispatch//tells/"]) {
      const [{ status, headers }] = await sent(host.url, `GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
      assert.equal(status, 404, path);
      assert.deepEqual(headers.filter(([name]) => name.startsWith("x-worker-")), [], path);
    }
    const [{ body }] = await sent(host.url, "GET /own HTTP/1.1\r\nHost: TELLS.Tenants.LOCALHOST\r\n\r\n");
    assert.deepEqual([served.includes(new URL(JSON.parse(body).url).hostname), JSON.parse(body).where], [true, "script"]);
    await host.unharmed();
  });

  test("hides no request in the body of another", async () => {
    const hidden = `GET /dispatch/tenants/tells/hidden HTTP/1.1\r\n${HOST}\r\n`;
    const posted = (method, headers, body) => `${method} /dispatch/tenants/tells/ HTTP/1.1\r\n${HOST}${headers}\r\n\r\n${body}`;
    const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
    for (const [what, bytes] of Object.entries({
      "a length beside chunks": posted("POST", "Content-Length: 5\r\nTransfer-Encoding: chunked", chunk),
      "a length of nothing beside chunks": posted("POST", "Transfer-Encoding: chunked\r\nContent-Length: 0", chunk),
      "a chunk that says more of itself": posted("POST", "Transfer-Encoding: chunked", chunk.replace("\r\n", ";x=0\r\n")),
      "a GET with a body": posted("GET", `Content-Length: ${hidden.length}`, hidden),
      "a length in hexadecimals": posted("POST", `Content-Length: 0x${hidden.length.toString(16)}`, hidden),
      "a folded header": posted("POST", `X-A: b\r\n Content-Length: 0\r\nContent-Length: ${hidden.length}`, hidden),
    })) {
      const all = await sent(host.url, `${bytes}GET /dispatch/tenants/called/ HTTP/1.1\r\n${HOST}\r\n`, 2);
      assert.ok(all.length > 0, what);
      for (const { status, body } of all) assert.ok(status >= 400 || body === "called" || !JSON.parse(body).url.endsWith("/hidden"), `${what}: ${body}`);
    }
    assert.equal((await tells()).where, "script");
  });

  test("speaks as the host does to its own objects, and is heard by none", async () => {
    for (const op of ["export", "close", "alarm", "usage"]) {
      const answer = await host.ask("tells/room", { headers: {
        "x-dynamic-loader-op": JSON.stringify({ op }), "x-dynamic-loader-object": encodeURIComponent(JSON.stringify({ namespace: "tenants", script: "victim", class: "Room.1.0", id: "0".repeat(64) })), "x-call": '{"call":"put","key":"x"}',
        "x-worker-entered": "1", "x-worker-key": "forged", "x-worker-version": "forged", "x-worker-cache": "forged", "x-worker-request-id": "forged", "x-worker-fallback": "forged", "x-worker-limits": "wall_ms=100000",
      } });
      const { where, headers } = JSON.parse(await text(answer));
      assert.equal(where, "room", op);
      assert.deepEqual(Object.keys(headers).filter((name) => name.startsWith("x-dynamic-loader")), [], op);
      assert.match(headers["x-worker-request-id"], /^[0-9a-f-]{36}$/);
      assert.match(answer.headers.get("x-worker-key"), /^tenants\/tells@/);
      assert.equal(answer.headers.get("x-worker-fallback"), null);
    }
    assert.ok(!host.log().includes("the alarm rang"));
  });

  test("sends 10,000 headers, or one of a megabyte, and the next request is served", async () => {
    const [many] = await sent(host.url, `GET /dispatch/tenants/tells/ HTTP/1.1\r\n${HOST}${Array.from({ length: 10_000 }, (_, i) => `x-${i}: v\r\n`).join("")}\r\n`);
    assert.ok(many.status === 200 ? JSON.parse(many.body).count >= 10_000 : [400, 431].includes(many.status), `${many.status}`);
    const [long] = await sent(host.url, `GET /dispatch/tenants/tells/ HTTP/1.1\r\n${HOST}x-long: ${"v".repeat(1_000_000)}\r\n\r\n`);
    assert.equal(long.status, 431);
    const [cookies] = await sent(host.url, `GET /dispatch/tenants/tells/ HTTP/1.1\r\n${HOST}cookie: ${"dl_version=x; ".repeat(5000)}a=1\r\n\r\n`);
    assert.deepEqual([cookies.status, JSON.parse(cookies.body).headers.cookie], [200, "a=1"]);
    await host.unharmed();
  });

  test("sends a little that is a lot when it is unpacked, and nobody unpacks it", async () => {
    const authorization = `Bearer ${TOKEN}`;
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    assert.ok(bomb.length < 200_000);
    const answer = await host.ask("tells/", { method: "POST", body: bomb, headers: { "content-encoding": "gzip" } });
    const { headers, body } = JSON.parse(await text(answer));
    assert.deepEqual([headers["content-encoding"], body.length], ["gzip", 1000]);
    for (const [method, path, type] of [["PUT", "/scripts/packed", "multipart/form-data; boundary=x"], ["PUT", "/scripts/packed", "application/javascript+module"], ["PATCH", "", "application/json"], ["PUT", "/scripts/tells/secrets", "application/json"], ["POST", "/run", "multipart/form-data; boundary=x"]]) {
      const refused = await host.fetch(`/client/v4${NAMESPACES}/tenants${path}`, { method, body: bomb, headers: { authorization, "content-type": type, "content-encoding": "gzip" } });
      const said = await refused.text();
      assert.ok(refused.status >= 400 && refused.status < 500, `${method} ${path}: ${refused.status} ${said}`);
    }
    await host.api("GET", host.of("packed"), undefined, { status: 404 });
    await host.unharmed();
  });
});

test("a hostile script hides no request behind one that its rules allow, and gets no secret of theirs", async () => {
  const origin = await startOrigin();
  const host = await startHostile();
  try {
    await host.deploy("smuggler", attacker(`
      out: async ({ env }, { headers, body, stream, method = "POST", path = "/v1/a" }) => {
        const sent = new Request("http://127.0.0.1:${origin.port}" + path, { method, headers, body: stream ? new Response(body).body : body });
        const answer = await fetch(sent);
        return [answer.status, await answer.text(), Object.fromEntries(sent.headers), Object.fromEntries(answer.headers)];
      },
    `), everything(origin.port));
    await host.api("PUT", host.of("smuggler", "/outbound/secrets"), { name: "KEY", text: SECRET });
    let tries = 0;
    const admin = "GET /admin HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    for (const headers of [{ "content-length": "0" }, { "content-length": "5" }, { "transfer-encoding": "chunked" }, { "content-length": "5", "transfer-encoding": "identity" }, { connection: "content-length, x-key", te: "trailers", trailer: "x-key" }, { expect: "100-continue", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" }, { "x-key": "forged", "X-KEY": "forged" }]) {
      for (const stream of [false, true]) {
        const path = `/v1/${tries += 1}`;
        const { told } = await host.attempt("smuggler", "out", { headers, path, body: `0\r\n\r\n${admin}`, stream });
        assert.deepEqual(told?.slice(0, 2), [200, `POST ${path}`], `its own answer, and nobody else's: ${JSON.stringify(headers)}`);
        const got = origin.took();
        assert.deepEqual(got.map(({ method, url, headers }) => [method, url, headers["x-key"]]), [["POST", path, SECRET]], JSON.stringify(headers));
        assert.deepEqual([got[0].headers["content-length"], got[0].headers["transfer-encoding"]], [String(admin.length + 5), undefined]);
      }
    }
    for (const path of ["/v1/a HTTP/1.1\r\nhost: x\r\n\r\nGET /admin", "/v1/a%20HTTP/1.1%0d%0ahost:%20x%0d%0a%0d%0aGET%20/admin", "/v1/a#\r\nx-key: 1", "/v1/?\r\n"]) await host.attempt("smuggler", "out", { path, body: "x" });
    for (const { url } of origin.took()) assert.ok(url.startsWith("/v1/") && !/\s/.test(url), url);
    await host.unharmed();
  } finally {
    await host.dispose();
    origin.close();
  }
});
