// The gateway: what goes out of a script, and what not.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { text, wait } from "./dispatch.mjs";

import { startOrigin, startOutbound } from "./outbound.mjs";
import { telemetryOf, until } from "./telemetry.mjs";

let host, origin, other, at, elsewhere;
const script = (name, rest = "") => `${NAMESPACES}/tenants/scripts/${name}${rest}`;
before(async () => {
  origin = await startOrigin();
  other = await startOrigin();
  [at, elsewhere] = [origin, other].map(({ port }) => `http://127.0.0.1:${port}`);
  host = await startOutbound();
});
beforeEach(() => [origin, other].map(({ took }) => took()));
after(async () => {
  await host?.dispose();
  origin?.close();
  other?.close();
});

test("a rule lets out what it is for, and nothing else", async () => {
  await host.asker("rules", [{ host: "127.0.0.1", ports: [origin.port], methods: ["GET", "POST"], path_prefix: "/v1/", name: "local" }]);
  const [got, posted, deleted, above, port, name] = await host.asks("rules", `${at}/v1/a?b=c`, [`${at}/v1/echo`, { method: "POST", body: "text", headers: { "x-own": "mine" } }],
    [`${at}/v1/a`, { method: "DELETE" }], `${at}/v2/a`, `${elsewhere}/v1/a`, "https://example.com/");
  assert.deepEqual([got.status, got.text], [200, "GET /v1/a?b=c"]);
  const { body, "x-own": own } = JSON.parse(posted.text);
  assert.deepEqual([body, own], ["text", "mine"]);
  assert.deepEqual([deleted, above, port, name].map(({ status, refused }) => [status, refused]),
    ["method", "path", "port", "no_rule"].map((code) => [403, `outbound_${code}`]));
  assert.deepEqual(JSON.parse(deleted.text), { error: { code: "outbound_method", message: "The rule \"local\" is not for the method DELETE.", policy: "script", rule: "local" } });
  assert.equal(origin.took().length, 2);
  assert.deepEqual(other.took(), []);
});

test("two policies, and what goes out is allowed by both", async () => {
  const ceiling = (outbound) => host.api("PATCH", `${NAMESPACES}/tenants`, { outbound });
  const local = (ports, more) => [{ host: "127.0.0.1", ports, ...more }];
  await host.asker("both", local([origin.port, other.port], { path_prefix: "/v1/" }));
  await host.asker("none", null);
  const codes = async (name) => (await host.asks(name, `${at}/v1/a`, `${elsewhere}/v1/a`, `${at}/v2/a`)).map(({ status, refused, error }) => refused ?? (error ? "threw" : status));
  assert.deepEqual(await codes("both"), [200, 200, "outbound_path"]);
  assert.deepEqual(await codes("none"), ["threw", "threw", "threw"], "neither says anything");
  const { result } = await ceiling({ rules: local([origin.port]) });
  assert.deepEqual(result.outbound, { rules: local([origin.port]) });
  assert.deepEqual(await codes("both"), [200, "outbound_port", "outbound_path"]);
  assert.deepEqual(await codes("none"), [200, "outbound_port", 200], "it has the namespace's");
  const [, refused] = await host.asks("both", `${at}/v1/a`, `${elsewhere}/v1/a`);
  assert.equal(JSON.parse(refused.text).error.policy, "namespace");
  await host.patch("both", { outbound: "block" });
  assert.deepEqual(await codes("both"), ["threw", "threw", "threw"]);
  await host.patch("both", { outbound: null });
  assert.deepEqual(await codes("both"), [200, "outbound_port", 200]);
  await ceiling("block");
  assert.deepEqual(await codes("both"), ["threw", "threw", "threw"]);
  assert.equal((await host.explain("both", "")).outbound, "block");
  await host.api("PATCH", `${NAMESPACES}/tenants`, { outbound: "inherit" }, { status: 400 });
  await host.api("PATCH", `${NAMESPACES}/tenants`, { outbound: { rules: [], dry_run: true } }, { status: 400 });
  const { errors } = await host.api("PATCH", `${NAMESPACES}/tenants`, { outbound: { rules: [{}, { host: "*.com" }] }, trusted_workers: "perhaps" }, { status: 400 });
  assert.equal(errors.length, 3, JSON.stringify(errors));
  await host.api("PATCH", `${NAMESPACES}/tenants`, { trusted_workers: false });
  assert.equal((await host.api("GET", `${NAMESPACES}/tenants`)).result.outbound, "block", "what is not sent stays");
  await ceiling(null);
  assert.equal((await host.api("GET", `${NAMESPACES}/tenants`)).result.outbound, null);
});

