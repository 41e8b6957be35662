// Requests and responses pass through as they are, by every way to send one.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { describe, it } from "node:test";
import { WebSocket } from "undici";
import { probe, source, specHeader } from "./start.mjs";

const PATHS = ["/x", "/hand-over", "/hand-over-untried", "/promise"];

export default function (runtime) {
  describe(`passing through (${runtime})`, () => {
    const p = probe();

    for (const path of PATHS) {
      it(`${path}: status, headers, cookies and URL are the worker's and the client's own`, async () => {
        const spec = source(`export default { fetch(r) {
          const headers = new Headers({ "x-url": r.url, "x-method": r.method, "x-given": r.headers.get("x-given") });
          headers.append("set-cookie", "a=1"); headers.append("set-cookie", "b=2");
          return new Response("short and stout", { status: 418, statusText: "Teapot", headers });
        } };`);
        const response = await p.call(`${path}?q=1&r=%20`, spec, { method: "PUT", headers: { "x-given": "yes" }, body: "b" });
        assert.equal(response.status, 418);
        assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
        assert.equal(response.headers.get("x-url"), new URL(`${path}?q=1&r=%20`, p.url).href);
        assert.equal(response.headers.get("x-method"), "PUT");
        assert.equal(response.headers.get("x-given"), "yes");
        assert.equal(await response.text(), "short and stout");
      });

      it(`${path}: an answer streams: each chunk is here before the next one is asked for`, async () => {
        // The worker sends a chunk for each chunk it gets. A proxy that holds one back would stop the exchange.
        const spec = source(`export default { fetch: (r) => new Response(r.body.pipeThrough(new TransformStream())) };`);
        // Not with fetch(), whose duplex is "half".
        const up = request(new URL(path, p.url), { method: "POST", headers: specHeader(spec) });
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
      });

      it(`${path}: a body of 60 MB arrives whole`, async () => {
        const spec = source(`export default { async fetch(r) {
          const digest = new crypto.DigestStream("SHA-256"); await r.body.pipeTo(digest);
          return new Response(await digest.digest);
        } };`);
        const body = Buffer.alloc(60_000_000, "0123456789abcdef");
        const response = await p.call(path, spec, { method: "POST", body });
        const digest = Buffer.from(await response.arrayBuffer()).toString("hex");
        assert.equal(digest, createHash("sha256").update(body).digest("hex"));
      });

      it(`${path}: a WebSocket is one`, async () => {
        const spec = source(`export default { fetch() {
          const [client, server] = Object.values(new WebSocketPair());
          server.binaryType = "arraybuffer";
          server.accept();
          server.addEventListener("message", ({ data }) => data === "bye" ? server.close(4001, "as asked") : server.send(data));
          return new Response(null, { status: 101, webSocket: client });
        } };`);
        const url = new URL(path, p.url);
        url.protocol = "ws:";
        const socket = new WebSocket(url, { headers: specHeader(spec) });
        socket.binaryType = "arraybuffer";
        const next = (type) => new Promise((resolve, reject) => {
          socket.addEventListener(type, resolve, { once: true });
          socket.addEventListener("error", (event) => reject(event.error ?? new Error("the socket failed")), { once: true });
        });
        await next("open");
        socket.send("text");
        assert.equal((await next("message")).data, "text");
        socket.send(new Uint8Array([1, 2, 255]));
        assert.deepEqual([...new Uint8Array((await next("message")).data)], [1, 2, 255]);
        socket.send("bye");
        const { code, reason } = await next("close");
        assert.deepEqual([code, reason], [4001, "as asked"]);
      });
    }
  });
}
