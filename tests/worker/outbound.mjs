// What the tests of the gateway share: an origin on this machine, and a script that asks for whatever it is told to.
import { createServer } from "node:http";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { startScripts } from "./dispatch.mjs";

/** A script that makes the requests `[url, init]` that it is sent, one after the other, and tells what came of each. */
export const ASKS = `export default { async fetch(request) {
  const told = [];
  for (const [url, init] of await request.json()) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(10_000), ...init });
      const text = await answer.text();
      told.push({ status: answer.status, refused: answer.headers.get("x-outbound-refused"), headers: Object.fromEntries(answer.headers), redirected: answer.redirected, url: answer.url, text });
    } catch (error) {
      told.push({ error: String(error), stack: error.stack });
    }
  }
  return Response.json(told);
} };`;

/**
 * An origin at 127.0.0.1 and, where there is one, at [::1]. /redirect?to= goes there, under ?status=; /echo tells the headers that it got;
 * /headers sends those of its query, in which AUTH is the credential that it got, and ?reason= beside its status; /bytes?of= sends so many, &length= says so before; /packed the same, as gzip. An upgrade is answered, and what comes is sent back.
 */
export async function startOrigin() {
  const got = [];
  const serve = (request, response) => {
    const url = new URL(request.url, "http://origin");
    got.push({ method: request.method, url: request.url, headers: request.headers });
    // An origin that tells what it got.
    const told = (request.headers.authorization ?? "none").replace("Bearer ", "");
    const query = Object.fromEntries([...url.searchParams].map(([name, value]) => [name, value.replace("AUTH", told)]));
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
      if (url.pathname.endsWith("/redirect")) return response.writeHead(Number(query.status ?? 302), { location: query.to }).end();
      if (url.pathname.endsWith("/echo")) return response.end(JSON.stringify({ ...request.headers, body: String(Buffer.concat(chunks)) }));
      if (url.pathname.endsWith("/headers")) {
        const { reason = "OK", ...headers } = query;
        return response.writeHead(200, reason, headers).end("headers");
      }
      if (url.pathname.endsWith("/bytes")) {
        if (!query.length) response.flushHeaders();
        return response.end(Buffer.alloc(Number(query.of), "x"));
      }
      if (url.pathname.endsWith("/packed")) return response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(Number(query.of), "x")));
      if (url.pathname.endsWith("/break")) return request.socket.destroy();
      response.end(`${request.method} ${request.url}`);
    });
  };
  const upgrade = (request, socket) => {
    got.push({ method: "UPGRADE", url: request.url, headers: request.headers });
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    // Short texts only: whatever is sent is masked, what is sent back is not.
    socket.on("data", (frame) => {
      if ((frame[0] & 15) === 8) return socket.end(Buffer.from([0x88, 0]));
      const mask = frame.subarray(2, 6);
      const text = Buffer.from(frame.subarray(6, 6 + (frame[1] & 127)).map((byte, at) => byte ^ mask[at % 4]));
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
    }).on("error", () => {});
  };
  const listen = (address, port) => new Promise((resolve, reject) => {
    const server = createServer(serve).on("upgrade", upgrade).on("error", reject);
    server.listen(port, address, () => resolve(server));
  });
  const servers = [await listen("127.0.0.1", 0)];
  const { port } = servers[0].address();
  try {
    servers.push(await listen("::1", port));
  } catch {
    // This machine has no IPv6.
  }
  return {
    port,
    got,
    /** What was asked of it since this was last asked. */
    took: () => got.splice(0),
    close: () => servers.forEach((server) => (server.closeAllConnections(), server.close())),
  };
}

/** Starts a host whose scripts reach this machine, where they may. */
export async function startOutbound({ bindings = {}, ...options } = {}) {
  const host = await startScripts({ bindings: { SNAPSHOT_TTL_MS: 50, ...bindings }, extra: { outboundService: undefined }, ...options });
  return {
    ...host,
    /** Deploys a script that asks, with these rules or another policy. */
    asker: (name, outbound, metadata) => host.deploy(name, ASKS, { outbound: Array.isArray(outbound) ? { rules: outbound } : outbound, ...metadata }),
    /** Has it ask; each is a URL or `[url, init]`. */
    asks: async (name, ...requests) => {
      const body = JSON.stringify(requests.map((request) => (typeof request === "string" ? [request] : request)));
      const answer = await host.ask(`${name}/`, { method: "POST", body });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`${answer.status}: ${text}`);
      return JSON.parse(text);
    },
  };
}
