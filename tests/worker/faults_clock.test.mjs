// The host's clock jumps an hour ahead, and a day back: what goes by it goes on, nothing waits until the clock is where it was, nothing
// is lost or negative, and no alarm sets itself over and over.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { TOKEN, says, scriptsOf, startScripts, text, wait } from "./dispatch.mjs";
import { until } from "./until.mjs";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
// After each other: where the clock is then, beside the machine's.
const STEPS = [HOUR, HOUR - DAY, 0, -DAY, HOUR];
const headers = { authorization: `Bearer ${TOKEN}` };

describe("a clock that steps", () => {
  let host, at;
  const clock = async (ms) => Number(await text(await host.fetch("/clock", { method: "POST", body: String(ms) })));
  before(async () => {
    host = await startScripts({ main: "stepped.js", bindings: { SNAPSHOT_TTL_MS: 300, DYNAMIC_PER_MINUTE: 2 } });
    at = (name) => `${NAMESPACES}/tenants/scripts/${name}`;
    await clock(0);
  });
  after(() => host?.dispose());

  test("leaves no copy of what is live to be used for long", async () => {
    await clock(0);
    const ids = [await host.deploy("live", says("0")), await host.upload("live", says("1"))];
    const { namespace_id } = (await host.api("GET", `${NAMESPACES}/tenants`)).result;
    const objects = await host.miniflare.getDurableObjectNamespace("SCRIPTS");
    const object = objects.get(objects.idFromName(`${namespace_id}/live`));
    assert.equal(await text(await host.ask("live/")), "0");
    for (const [i, step] of STEPS.entries()) {
      await clock(step);
      const next = (i + 1) % 2;
      // As another isolate does it: this one is not told.
      const body = { strategy: "percentage", versions: [{ version_id: ids[next], percentage: 100 }] };
      assert.equal((await object.fetch("https://script/", { method: "POST", body: JSON.stringify({ op: "deploy", body }) })).status, 200);
      await until(async () => (await text(await host.ask("live/"))) === String(next), `the other version, after ${step}`);
    }
  });

  test("locks no limit, and says no time to wait that is longer than it can be", async () => {
    await clock(0);
    const limited = scriptsOf(host, "limited");
    await limited.create();
    await limited.deploy("app", says("in"));
    await host.api("PATCH", `${NAMESPACES}/limited/quota`, { requests_per_minute: 3 });
    await wait(350);
    // Until there is no more; at most twice a limit, where a minute ends in between.
    const drained = async (ask) => {
      for (let i = 0; i < 10; i += 1) {
        const answer = await ask();
        await answer.arrayBuffer();
        const seconds = answer.headers.get("retry-after");
        if (answer.status === 429) return Number(seconds);
        assert.equal(answer.status, 200);
      }
      assert.fail("there is no limit");
    };
    for (const step of STEPS) {
      await clock(step);
      for (const [what, ask] of [["namespace", () => limited.ask("app/")], ["/dynamic", () => host.fetch("/dynamic")]]) {
        const seconds = await drained(ask);
        assert.ok(seconds >= 1 && seconds <= 60, `${what}: ${seconds} s, after ${step}`);
      }
      // Whoever waits for as long as that, by this clock, is served.
      await clock(step + 61_000);
      await text(await limited.ask("app/"));
      await text(await host.fetch("/dynamic"));
    }
  });

  test("ends a token when it says, and not for good", async () => {
    await clock(0);
    const expires_on = new Date(Date.now() + HOUR / 2).toISOString();
    const { value } = (await host.api("POST", "/accounts/acc/tokens", { name: "t", permission: "read", namespaces: "*", expires_on })).result;
    for (const [step, status] of [[0, 200], [HOUR, 401], [-DAY, 200], [HOUR, 401], [0, 200]]) {
      await clock(step);
      await host.api("GET", NAMESPACES, undefined, { token: value, status });
    }
  });

  test("stops no job, whether one waits for its results or not", async () => {
    const code = "export async function map(n) { await new Promise((resolve) => setTimeout(resolve, 30)); return n; }";
    const inputs = Array.from({ length: 60 }, (_, i) => i);
    for (const [i, step] of STEPS.slice(0, 2).entries()) {
      await clock(0);
      const answer = await host.fetch("/job", { method: "POST", headers, body: JSON.stringify({ code, inputs, concurrency: 4, async: i === 0 }) });
      const id = answer.headers.get("x-job") ?? (await answer.clone().json()).id;
      const told = answer.text();
      const status = async () => (await host.fetch(`/job/${id}`, { headers })).json();
      await until(async () => (await status()).ok > 5, "it is under way");
      await clock(step);
      const { ok } = await until(async () => { const job = await status(); return job.state !== "running" && job; }, `its end, after ${step}`);
      assert.equal(ok, 60);
      await told;
    }
  });

  test("holds no message of a queue back", async () => {
    await clock(0);
    await host.deploy("queue", `export default {
      async fetch(request, env) {
        if (request.method === "POST") { await env.JOBS.send(await request.text()); return new Response("sent"); }
        return Response.json((await env.LOG.list()).keys.map(({ name }) => name));
      },
      async queue(batch, env) { for (const { body } of batch.messages) await env.LOG.put(body, ""); },
    };`, { bindings: [{ type: "kv_namespace", name: "LOG", namespace_id: "log" }, { type: "queue", name: "JOBS", queue_name: "jobs" }] });
    await host.api("PUT", `${NAMESPACES}/tenants/queues/jobs`, { consumer: { script_name: "queue", batch_size: 10, max_wait_time_ms: 400 } });
    const came = async () => JSON.parse(await text(await host.ask("queue/")));
    for (const [i, step] of STEPS.entries()) {
      // Sent before the step, and delivered after it.
      assert.equal(await text(await host.ask("queue/", { method: "POST", body: `message ${i}` })), "sent");
      await clock(step);
      await until(async () => (await came()).includes(`message ${i}`), `the message that was sent before ${step}`);
    }
  });

  test("keeps nobody from knowing how much is stored", async () => {
    await clock(0);
    await host.deploy("stored", `export default { async fetch(request, { KV, FILES }) {
      const key = new URL(request.url).pathname;
      await Promise.all([KV.put(key, "x"), FILES.put(key, "x")]);
      return new Response("stored");
    } };`, { bindings: [{ type: "kv_namespace", name: "KV", namespace_id: "kv" }, { type: "r2_bucket", name: "FILES", bucket_name: "files" }] });
    for (const [i, step] of STEPS.entries()) {
      await clock(step);
      assert.equal(await text(await host.ask(`stored/${i}`)), "stored");
      await until(async () => {
        const { result } = await host.api("GET", `${at("stored")}/stores`);
        return result.map(({ kind, keys }) => `${kind} ${keys}`).sort().join() === `kv ${i + 1},r2 ${i + 1}`;
      }, `what is stored, after ${step}`);
    }
  });

  test("loses nothing of what is counted, and counts nothing twice; nothing of it is less than nothing", async () => {
    await clock(0);
    await host.deploy("counted", "export default { async fetch() { await scheduler.wait(20); return new Response('x'); } };");
    const scrape = async () => {
      const body = await text(await host.fetch("/metrics", { headers: { ...headers, accept: "text/plain" } }));
      const value = (name) => Number(new RegExp(`^dynamic_loader_${name}\\{namespace="tenants",script="counted"(?:,outcome="ok")?\\} (\\S+)$`, "m").exec(body)?.[1] ?? 0);
      assert.doesNotMatch(body, /^dynamic_loader_\S+ -/m);
      return [value("requests_total"), value("request_duration_seconds_sum"), value("request_duration_seconds_count")];
    };
    let [asked, before] = [0, [0, 0, 0]];
    for (const step of STEPS) {
      // One is under way while the clock steps.
      const answer = host.ask("counted/");
      await wait(5);
      await clock(step);
      const answers = await Promise.all([answer, ...Array.from({ length: 4 }, () => host.ask("counted/"))]);
      for (const one of answers) {
        await text(one);
        for (const [, ms] of one.headers.get("server-timing").matchAll(/dur=([^,]+)/g)) assert.ok(Number(ms) >= 0, ms);
      }
      asked += answers.length;
      const after = await until(async () => { const after = await scrape(); return after[0] >= asked && after; }, `what was asked, after ${step}`);
      assert.deepEqual([after[0], after[2]], [asked, asked]);
      assert.ok(after.every((value, i) => value >= before[i]), `${after} after ${before}`);
      before = after;
    }
    const since = new Date(Date.now() - 2 * DAY).toISOString();
    const until2 = new Date(Date.now() + 2 * DAY).toISOString();
    for (const by of ["minute", "hour"]) {
      const { series } = (await host.api("GET", `${at("counted")}/analytics?by=script&step=${by}&since=${since}&until=${until2}`)).result;
      assert.equal(series[0].totals.requests, asked, by);
      assert.ok(series[0].points.every(({ latency_ms: { p50, mean } }) => p50 >= 0 && mean >= 0));
    }
  });

  test("has no alarm set itself over and over", async () => {
    for (const step of [HOUR, -DAY]) {
      await clock(step);
      await wait(500);
      const first = await clock(step);
      await wait(1000);
      const more = (await clock(step)) - first;
      assert.ok(more <= 5, `${more} alarms were set within a second of nothing, after ${step}`);
    }
  });
});
