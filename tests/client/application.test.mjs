// An application as people write them, with D1, KV, R2 and a Durable Object: deployed into a host by unmodified wrangler it does what it
// does on plain `wrangler dev`, and what it stores outlives new versions and restarts of the host.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { NAMESPACE, clientsOf } from "./platform/clients.mjs";
import { asking } from "../worker/asking.mjs";
import { until } from "../worker/until.mjs";
import { startWrangler, workFolder } from "./wrangler.mjs";

const TOKEN = "the-token-of-the-application-test";
const json = (method, path, body, headers = {}) => [path, { method, body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } }];
const SESSION = { cookie: "session=one" };
const FILE = "0123456789".repeat(10_000);

/** What is asked, in order. */
const FIRST = [
  ["/"],
  ["/none"],
  ["/notes"],
  ["/setup", { method: "POST" }],
  ["/notes"],
  json("POST", "/notes", { title: "one", body: "a body" }),
  json("POST", "/notes", { title: "two", body: "ä€😀" }),
  json("POST", "/notes", { title: "two", body: "again" }),
  ["/notes/1"],
  ["/notes/9"],
  json("POST", "/stars", [1, 2, 1, 9]),
  ["/notes?stars=2"],
  ["/notes/1", { method: "DELETE" }],
  ["/notes/1", { method: "DELETE" }],
  ["/count/notes"],
  ["/session"],
  json("POST", "/session", { user: "Ada", id: "one" }),
  ["/session", { headers: SESSION }],
  ["/sessions"],
  ["/files/none"],
  ["/files/a.txt", { method: "PUT", body: FILE, headers: { "content-type": "text/plain", ...SESSION } }],
  ["/files/empty", { method: "PUT", body: "" }],
  ["/files/a.txt"],
  ["/files/a.txt", { headers: { range: "bytes=10-19" } }],
  ["/files/a.txt", { headers: { range: "bytes=-5" } }],
  ["/files/a.txt", { headers: { "if-none-match": `"${createHash("md5").update(FILE).digest("hex")}"` } }],
  ["/files"],
  ["/files/empty", { method: "DELETE" }],
  ["/files"],
  ["/count/a", { method: "POST" }],
  ["/count/a", { method: "POST" }],
  ["/count/b", { method: "POST" }],
  ["/count/a/latest"],
  ["/count/b/reset", { method: "POST" }],
];
/** And what is there after that, however often it is asked. */
const LATER = [["/notes"], ["/session", { headers: SESSION }], ["/sessions"], ["/files"], ["/files/a.txt"], ["/count/a"], ["/count/a/latest"], ["/count/notes"], ["/count/b"]];

async function answers(base, requests) {
  const ask = asking(base);
  const all = [];
  for (const [path, init] of requests) {
    const answer = await ask(`${base}${path}`, { redirect: "manual", ...init });
    const headers = Object.fromEntries(["content-type", "content-range", "etag", "x-title", "x-by", "set-cookie"].map((name) => [name, answer.headers.get(name)]));
    // Below a prefix its cookies are for that path.
    headers["set-cookie"] = headers["set-cookie"]?.replace(/Path=[^;]*/i, "Path=/") ?? null;
    all.push({ asked: `${init?.method ?? "GET"} ${path}`, status: answer.status, body: await answer.text(), headers });
  }
  return all;
}

const untilReset = (base) => until(async () => (await (await asking(base)(`${base}/count/b`)).json()).total === 0, "the alarm rings");

/** What a WebSocket of a counter answers. */
async function heard(base) {
  const socket = new WebSocket(`${base.replace("http", "ws")}/count/a/latest`);
  const message = await new Promise((resolve, reject) => {
    [socket.onopen, socket.onerror, socket.onmessage] = [() => socket.send("hello"), reject, ({ data }) => resolve(data)];
  });
  socket.close();
  return message;
}

test("a Hono application with D1, KV, R2 and a Durable Object works as on plain wrangler dev, and keeps what it stores", { timeout: 170_000 }, async () => {
  const folder = workFolder({ API_TOKEN: TOKEN });
  const plain = workFolder({});
  let host = await startWrangler(folder);
  const clients = clientsOf(host, TOKEN);
  let alone;
  try {
    await clients.ran(clients.home, "dispatch-namespace", "create", NAMESPACE);
    const project = clients.project("notes");
    alone = await startWrangler(plain, project);
    const theirs = alone.url.replace(/\/$/, "");
    const ours = () => new URL(`/dispatch/${NAMESPACE}/notes`, host.url).href;
    const deploy = () => clients.ran(project, "deploy", "--dispatch-namespace", NAMESPACE);
    await deploy();
    const [expected, told] = [await answers(theirs, FIRST), await answers(ours(), FIRST)];
    for (const [at, answer] of expected.entries()) assert.deepEqual(told[at], answer);
    assert.deepEqual(expected.filter(({ status }) => [206, 304].includes(status)).map(({ status }) => status), [206, 206, 304]);
    assert.deepEqual(expected.map(({ status }) => status).filter((status) => status >= 500), [500, 500], "the table that is not there yet, and the title that is there");
    await Promise.all([theirs, ours()].map(untilReset));
    assert.equal(await heard(ours()), "hello 2");
    assert.equal(await heard(theirs), "hello 2");
    const later = await answers(theirs, LATER);
    assert.deepEqual(await answers(ours(), LATER), later);

    // A new version.
    const source = join(project, "src/index.ts");
    writeFileSync(source, readFileSync(source, "utf8").replace("<h1>", "<h1>Our "));
    await deploy();
    assert.match((await answers(ours(), [["/"]]))[0].body, /<h1>Our Notes/);
    assert.deepEqual(await answers(ours(), LATER), later, "after a new version");

    // A restart of the host.
    assert.deepEqual(await host.stop(), []);
    host = await startWrangler(folder);
    assert.deepEqual(await answers(ours(), LATER), later, "after a restart");
  } finally {
    await alone?.stop();
    await host.stop();
    clients.remove();
    for (const one of [folder, plain]) one.remove();
  }
});
