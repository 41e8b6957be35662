// A version that does not load is not served: the newest good one is. What does not pass through a dispatch unharmed, whichever
// version answers, is here as well.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "undici";
import { NAMESPACES } from "./api.mjs";
import { refused } from "./contract.mjs";
import { ECHO, cache, fallback, says, startScripts, text, version, wait, withScripts } from "./dispatch.mjs";

const spied = { main: "spied.js", bindings: { SNAPSHOT_TTL_MS: 60_000 } };

const replaced = {};

/** A version's modules become others when they are loaded, or are lost. */
async function corrupted(host, name, id, modules) {
  const bucket = await host.miniflare.getR2Bucket("BUNDLES");
  const { result } = await host.api("GET", `${NAMESPACES}/tenants`);
  const { result: detail } = await host.api("GET", `${NAMESPACES}/tenants/scripts/${name}/versions/${id}`);
  const key = `${result.namespace_id}/${name}/bundle/${detail.resources.script.etag}`;
  assert.ok(await bucket.head(key), "the bundle is there");
  if (modules === null) return bucket.delete(key);
  replaced[key] = Object.fromEntries(Object.entries(modules).map(([module, js]) => [module, { js }]));
  return host.spy({ instead: replaced });
}

const incidents = async (host, name) => (await host.api("GET", `${NAMESPACES}/tenants/scripts/${name}/incidents`)).result.incidents;

describe("a version that does not load", () => {
  test("leaves the newest good one serving, which says so; it is recorded, once", () => withScripts(spied, async (host) => {
    const one = await host.deploy("app", says("one"));
    const two = await host.deploy("app", says("two"));
    const three = await host.deploy("app", says("three"));
    await corrupted(host, "app", three, { "index.js": "export default {" });
    for (const init of [{}, { method: "POST", body: "b" }, { method: "HEAD" }, { method: "DELETE" }]) {
      const answer = await host.ask("app/", init);
      assert.equal(await text(answer), init.method === "HEAD" ? "" : "two");
      assert.equal(version(answer), two);
      assert.match(fallback(answer), /^tenants\/app@[0-9a-f]{12}$/);
    }
    const [incident, ...others] = await incidents(host, "app");
    assert.deepEqual(others, []);
    assert.deepEqual([incident.version_id, incident.kind, incident.count], [three, "load_failed", 1]);
    assert.match(incident.message, /syntax error at index\.js:1/);
    const told = await host.explain("app", "");
    assert.deepEqual([told.version, told.instead, told.cache], [three, two, "cold"]);
    // The next one that is good ends it.
    await host.deploy("app", says("four"));
    const answer = await host.ask("app/");
    assert.deepEqual([await text(answer), fallback(answer)], ["four", null]);
    assert.ok(one);
  }));

  test("while two have parts of the traffic, the other of the two serves", () => withScripts(spied, async (host) => {
    const one = await host.deploy("app", says("one"));
    await host.deploy("app", says("between"));
    const three = await host.upload("app", "throw new Error('top'); " + says("three")).catch(() => null);
    assert.equal(three, null, "such a version is not even stored");
    const good = await host.upload("app", says("good"));
    await corrupted(host, "app", good, { "index.js": "throw new Error('top');" });
    await host.split("app", { [one]: 1, [good]: 99 });
    for (let i = 0; i < 10; i++) {
      assert.equal(await text(await host.ask("app/", { headers: { "cf-connecting-ip": `192.0.2.${i}` }, ...(i % 2 ? { method: "PUT", body: "b" } : {}) })), "one");
    }
  }));

  test("is not replaced by one that was taken back", () => withScripts(spied, async (host) => {
    const one = await host.deploy("app", says("one"));
    await host.deploy("app", says("two, with a hole"));
    await host.split("app", { [one]: 100 });
    const three = await host.deploy("app", says("three"));
    await corrupted(host, "app", three, { "index.js": "export default {" });
    assert.equal(await text(await host.ask("app/")), "one");
  }));

  test("is replaced for requests that were under way when its script was set otherwise", () => withScripts(spied, async (host) => {
    await host.deploy("app", says("one"));
    assert.equal(await text(await host.ask("app/")), "one");
    const two = await host.deploy("app", says("two"));
    await corrupted(host, "app", two, { "index.js": "export default {" });
    await host.spy({ hold: "tenants/app@" });
    const answer = host.ask("app/");
    while ((await host.spy()).held === 0) await wait(5);
    await host.patch("app", { tail: true });
    const other = host.ask("app/");
    while ((await host.spy()).held === 1) await wait(5);
    await host.spy({ hold: "" });
    for (const one of [answer, other]) assert.deepEqual([await text(await one), (await one).status], ["one", 200]);
  }));

  test("with none that is good is a 502 that says where the error is; and so is a preview", () => withScripts(spied, async (host) => {
    const one = await host.deploy("app", says("one"));
    await corrupted(host, "app", one, { "index.js": "import './gone.js';" });
    for (const path of ["app/", "app/", `app@${one}/`]) {
      for (const init of [{}, { method: "POST", body: "b" }]) {
        const message = await refused(await host.ask(path, init), 502, "dynamic_worker_failed_to_load");
        assert.match(message, /gone\.js/);
      }
    }
    const [incident, ...others] = await incidents(host, "app");
    assert.deepEqual([incident.count, others], [2, []], "once by its name and once as a preview, however often it was tried");
    const two = await host.deploy("app", says("two"));
    await corrupted(host, "app", two, { "index.js": "null.x" });
    await refused(await host.ask("app/"), 502, "dynamic_worker_failed_to_load");
  }));

  test("a body is sent whole, once, and to a version that has loaded", () => withScripts(spied, async (host) => {
    await host.deploy("app", `let calls = 0; export default { async fetch(r) { return Response.json([calls += 1, (await r.arrayBuffer()).byteLength]); } };`);
    const bad = await host.deploy("app", says("bad"));
    await corrupted(host, "app", bad, { "index.js": "export default {" });
    for (const [i, size] of [5, 100_000, 3_000_000].entries()) {
      const answer = await host.ask("app/", { method: "POST", body: new Uint8Array(size) });
      assert.deepEqual(JSON.parse(await text(answer)), [i + 1, size]);
    }
    // The version that fails, and the one that serves in its place: each was asked once.
    assert.equal((await host.spy()).probes, 2);
  }));
});

