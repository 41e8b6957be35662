// Mixed traffic to scripts, and whether the answers are right: what the load test and the soak send.
import assert from "node:assert/strict";

/**
 * A script that answers with `marker`, which is that of its version, and with where it was reached. A worker that was reached under
 * two addresses says so: it would be another script's.
 */
export const source = (marker) => `
const MARKER = ${JSON.stringify(marker)};
let reached;
const said = (request, env, more = "") => {
  const at = request.headers.get("x-forwarded-prefix");
  reached ??= at;
  return JSON.stringify({ marker: MARKER, secret: env.SECRET ?? null, at: reached === at ? at : reached + " and " + at, more });
};
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case "/post": {
        const text = await request.text();
        return new Response(said(request, env, text));
      }
      case "/upload": {
        let bytes = 0;
        for await (const chunk of request.body) bytes += chunk.byteLength;
        return new Response(said(request, env, bytes));
      }
      case "/stream": {
        const { readable, writable } = new TransformStream();
        const writer = writable.getWriter();
        const encoder = new TextEncoder();
        (async () => {
          await writer.write(encoder.encode(said(request, env) + "\\n"));
          for (let i = 0; i < 20; i += 1) {
            await scheduler.wait(1);
            await writer.write(encoder.encode("line " + i + "\\n"));
          }
          await writer.close();
        })();
        return new Response(readable);
      }
      case "/socket": {
        const [client, server] = Object.values(new WebSocketPair());
        server.accept();
        server.addEventListener("message", ({ data }) => server.send(said(request, env, data)));
        return new Response(null, { status: 101, webSocket: client });
      }
      case "/throw":
        throw new Error(said(request, env));
      case "/missing":
        return new Response(said(request, env), { status: 404 });
      default:
        return new Response(said(request, env));
    }
  },
};
`;

const LONG = "x".repeat(20_000);

async function asked(url, path, init = {}, status = 200) {
  const answer = await fetch(new URL(path.slice(1), url), { ...init, headers: { ...init.headers, connection: "close" } });
  const text = await answer.text();
  assert.equal(answer.status, status, `${init.method ?? "GET"} ${url}${path}: ${answer.status} ${text.slice(0, 500)}`);
  return { version: answer.headers.get("x-worker-version"), text };
}

function heard(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(new URL("socket", String(url).replace(/^http/, "ws")));
    const failed = (why) => reject(new Error(`the WebSocket of ${url} ${why}`));
    const heard = [];
    socket.addEventListener("open", () => socket.send("1"));
    socket.addEventListener("error", () => failed("failed"));
    socket.addEventListener("message", ({ data }) => {
      heard.push(JSON.parse(data));
      if (heard.length < 3) return socket.send(String(heard.length + 1));
      assert.deepEqual(heard.map(({ more }) => more), ["1", "2", "3"]);
      socket.removeEventListener("close", early);
      socket.close();
      resolve(heard[0]);
    });
    const early = () => failed("closed");
    socket.addEventListener("close", early);
  });
}

// Each gives what the script said, and the version that the host says it was.
const KINDS = {
  get: (url) => asked(url, "/"),
  post: async (url) => {
    const answer = await asked(url, "/post", { method: "POST", body: LONG });
    assert.equal(JSON.parse(answer.text).more, LONG);
    return answer;
  },
  upload: async (url) => {
    const pieces = Array.from({ length: 10 }, (_, i) => new Uint8Array(1000 + i));
    const body = new ReadableStream({ pull: (controller) => (pieces.length > 0 ? controller.enqueue(pieces.pop()) : controller.close()) });
    const answer = await asked(url, "/upload", { method: "POST", body, duplex: "half" });
    assert.equal(JSON.parse(answer.text).more, 10_045);
    return answer;
  },
  stream: async (url) => {
    const { version, text } = await asked(url, "/stream");
    const [first, ...lines] = text.trimEnd().split("\n");
    assert.deepEqual(lines, Array.from({ length: 20 }, (_, i) => `line ${i}`));
    return { version, text: first };
  },
  socket: async (url) => ({ said: await heard(url) }),
  missing: (url) => asked(url, "/missing", {}, 404),
  // The script's own failure, told as that.
  throw: async (url) => {
    const { text } = await asked(url, "/throw", {}, 502);
    assert.equal(JSON.parse(text).error.code, "dynamic_worker_threw", text);
    return {};
  },
};

// Of a hundred requests.
const MIX = { get: 60, post: 14, upload: 6, stream: 8, socket: 4, missing: 4, throw: 4 };
const KIND = Object.entries(MIX).flatMap(([kind, share]) => Array(share).fill(kind));

/** The kind of the `i`-th request. */
export const kindOf = (i) => KIND[(i * 37) % KIND.length];

/** Sends one request to the script at `url`, which ends with a slash. Gives `{ kind, version, said }`; throws where the answer is wrong. */
export async function send(url, kind) {
  const { version, text, said = text && JSON.parse(text) } = await KINDS[kind](url);
  if (said !== undefined) assert.equal(said.at, new URL(url).pathname.slice(0, -1), "it is another script's answer");
  return { kind, version, said };
}
