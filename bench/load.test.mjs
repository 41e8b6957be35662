import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { readResponse } from "./http.mjs";
import { run } from "./load.mjs";

const good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const expect = { status: 200, body: "hello" };

test("a response is read by its length or its chunks, and only when it is whole", () => {
  const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
  for (const text of [good, chunked]) {
    assert.deepEqual(readResponse(Buffer.from(text)), { ...expect, length: text.length });
    assert.equal(readResponse(Buffer.from(`${text}more`)).length, text.length);
    for (let size = 0; size < text.length; size++) assert.equal(readResponse(Buffer.from(text.slice(0, size))), null);
  }
  assert.equal(readResponse(Buffer.from("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")).status, 404);
  assert.throws(() => readResponse(Buffer.from("SMTP\r\n\r\n")), /not an HTTP response/);
  assert.throws(() => readResponse(Buffer.from("HTTP/1.1 200 OK\r\n\r\n")), /neither a length nor chunks/);
});

/** Runs a job against a server that sends what `answer(request, number)` gives: text in pieces, or null to hang up. */
async function against(answer, job) {
  const requests = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", async (bytes) => {
      const request = bytes.toString("latin1");
      requests.push(request);
      const pieces = answer(request, requests.length);
      if (pieces === null) return socket.destroy();
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return { requests, result: await run({ port: server.address().port, connections: 1, expect, ...job }) };
  } finally {
    server.close();
  }
}

test("each path is asked for once, in order, with the headers", async () => {
  const paths = ["/cold/a", "/cold/b", "/load"];
  const { requests, result } = await against(() => [good], { paths, headers: { "x-mode": "raw" } });
  assert.deepEqual(requests, paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: bench\r\nx-mode: raw\r\n\r\n`));
  assert.equal(result.requests, 3);
  assert.ok(result.p50 > 0 && result.p99 >= result.p50 && result.seconds > 0);
});

test("a timed job keeps to its time, with one request in flight on each connection", async () => {
  const { requests, result } = await against(() => [good], { path: "/", seconds: 0.2, connections: 3 });
  assert.equal(requests.length, result.requests);
  assert.ok(result.requests >= 3 && result.seconds >= 0.2);
});

test("answers that come in pieces are put together", async () => {
  const { result } = await against(() => [good.slice(0, 30), good.slice(30)], { paths: ["/1", "/2"] });
  assert.equal(result.requests, 2);
});

const wrong = {
  "another status": [[good.replace("200 OK", "500 Oops")], /status 500, body "hello"/],
  "another body": [[good.replace("hello", "jello")], /status 200, body "jello"/],
  "more than the answer": [[`${good}x`], /more than was asked for/],
  "a closed connection": [null, /closed a connection|ECONNRESET/],
};
for (const [name, [pieces, message]] of Object.entries(wrong)) {
  test(`one wrong answer among good ones fails the job: ${name}`, async () => {
    const answer = (_, number) => (number === 5 ? pieces : [good]);
    await assert.rejects(against(answer, { path: "/", seconds: 5 }), message);
  });
}

test("a server that cannot be reached fails the job", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(run({ port, connections: 1, expect, path: "/", seconds: 1 }), /ECONNREFUSED/);
});