describe("code that cannot be had", () => {
  test("is another version's turn, for that request; and condemns nobody", () => withScripts(spied, async (host) => {
    await host.deploy("app", says("one"));
    assert.equal(await text(await host.ask("app/")), "one");
    const two = await host.deploy("app", says("two"));
    await host.spy({ bucket: "fails" });
    for (const init of [{}, { method: "POST", body: "b" }]) {
      const answer = await host.ask("app/", init);
      assert.deepEqual([await text(answer), cache(answer)], ["one", "warm"]);
      assert.match(fallback(answer), /^tenants\/app@/);
    }
    await host.spy({ bucket: "works" });
    const answer = await host.ask("app/");
    assert.deepEqual([await text(answer), version(answer), fallback(answer)], ["two", two, null]);
    const kinds = (await incidents(host, "app")).map(({ version_id, kind, count }) => [version_id, kind, count]);
    assert.deepEqual(kinds, [[two, "unavailable", 1]], "that another version served is told");
  }));

  test("with no other version to turn to is a 503, until it can be had", () => withScripts(spied, async (host) => {
    await host.deploy("app", says("one"));
    await host.spy({ bucket: "fails" });
    for (const init of [{}, { method: "POST", body: "b" }]) {
      const message = await refused(await host.ask("app/", init), 503, "dynamic_worker_unavailable");
      assert.doesNotMatch(message, /fire/);
    }
    await host.spy({ bucket: "works" });
    assert.equal(await text(await host.ask("app/", { method: "POST", body: "b" })), "one");
  }));

  test("that is not whole is as if it could not be had", () => withScripts(spied, async (host) => {
    const one = await host.deploy("app", says("one"));
    await corrupted(host, "app", one, null);
    await refused(await host.ask("app/"), 503, "dynamic_worker_unavailable");
    await host.logged(/There is no bundle/);
  }));

  test("because the request that had begun to load it has ended is asked for again", () => withScripts(spied, async (host) => {
    await host.deploy("app", says("one"));
    // Clients that give up do not come through Miniflare: this is what workerd says then to those who wait.
    await host.spy({ cancel: 1 });
    const again = await host.ask("app/");
    assert.deepEqual([await text(again), fallback(again)], ["one", null]);
    await host.deploy("app", says("two"));
    await host.spy({ cancel: 2 });
    const other = await host.ask("app/");
    assert.equal(await text(other), "one", "if that is no use, another version serves");
    assert.match(fallback(other), /^tenants\/app@/);
    await host.spy({ cancel: 1 });
    await text(await host.ask("app/", { method: "HEAD" }));
    // A body was sent already, and nobody knows whether it was read.
    await host.spy({ cancel: 1 });
    await refused(await host.ask("app/", { method: "POST", body: "b" }), 503, "dynamic_worker_canceled");
    assert.deepEqual((await incidents(host, "app")).map(({ kind, count }) => [kind, count]), [["unavailable", 1]]);
  }));
});

