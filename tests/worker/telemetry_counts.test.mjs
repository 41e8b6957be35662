// What is counted of scripts: by two isolates, under load, and told as JSON and to Prometheus.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { TOKEN, says, startScripts, startSharing, text, version, wait } from "./dispatch.mjs";
import { NAMESPACE, telemetryOf, until } from "./telemetry.mjs";

const SCRIPT = `export default { async fetch(request) {
  await request.text();
  const { pathname } = new URL(request.url);
  if (pathname === "/throw") throw new Error("on purpose");
  if (pathname === "/teapot") return new Response("short and stout", { status: 418 });
  if (pathname === "/log") console.log("one"), console.warn("two");
  return new Response("hi");
} };`;

// Six at once, each of which asks for each of six paths as often.
const EACH = 102;
const ALL = 6 * EACH;

describe("telemetry", () => {
  let host, other, told;
  before(async () => {
    // With a binding to Analytics Engine, which Miniflare has and keeps nothing in.
    host = await startScripts({ extra: { analyticsEngineDatasets: { ANALYTICS: { dataset: "telemetry" } } } });
    other = await startSharing(host, {});
    told = telemetryOf(host);
  });
  after(async () => {
    await other?.dispose();
    await host?.dispose();
  });

  test("under load in two isolates the totals are what was asked, exactly, by version and by outcome", async () => {
    const one = await host.deploy("load", SCRIPT);
    const two = await host.upload("load", `${SCRIPT} // again`);
    await host.split("load", { [one]: 50, [two]: 50 });
    const paths = ["/", "/", "/", "/log", "/teapot", "/throw"];
    const counted = { statuses: {}, versions: {} };
    const worker = async (where, from) => {
      for (let i = 0; i < EACH; i += 1) {
        const answer = await where.ask(`load${paths[(from + i) % paths.length]}`, { method: "POST", body: "12345", headers: { "cf-connecting-ip": `10.0.${from}.${i}` } });
        await answer.arrayBuffer();
        const status = `${Math.floor(answer.status / 100)}xx`;
        counted.statuses[status] = (counted.statuses[status] ?? 0) + 1;
        // An error's answer is of the version that threw; which that was its telemetry knows.
        const id = version(answer);
        if (id) counted.versions[id] = (counted.versions[id] ?? 0) + 1;
      }
    };
    await Promise.all([host, other].flatMap((where) => [0, 1, 2].map((from) => worker(where, from))));
    const totals = await told.totals(ALL, "by=script");
    const { requests, outcomes, statuses, log_lines, request_bytes, latency_ms } = totals;
    assert.equal(requests, ALL);
    assert.deepEqual(Object.fromEntries(Object.entries(statuses).filter(([, count]) => count > 0)), counted.statuses);
    assert.deepEqual(outcomes, { ok: ALL - counted.statuses["5xx"], refused: 0, threw: counted.statuses["5xx"], host_failed: 0 });
    assert.equal(request_bytes, 5 * ALL);
    assert.equal(counted.statuses["5xx"], EACH);
    assert.ok(latency_ms.p50 > 0 && latency_ms.p50 <= latency_ms.p90 && latency_ms.p90 <= latency_ms.p99, JSON.stringify(latency_ms));
    // What the runtime tells of the calls comes after their answers.
    const tails = await until(() => told.totals(ALL), ({ invocations }) => invocations >= ALL);
    assert.deepEqual([tails.invocations, tails.log_lines, tails.exceptions], [ALL, 2 * EACH, EACH]);
    assert.ok(log_lines <= 2 * EACH);
    const { series } = await told.analytics("?by=version");
    assert.equal(series.length, 2);
    for (const { script, version, totals } of series) {
      assert.equal(script, "load");
      assert.equal(totals.outcomes.ok, counted.versions[version], version);
      assert.ok(totals.cold_starts >= 2 && totals.cold_starts <= 6, `${totals.cold_starts} cold starts in two isolates`);
      assert.ok(totals.cold_start_ms >= 0);
    }
  });

  test("points are of minutes or hours, and what is asked wrongly is told", async () => {
    const { series, step, since, until: end } = await told.analytics("?by=script");
    assert.equal(step, "minute");
    assert.ok(Date.parse(end) - Date.parse(since) >= 3_600_000);
    for (const { points, totals } of series) {
      assert.equal(points.reduce((sum, { requests }) => sum + requests, 0), totals.requests);
      for (const { at } of points) assert.equal(Date.parse(at) % 60_000, 0);
    }
    const hours = await told.analytics("?step=hour&by=namespace");
    assert.equal(hours.series[0].points.every(({ at }) => Date.parse(at) % 3_600_000 === 0), true);
    assert.equal(hours.series[0].totals.requests, series.reduce((sum, { totals }) => sum + totals.requests, 0));
    assert.deepEqual((await told.get("/analytics?until=2020-01-02T00:00:00Z&since=2020-01-01T00:00:00Z")).series, []);
    for (const wrong of ["step=day", "since=yesterday", "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "by=everything"]) {
      const { errors } = await host.api("GET", `${NAMESPACE}/analytics?${wrong}`, undefined, { status: 400 });
      assert.equal(errors[0].code, 10004, wrong);
    }
    await host.api("GET", `${NAMESPACES}/nothing/analytics`, undefined, { status: 404 });
    await host.api("GET", `${NAMESPACE}/analytics`, undefined, { status: 401, token: "wrong" });
  });

  test("what the host refuses is counted as refused, and what a worker may not do as its own", async () => {
    await host.deploy("small", says("x"), { limits: { request_bytes: 3 } });
    assert.equal((await host.ask("small", { method: "POST", body: "too long" })).status, 413);
    await text(await host.ask("small", { method: "POST", body: "ok" }));
    await host.deploy("slow", "export default { fetch: () => new Promise((r) => setTimeout(() => r(new Response('late')), 5000)) };", { limits: { wall_ms: 50 } });
    assert.equal((await host.ask("slow/")).status, 504);
    const { series } = await until(() => told.analytics("?by=script"), ({ series }) => ["small", "slow"].every((name) => series.some(({ script }) => script === name)));
    const of = (name) => series.find(({ script }) => script === name).totals;
    assert.deepEqual([of("small").outcomes.refused, of("small").outcomes.ok, of("slow").outcomes.threw], [1, 1, 1]);
  });

  test("what an isolate sends again, as it heard nothing, is counted once; what it sent late is not lost", async () => {
    const objects = await host.miniflare.getDurableObjectNamespace("TELEMETRY");
    const object = objects.get(objects.idFromName("another"));
    const add = async (sequence, requests) => {
      const series = [["s", "v", { "outcome.ok": requests }]];
      const body = JSON.stringify({ op: "add", isolate: "i", sequence, namespace: "n", series, identities: [], events: [], faults: [], ids: [], dropped: 0 });
      assert.equal((await object.fetch("https://x/", { method: "POST", body })).status, 200);
    };
    for (const [sequence, requests] of [[1, 2], [1, 2], [2, 3], [1, 2], [3, 4]]) await add(sequence, requests);
    const answer = await object.fetch("https://x/", { method: "POST", body: JSON.stringify({ op: "analytics", by: "script" }) });
    assert.equal((await answer.json()).series[0].totals.requests, 9);
  });

  test("Prometheus reads it: what its own checker says is nothing, and the numbers are those", async () => {
    const ask = (accept, token = TOKEN) => host.fetch("/metrics", { headers: { accept, authorization: `Bearer ${token}` } });
    const plain = await ask("text/plain; version=0.0.4");
    assert.equal(plain.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const body = await text(plain);
    const checked = execFileSync(process.env.PROMTOOL ?? "promtool", ["check", "metrics"], { input: body, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
    assert.equal(checked, "");
    assert.match(body, /^dynamic_loader_requests_total\{namespace="tenants",script="load",outcome="threw"\} 102$/m);
    assert.match(body, /^dynamic_loader_requests_total\{namespace="tenants",script="load",outcome="ok"\} 510$/m);
    assert.match(body, /^dynamic_loader_request_duration_seconds_count\{namespace="tenants",script="load"\} 612$/m);
    assert.match(body, /^dynamic_loader_request_duration_seconds_bucket\{namespace="tenants",script="load",le="\+Inf"\} 612$/m);
    assert.match(body, /^dynamic_loader_log_lines_total\{namespace="tenants",script="load"\} 204$/m);
    const counts = [...body.matchAll(/_bucket\{namespace="tenants",script="load",le="([^"]+)"\} (\d+)/g)].map(([, , count]) => Number(count));
    assert.deepEqual(counts, counts.toSorted((a, b) => a - b), "buckets add up");
    const open = await ask("application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    assert.match(open.headers.get("content-type"), /^application\/openmetrics-text/);
    const lines = await text(open);
    assert.match(lines, /^# TYPE dynamic_loader_requests counter$/m);
    assert.ok(lines.endsWith("# EOF\n"));
    assert.equal((await ask("text/plain", "wrong")).status, 401);
  });

  test("/metrics speaks for both isolates", async () => {
    const asked = async (where) => (await where.fetch("/metrics")).json();
    const before = await until(() => asked(host), ({ loadedWorkers }) => loadedWorkers > 4);
    // A worker that the other isolate alone has loaded.
    await text(await other.fetch("/config"));
    const [here, there] = await until(async () => [await asked(host), await asked(other)], ([here, there]) => here.loadedWorkers === there.loadedWorkers && here.loadedWorkers > before.loadedWorkers);
    assert.deepEqual(Object.keys(here).sort(), ["activeConnections", "healthScore", "loadedWorkers", "responseTime", "timestamp"]);
    assert.equal(here.loadedWorkers, there.loadedWorkers);
    assert.ok(here.loadedWorkers > before.loadedWorkers, `${here.loadedWorkers} after ${before.loadedWorkers}`);
    assert.ok(Number(here.healthScore) < 1, "the other's failures count, too");
  });

  test("what there was of a namespace is gone with it", async () => {
    await host.api("POST", NAMESPACES, { name: "leaving" });
    const { namespace_id: id } = (await host.api("GET", `${NAMESPACES}/leaving`)).result;
    const objects = await host.miniflare.getDurableObjectNamespace("TELEMETRY");
    const object = objects.get(objects.idFromName(id));
    const ask = async (input) => (await object.fetch("https://x/", { method: "POST", body: JSON.stringify(input) })).status;
    const add = { op: "add", isolate: "i", sequence: 1, namespace: "leaving", series: [], identities: [], events: [], faults: [], ids: [], dropped: 0 };
    assert.equal(await ask(add), 200);
    await host.api("DELETE", `${NAMESPACES}/leaving`);
    assert.equal(await until(() => ask({ op: "totals" }), (status) => status === 404), 404);
    assert.equal(await ask(add), 200, "what comes late is taken");
    assert.equal(await ask({ op: "totals" }), 404, "and kept nowhere");
    await wait(0);
  });
});