test("a change is no other worker, and holds for what runs already", async () => {
  const rules = (port) => ({ rules: [{ host: "127.0.0.1", ports: [port] }] });
  const source = `export default { async fetch(request) {
    const first = (await fetch("${at}/")).status;
    if (new URL(request.url).pathname === "/wait") await scheduler.wait(3000);
    const second = await fetch("${at}/");
    return Response.json([first, second.status, second.headers.get("x-outbound-refused")]);
  } };`;
  await host.deploy("lives", source, { outbound: rules(origin.port) });
  const before = await host.ask("lives/");
  assert.deepEqual(JSON.parse(await text(before)), [200, 200, null]);
  origin.took();
  for (const [outbound, code] of [[rules(other.port), "outbound_port"], ["block", "outbound_blocked"]]) {
    await host.patch("lives", { outbound: rules(origin.port) });
    const waiting = host.ask("lives/wait");
    while (origin.took().length === 0) await wait(10);
    await host.patch("lives", { outbound });
    assert.deepEqual(JSON.parse(await text(await waiting)), [200, 403, code]);
  }
  await host.patch("lives", { outbound: rules(origin.port) });
  const after = await host.ask("lives/");
  assert.deepEqual(JSON.parse(await text(after)), [200, 200, null]);
  assert.equal(after.headers.get("x-worker-key"), before.headers.get("x-worker-key"), "the very worker");
  await host.patch("lives", { outbound: rules(other.port) });
  const third = await host.ask("lives/");
  assert.deepEqual([third.headers.get("x-worker-key"), third.headers.get("x-worker-cache")], [before.headers.get("x-worker-key"), "warm"]);
});

test("a worker of a script that is gone goes nowhere, whatever the next of its name may", async () => {
  const outbound = { rules: [{ host: "127.0.0.1", ports: [origin.port] }] };
  const source = `export default { async fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/later") ctx.waitUntil(scheduler.wait(2000).then(() => fetch("${at}/from-the-old-one")));
    return new Response("ok");
  } };`;
  await host.deploy("gone", source, { outbound });
  assert.equal(await text(await host.ask("gone/later")), "ok");
  await host.remove("gone");
  await host.asker("gone", outbound);
  await wait(2300);
  assert.deepEqual(origin.took(), []);
});

/** The audit of a script, once it has so many requests. */
const requests = async (name, total) => {
  const audit = async () => (await host.api("GET", script(name, "/outbound/audit"))).result.requests;
  const told = await until(audit, (requests) => requests.reduce((sum, { count }) => sum + count, 0) >= total);
  return told.map(({ decision, code, policy, rule, host, method, count }) => [decision, code, policy, rule, host, method, count])
    .sort((a, b) => (String(a) < String(b) ? -1 : 1));
};

test("the audit counts what was let out and what was not, and by what", async () => {
  await host.asker("audit", [{ host: "127.0.0.1", ports: [origin.port], name: "local", methods: ["GET"] }]);
  await host.asks("audit", `${at}/a`, `${at}/b`, [`${at}/a`, { method: "POST" }], "https://evil.example/?s=3", "https://evil.example/", "http://169.254.169.254/");
  await host.asks("audit", `${at}/c`);
  assert.deepEqual(await requests("audit", 7), [
    ["allowed", null, "script", "local", "127.0.0.1", "GET", 3],
    ["refused", "outbound_inside", "script", null, "169.254.169.254", "GET", 1],
    ["refused", "outbound_method", "script", "local", "127.0.0.1", "POST", 1],
    ["refused", "outbound_no_rule", "script", null, "evil.example", "GET", 2],
  ]);
  const [first] = (await host.api("GET", script("audit", "/outbound/audit"))).result.requests;
  assert.ok(Date.parse(first.first_on) <= Date.parse(first.last_on));
  await host.api("DELETE", script("audit", "/outbound/audit"));
  await wait(600);
  assert.deepEqual(await requests("audit", 0), []);
  await host.asker("many", []);
  for (let begin = 0; begin < 1140; begin += 190) {
    await host.asks("many", ...Array.from({ length: 190 }, (_, at) => `http://h${begin + at}.example/`));
    await wait(350);
  }
  const told = await requests("many", 1140);
  assert.equal(told.reduce((sum, [, , , , , , count]) => sum + count, 0), 1140, "none is lost");
  assert.ok(told.length === 1001 && told.some(([, , , , host]) => host === "*"), `${told.length} kinds`);
});