describe("a version that runs and fails", () => {
  test("is told as it is, and no other runs in its place", () => withScripts(spied, async (host) => {
    await host.deploy("app", says("one"));
    await text(await host.ask("app/"));
    await host.deploy("app", `let calls = 0; export default { async fetch(r) { await r.text(); calls += 1; throw new TypeError("call " + calls); } };`);
    for (const init of [{}, { method: "POST", body: "b" }, {}]) {
      const answer = await host.ask("app/", init);
      const id = answer.headers.get("x-worker-request-id");
      assert.equal(await refused(answer, 502, "dynamic_worker_threw"), `The dynamic worker threw an error. Its owner finds it under the id ${id}.`);
    }
    await host.logged(/threw TypeError: call 3/);
    await host.deploy("app", `export default { fetch() { throw new Error("Failed to start Worker:\\nUncaught SyntaxError: forged"); } };`);
    await refused(await host.ask("app/"), 502, "dynamic_worker_threw");
    assert.deepEqual(await incidents(host, "app"), []);
  }));
});

describe("through a dispatch", () => {
  let host;
  before(async () => {
    host = await startScripts();
    await host.deploy("app", `export default { async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/socket") {
        const [client, server] = Object.values(new WebSocketPair());
        server.accept();
        server.addEventListener("message", ({ data }) => server.send(data));
        const headers = new Headers({ "x-own": "kept" });
        for (const name of ["x-worker-key", "x-worker-version", "x-worker-cache", "x-worker-fallback", "x-worker-entered"]) headers.set(name, "forged");
        for (const cookie of ["a=1", "dl_version=forged"]) headers.append("set-cookie", cookie);
        return new Response(null, { status: 101, webSocket: client, headers });
      }
      if (pathname === "/redirect") return Response.redirect("https://elsewhere.example/", 302);
      if (pathname === "/stream") return new Response(request.body.pipeThrough(new TransformStream()));
      return new Response("hello", { status: Number(searchParams.get("status") ?? 200), headers: { "content-type": "text/x-own", "x-own": "kept" } });
    } };`);
  });
  after(() => host?.dispose());

  test("statuses and headers are the script's own, redirects are not followed, HEAD has no body", async () => {
    const teapot = await host.ask("app/?status=418");
    assert.deepEqual([teapot.status, await teapot.text(), teapot.headers.get("content-type"), teapot.headers.get("x-own")], [418, "hello", "text/x-own", "kept"]);
    const redirect = await host.ask("app/redirect");
    assert.deepEqual([redirect.status, redirect.headers.get("location")], [302, "https://elsewhere.example/"]);
    const head = await host.ask("app/", { method: "HEAD" });
    assert.deepEqual([head.status, await head.text(), head.headers.get("x-own")], [200, "", "kept"]);
  });

  test("bodies stream both ways: each chunk is here before the next one is sent", async () => {
    for (let round = 0; round < 2; round += 1) {
      const up = httpRequest(new URL("/dispatch/tenants/app/stream", host.url), { method: "POST" });
      up.write("0");
      const [down] = await once(up, "response");
      for (let i = 0; i < 5; i += 1) {
        const [chunk] = await once(down, "data");
        assert.equal(String(chunk), String(i));
        if (i < 4) up.write(String(i + 1));
      }
      up.end();
      down.resume();
      await once(down, "end");
    }
  });

  test("a WebSocket is one, by the bare name as well; its answer says what ran, and cannot speak in the host's name", async () => {
    await host.deploy("socket", `export default { fetch() {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", ({ data }) => server.send("bare " + data));
      return new Response(null, { status: 101, webSocket: client });
    } };`);
    for (const [path, said] of [["app/socket", "hello"], ["socket", "bare hello"]]) {
      const socket = new WebSocket(new URL(`/dispatch/tenants/${path}`, host.url.replace("http", "ws")));
      await once(socket, "open");
      socket.send("hello");
      const [{ data }] = await once(socket, "message");
      assert.equal(data, said);
      socket.close();
    }
    const up = httpRequest(new URL("/dispatch/tenants/app/socket", host.url), {
      headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" },
    });
    up.end();
    const [response, socket] = await once(up, "upgrade");
    socket.destroy();
    assert.equal(response.headers["x-own"], "kept");
    assert.deepEqual(response.headers["set-cookie"], ["a=1"]);
    const said = (name) => response.headers[`x-worker-${name}`];
    assert.match(said("key"), /^tenants\/app@[0-9a-f]{12}$/);
    assert.match(said("version"), /^[0-9a-f-]{36}$/);
    assert.deepEqual([said("cache"), said("fallback"), said("entered")], ["warm", undefined, undefined]);
    assert.match(response.headers["server-timing"], /^total;dur=/);
  });

  test("an echo of what is sent, method by method", async () => {
    await host.deploy("echo", ECHO);
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const body = method === "GET" ? undefined : `the body of ${method}`;
      const seen = JSON.parse(await text(await host.ask("echo/", { method, body, headers: { "content-type": "text/x-own" } })));
      assert.deepEqual([seen.method, seen.body, seen.redirect], [method, body ?? "", "manual"]);
      if (body) assert.deepEqual([seen.headers["content-length"], seen.headers["content-type"]], [String(body.length), "text/x-own"]);
    }
  });
});
