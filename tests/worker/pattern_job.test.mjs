// Jobs: code run for each of a list of inputs, as it is asked for and over restarts.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { scriptsOf, wait } from "./dispatch.mjs";
import { TOKEN, startPatterns } from "./patterns.mjs";
import { until } from "./until.mjs";

const range = (count) => Array.from({ length: count }, (_, i) => i);
const DOUBLES = "export function map(input) { return input * 2; } export function reduce(values) { return values.reduce((a, b) => a + b, 0); }";
// So long a line waits for whoever asked for it.
const READER_MS = 700;

describe("jobs", () => {
  let host;
  const call = async (method, path, body, { token = TOKEN, status = 200 } = {}) => {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const answer = await host.fetch(path, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(50_000) });
    const text = await answer.text();
    assert.equal(answer.status, status, `${method} ${path}: ${text.slice(0, 500)}`);
    return { headers: answer.headers, text };
  };
  const json = async (...args) => JSON.parse((await call(...args)).text);
  const lines = ({ text }) => text.trimEnd().split("\n").map((line) => JSON.parse(line));
  /** Runs it; gives the lines without their times. */
  const ran = async (document) => lines(await call("POST", "/job", document)).map(({ ms, ...line }) => line);
  const one = async (code, more) => (await ran({ code, inputs: [1], ...more }))[0];
  before(async () => (host = await startPatterns({ main: "spied.js", bindings: { JOB_READER_MS: READER_MS } })));
  after(() => host?.dispose());

  test("each input is run, and told in its place; what is reduced comes last", async () => {
    const { headers, text } = await call("POST", "/job", { code: DOUBLES, inputs: range(50), concurrency: 16, reduce: true });
    assert.equal(headers.get("content-type"), "application/x-ndjson");
    const told = lines({ text });
    assert.deepEqual(told.slice(0, 50).map(({ index, outcome, value }) => [index, outcome, value]), range(50).map((i) => [i, "ok", 2 * i]));
    assert.ok(told.every(({ ms }) => ms === undefined || Number.isInteger(ms)));
    assert.deepEqual(told.slice(50).map(({ reduced, ...rest }) => (reduced ? reduced.value : rest)), [2450, { state: "done", total: 50, ok: 50, threw: 0, timed_out: 0, never_ran: 0 }]);
    const id = headers.get("x-job");
    const { state, total, finished, ok, created_on, finished_on } = await json("GET", `/job/${id}`);
    assert.deepEqual([state, total, finished, ok, created_on < finished_on], ["done", 50, 50, 50, true]);
    assert.equal((await call("GET", `/job/${id}/results`)).text, text, "and told again as it was");
  });

  test("each is run in an isolate of its own, which can reach nothing", async () => {
    const told = await ran({ code: "let seen = 0; export function map() { return ++seen; }", inputs: range(10) });
    assert.deepEqual(told.slice(0, 10).map(({ value }) => value), Array(10).fill(1));
    const { outcome, error } = await one("export async function map() { return (await fetch('https://example.com/')).status; }");
    assert.equal(outcome, "threw");
    assert.match(error.message, /not permitted to access the internet/);
    assert.deepEqual((await one('import { env } from "cloudflare:workers"; export const map = () => Object.keys(env);')).value, []);
  });

  test("so many at once, and no more", async () => {
    // Isolates do not know each other: the time that each is at work is what they can tell.
    const code = "export async function map(ms) { const from = Date.now(); await new Promise((resolve) => setTimeout(resolve, ms)); return [from, Date.now()]; }";
    for (const [concurrency, ms] of [[1, 100], [6, 1500]]) {
      const spans = (await ran({ code, inputs: Array(12).fill(ms), concurrency })).slice(0, 12).map(({ value }) => value);
      const most = Math.max(...spans.map(([from]) => spans.filter(([begin, end]) => begin <= from && from < end).length));
      assert.ok(most <= concurrency, `${most} at once`);
      if (concurrency === 6) assert.ok(most > 4, `${most}: more than one request may have`);
    }
  });

  test("an outcome says what became of it", async () => {
    const threw = await one("export function map() { throw new RangeError('too far'); }");
    assert.deepEqual([threw.outcome, threw.error.name, /too far/.test(threw.error.message)], ["threw", "RangeError", true]);
    const late = await one("export function map(input) { return new Promise((resolve) => setTimeout(resolve, 30_000)); }", { deadline_ms: 200 });
    assert.deepEqual([late.outcome, late.error.message], ["timed_out", "It took longer than 200 ms."]);
    const broken = await one("export function map( {");
    assert.deepEqual([broken.outcome, /SyntaxError/.test(broken.error.message)], ["never_ran", true]);
    assert.match((await one("export function other() {}")).error.message, /exports a function map/);
    assert.match((await one("export const map = () => 'x'.repeat(2_000_000);")).error.message, /1048576 are the most/);
    assert.deepEqual(await one("export const map = () => {};"), { index: 0, outcome: "ok", value: null });
    assert.equal((await one("export default { map: (input, index) => [input, index] };")).value.join(), "1,0");
    const mixed = await ran({ code: "export function map(input) { if (input % 2) throw new Error('odd'); return input; } export const reduce = (values) => values;", inputs: range(6), reduce: true });
    assert.deepEqual(mixed.slice(0, 6).map(({ outcome }) => outcome), ["ok", "threw", "ok", "threw", "ok", "threw"]);
    assert.deepEqual(mixed[6].reduced.value, [0, 2, 4], "what came to its end");
    assert.deepEqual(mixed[7], { state: "done", total: 6, ok: 3, threw: 3, timed_out: 0, never_ran: 0 });
    assert.match((await ran({ code: "export const map = () => 1;", inputs: [1], reduce: true }))[1].reduced.error.message, /exports a function reduce/);
  });

  test("what is too much to be reduced is told, and the results are there", async () => {
    const told = await ran({ code: "export const map = (n) => 'x'.repeat(1_000_000); export const reduce = () => 1;", inputs: range(17), reduce: true });
    assert.deepEqual(told.slice(0, 17).map(({ outcome, value }) => [outcome, value.length]), Array(17).fill(["ok", 1_000_000]));
    assert.equal(told[17].reduced.outcome, "never_ran");
    assert.match(told[17].reduced.error.message, /17000\d{3} characters of JSON, and at most 16777216 can be reduced/);
    assert.deepEqual(told[18], { state: "done", total: 17, ok: 17, threw: 0, timed_out: 0, never_ran: 0 });
  });

  test("an item may compute no longer than its deadline", async () => {
    const spy = async () => (await (await host.fetch("/spy", { method: "PUT", body: "{}" })).json()).limits;
    const before = (await spy()).length;
    await ran({ code: DOUBLES, inputs: [1, 2], deadline_ms: 5000 });
    await ran({ code: DOUBLES, inputs: [1], deadline_ms: 600_000 });
    assert.deepEqual((await spy()).slice(before), [{ cpuMs: 5000 }, { cpuMs: 5000 }, { cpuMs: 300_000 }]);
  });

  test("results come as they are there, in order", async () => {
    const code = "export async function map(ms) { await new Promise((resolve) => setTimeout(resolve, ms)); return ms; }";
    const answer = await host.fetch("/job", { method: "POST", headers: { authorization: `Bearer ${TOKEN}`, "accept-encoding": "identity" }, body: JSON.stringify({ code, inputs: [0, 2500, 0], concurrency: 3 }) });
    const reader = answer.body.getReader();
    const first = new TextDecoder().decode((await reader.read()).value);
    assert.match(first, /^\{"index":0,[^\n]*\}\n$/, "the first, while the second is at work");
    let rest = "";
    for (let piece; !(piece = await reader.read()).done; ) rest += new TextDecoder().decode(piece.value);
    assert.deepEqual(lines({ text: rest }).map(({ index }) => index), [1, 2, undefined]);
  });

  test("whoever waits for a line is there, however long it takes", async () => {
    const code = "export async function map(ms) { await new Promise((resolve) => setTimeout(resolve, ms)); return ms; }";
    const [slow, next, end] = await ran({ code, inputs: [2 * READER_MS, 0], concurrency: 1 });
    assert.deepEqual([slow.value, next.value, end.state], [2 * READER_MS, 0, "done"]);
  });

  test("asynchronous: an id at once, its progress, its results", async () => {
    const code = "export async function map(ms) { await new Promise((resolve) => setTimeout(resolve, ms)); return ms; }";
    const { id, url, results, total } = await json("POST", "/job", { code, inputs: [1, 1000, 1000, 1000], concurrency: 1, async: true }, { status: 202 });
    assert.deepEqual([url, results, total], [`${host.url}job/${id}`, `${host.url}job/${id}/results`, 4]);
    const some = await until(async () => { const status = await json("GET", `/job/${id}`); return status.finished > 0 && status; }, "progress");
    assert.equal(some.state, "running");
    await json("POST", `/job/${id}/retry`, undefined, { status: 409 });
    assert.equal(lines(await call("GET", `/job/${id}/results`)).length, 5, "they are waited for");
    assert.equal((await json("GET", `/job/${id}`)).state, "done");
    assert.equal((await json("DELETE", `/job/${id}`)).deleted, true);
    for (const path of ["", "/results"]) await call("GET", `/job/${id}${path}`, undefined, { status: 404 });
  });

  test("a job that is canceled runs nothing more; what did not come to its end can be run again, and nothing else", async () => {
    const code = "export async function map(ms) { await new Promise((resolve) => setTimeout(resolve, ms)); return Math.random(); }";
    // Each item is a worker that is made for it.
    const made = async () => (await (await host.fetch("/spy")).json()).codes.filter(({ key }) => key === "once").length;
    const none = await made();
    const { id } = await json("POST", "/job", { code, inputs: [0, 0, 1500, 0, 0], concurrency: 1, async: true }, { status: 202 });
    await until(async () => (await json("GET", `/job/${id}`)).finished === 2, "two of them");
    const canceled = await json("POST", `/job/${id}/cancel`);
    assert.deepEqual([canceled.state, canceled.ok, canceled.never_ran], ["canceled", 3, 2], "the one at work came to its end");
    const before = lines(await call("GET", `/job/${id}/results`));
    assert.match(before[3].error.message, /canceled/);
    await json("POST", `/job/${id}/retry`);
    const after = lines(await call("GET", `/job/${id}/results`));
    assert.deepEqual(after.slice(0, 3), before.slice(0, 3), "as they were");
    assert.deepEqual([after[3].outcome, after[4].outcome, after[5].ok], ["ok", "ok", 5]);
    assert.equal((await made()) - none, 5, "each was run once");
  });

  test("whoever asks for the results at once and goes, wants none", async () => {
    const code = "export async function map(ms) { await new Promise((resolve) => setTimeout(resolve, ms)); }";
    const gone = new AbortController();
    const answer = await host.fetch("/job", { method: "POST", signal: gone.signal, headers: { authorization: `Bearer ${TOKEN}` }, body: JSON.stringify({ code, inputs: Array(100).fill(200), concurrency: 1 }) });
    const id = answer.headers.get("x-job");
    gone.abort();
    const { state, finished, never_ran } = await until(async () => { const status = await json("GET", `/job/${id}`); return status.finished_on && status; }, "its end");
    assert.deepEqual([state, finished, never_ran > 50], ["canceled", 100, true]);
  });

  test("a script of the namespace job, whatever is live of it", async () => {
    await host.api("POST", NAMESPACES, { name: "job" });
    const { deploy } = scriptsOf(host, "job", TOKEN);
    const source = (text) => `import { WorkerEntrypoint } from "cloudflare:workers";
      let seen = 0;
      export default class extends WorkerEntrypoint { map(input) { return this.env.PREFIX + ${JSON.stringify(text)} + input + ++seen; } reduce(values) { return values.join(); } fetch() { return new Response("x"); } }`;
    const bindings = [{ type: "plain_text", name: "PREFIX", text: ">" }];
    await deploy("upper", source("a"), { bindings });
    const values = async () => (await ran({ script: "upper", inputs: [1, 2], reduce: true })).slice(0, 3).map(({ value, reduced }) => value ?? reduced.value);
    assert.deepEqual(await values(), [">a11", ">a21", ">a11,>a21"]);
    await deploy("upper", source("b"), { bindings });
    assert.deepEqual(await values(), [">b11", ">b21", ">b11,>b21"]);
    await json("POST", "/job", { script: "none", inputs: [1] }, { status: 404 });
  });

  test("what is no job is refused with all that is wrong, and leaves nothing", async () => {
    for (const [document, count] of [[[], 1], [{}, 2], [{ code: DOUBLES, script: "x", inputs: [] }, 2], [{ code: 5, inputs: {}, concurrency: 0, deadline_ms: 1e9, reduce: 1, async: "yes", also: 1 }, 7], [{ script: "A B", inputs: [1] }, 1], [{ code: DOUBLES, inputs: ["x".repeat(2 << 20)] }, 1]]) {
      const { error } = await json("POST", "/job", document, { status: 400 });
      assert.equal(error.code, "invalid_document");
      assert.equal(error.message.match(/\.(?= |$)/g).length, count + (error.message.match(/\d\.\d/g) ?? []).length, error.message);
    }
    await call("POST", "/job", { code: DOUBLES, inputs: Array(17).fill("x".repeat(1 << 20)) }, { status: 413 });
    for (const path of ["/job/none", `/job/${crypto.randomUUID()}`, "/job/a/b/c", "/job/"]) await call("GET", path, undefined, { status: path === "/job/" ? 405 : 404 });
    await call("PUT", `/job/${crypto.randomUUID()}`, {}, { status: 405 });
  });

  test("takes a token that may write, for its namespace", async () => {
    await host.api("POST", NAMESPACES, { name: "other" });
    const made = async (permission, namespaces) => (await host.api("POST", "/accounts/a/tokens", { name: "t", permission, namespaces })).result.value;
    const [reader, other, writer] = [await made("read", ["job"]), await made("write", ["other"]), await made("write", ["job"])];
    const document = { code: DOUBLES, inputs: [1] };
    for (const [token, status] of [[null, 401], ["wrong", 401], [reader, 403], [other, 403]]) await call("POST", "/job", document, { token, status });
    const { headers } = await call("POST", "/job", document, { token: writer });
    const path = `/job/${headers.get("x-job")}`;
    await call("GET", path, undefined, { token: reader });
    await call("DELETE", path, undefined, { token: reader, status: 403 });
    await call("GET", path, undefined, { token: null, status: 401 });
  });
});