test("a dry run lets out what it records, for trusted namespaces", async () => {
  const dry = { rules: [{ host: "127.0.0.1", ports: [origin.port], path_prefix: "/v1/", name: "local", per_minute: 1, response_bytes: 1 }], dry_run: true };
  await host.api("PATCH", script("rules", "/settings"), { outbound: dry }, { status: 400 });
  await host.api("PATCH", `${NAMESPACES}/tenants`, { trusted_workers: true });
  await host.asker("dry", dry);
  const told = await host.asks("dry", `${at}/v1/a`, `${at}/v1/a`, `${at}/v2/a`, `${elsewhere}/`);
  assert.deepEqual(told.map(({ status }) => status), [200, 200, 200, 200]);
  assert.deepEqual(await requests("dry", 4), [
    ["allowed", null, "script", "local", "127.0.0.1", "GET", 1],
    ["would_refuse", "outbound_path", "script", "local", "127.0.0.1", "GET", 1],
    ["would_refuse", "outbound_port", "script", "local", "127.0.0.1", "GET", 1],
    ["would_refuse", "outbound_rate_limited", "script", "local", "127.0.0.1", "GET", 1],
  ]);
  await host.api("PATCH", `${NAMESPACES}/tenants`, { trusted_workers: false });
  const [refused] = await host.asks("dry", `${elsewhere}/`);
  assert.equal(refused.refused, "outbound_port", "and no longer than it is trusted");
});

test("requests a minute: of a rule, of a script, the lower of two", async () => {
  const local = (more) => ({ host: "127.0.0.1", ports: [origin.port], ...more });
  const codes = (told) => told.map(({ status }) => status);
  await host.asker("rate", [local({ path_prefix: "/v1/", per_minute: 2, name: "slow" }), local({ name: "free" })]);
  const told = await host.asks("rate", ...["/v1/a", "/v1/b", "/v1/c", "/v2/a"].map((path) => at + path));
  assert.deepEqual(codes(told), [200, 200, 429, 200]);
  assert.deepEqual([told[2].refused, JSON.parse(told[2].text).error.rule], ["outbound_rate_limited", "slow"]);
  assert.ok(Number(told[2].headers["retry-after"]) > 0);
  await host.asker("script", [local()], { limits: { subrequests_per_minute: 2 } });
  assert.deepEqual(codes(await host.asks("script", at, at, at)), [200, 200, 429]);
  await host.api("PATCH", `${NAMESPACES}/tenants`, { limits: { subrequests_per_minute: 1 } });
  await host.asker("namespace", [local()], { limits: { subrequests_per_minute: 3 } });
  assert.deepEqual(codes(await host.asks("namespace", at, at)), [200, 429]);
  await host.api("PATCH", `${NAMESPACES}/tenants`, { limits: null });
  await host.api("PATCH", script("script", "/settings"), { limits: { subrequests_per_minute: 0 } }, { status: 400 });
});

test("telemetry counts what was let through and what was refused, each request once", async () => {
  await host.asker("counted", [{ host: "127.0.0.1", ports: [origin.port] }]);
  await host.api("PATCH", `${NAMESPACES}/tenants`, { outbound: { rules: [{ host: "127.0.0.1", ports: [origin.port, other.port] }] } });
  await host.asks("counted", `${at}/v1/a`, `${at}/v1/b`, `${elsewhere}/v1/a`);
  const { version, totals } = (await until(() => telemetryOf(host).get("/scripts/counted/analytics?by=version"), ({ series }) => series[0]?.totals.subrequests_refused > 0)).series[0];
  assert.match(version, /^[0-9a-f-]{36}$/);
  assert.deepEqual([totals.subrequests_allowed, totals.subrequests_refused], [2, 1], "though two rules allow it");
});
