// What rules put into requests never reaches the script, nor anybody else.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { wait } from "./dispatch.mjs";
import { startOrigin, startOutbound } from "./outbound.mjs";
import { telemetryOf } from "./telemetry.mjs";

const SECRET = "s3cr3t-0f-the-tests";
const THEIRS = "s3cr3t-0f-the-namespace";
let host, origin, other, at, elsewhere;
const of = (name, rest = "") => `${NAMESPACES}/tenants/scripts/${name}${rest}`;
const put = (name, text = SECRET, key = "KEY") => host.api("PUT", of(name, "/outbound/secrets"), { name: key, text });
const injects = (more) => ({ host: "127.0.0.1", ports: [origin.port], scheme: "http", headers: { authorization: { secret: "KEY", prefix: "Bearer " } }, ...more });
before(async () => {
  origin = await startOrigin();
  other = await startOrigin();
  [at, elsewhere] = [origin, other].map(({ port }) => `http://127.0.0.1:${port}`);
  host = await startOutbound();
});
beforeEach(() => [origin, other].map(({ took }) => took()));
after(async () => {
  assert.ok(!host?.log().includes(SECRET) && !host?.log().includes(THEIRS), "a secret is in the log");
  await host?.dispose();
  origin?.close();
  other?.close();
});

test("it is put in where the rule is for it, in place of the script's own, and taken along nowhere", async () => {
  await host.asker("app", [injects({ path_prefix: "/v1/" }), { host: "127.0.0.1", ports: [origin.port, other.port], scheme: "http", name: "open" }], { tail: true });
  await put("app");
  const own = { headers: { authorization: "Bearer mine" } };
  const to = (url, status = 302) => `${at}/v1/redirect?status=${status}&to=${encodeURIComponent(url)}`;
  const told = await host.asks("app", [`${at}/v1/a`, own], [`${at}/v2/a`, own], to(`${elsewhere}/a`), to(`${elsewhere}/a`, 307), to("/v2/b"), to("/v1/c"));
  assert.deepEqual(told.map(({ status }) => status), [200, 200, 200, 200, 200, 200]);
  const seen = (got) => got.took().map(({ url, headers }) => [url.split("?")[0], headers.authorization ?? null]);
  const ours = `Bearer ${SECRET}`;
  assert.deepEqual(seen(origin), [["/v1/a", ours], ["/v2/a", "Bearer mine"], ["/v1/redirect", ours], ["/v1/redirect", ours], ["/v1/redirect", ours], ["/v2/b", null], ["/v1/redirect", ours], ["/v1/c", ours]]);
  assert.deepEqual(seen(other), [["/a", null], ["/a", null]], "on another origin there is nothing of it");
  assert.ok(!JSON.stringify(told).includes(SECRET));
});

test("no header of an answer, no error, no refusal and no log has it", async () => {
  const source = `export default { async fetch(request) {
    const told = [];
    for (const [url, init] of await request.json()) {
      const asked = new Request(url, init);
      try { const answer = await fetch(asked); told.push([answer.status, [...answer.headers], answer.statusText, answer.url, [...asked.headers]]); }
      catch (error) { console.log(error); told.push([error.name, error.message, error.stack, String(error.cause), [...asked.headers]]); }
    }
    console.log(JSON.stringify(told), JSON.stringify([...request.headers]));
    return Response.json(told);
  } };`;
  await host.deploy("quiet", source, { tail: true, outbound: { rules: [injects({ methods: ["GET"], response_bytes: 1000 })] } });
  await put("quiet");
  const told = await host.asks("quiet", `${at}/headers?x-echo=AUTH&x-a=b`, `${at}/headers?set-cookie=k%3DAUTH&location=/AUTH`, `${at}/headers?reason=AUTH`, `${at}/redirect?to=${encodeURIComponent("/AUTH")}`, `${at}/break`, [`${at}/a`, { method: "PUT" }], `${at}/bytes?of=5000`);
  assert.ok(origin.took().every(({ headers }) => headers.authorization === `Bearer ${SECRET}`));
  assert.ok(!JSON.stringify(told).includes(SECRET), JSON.stringify(told));
  const names = told[0][1].map(([name]) => name);
  assert.ok(names.includes("x-a") && !names.includes("x-echo"), "the header that echoes it is gone, others are not");
  assert.equal(told[4][1], "The request to 127.0.0.1 failed.");
});

test("logs and errors have it masked, should whoever was asked tell it", async () => {
  // Of its own: what a worker writes local workerd prints as it is.
  const loud = await startOutbound();
  try {
    await masked(loud);
  } finally {
    await loud.dispose();
  }
});

async function masked(host) {
  await host.deploy("tells", `export default { async fetch(request) {
    const text = await (await fetch(new URL("/echo", (await request.json())[0][0]))).text();
    console.log(text);
    throw new Error("got " + JSON.parse(text).authorization);
  } };`, { outbound: { rules: [injects()] } });
  await host.api("PUT", of("tells", "/outbound/secrets"), { name: "KEY", text: SECRET });
  await assert.rejects(host.asks("tells", `${at}/echo`), /502/);
  assert.equal(origin.took()[0].headers.authorization, `Bearer ${SECRET}`);
  const told = telemetryOf(host);
  const [event] = await told.events("tells", 1);
  assert.match(event.logs[0].message[0], /"authorization":"Bearer \[secret KEY\]"/);
  const [fault] = await told.errors("tells", 1);
  assert.equal(fault.message, "got Bearer [secret KEY]");
  assert.ok(!JSON.stringify([event, fault]).includes(SECRET));
}

test("no answer of the control API has it, nor what is told of requests", async () => {
  await host.asker("app", [injects()]);
  await put("app");
  await host.asks("app", `${at}/a`);
  const answers = [];
  for (const path of ["", "/settings", "/bindings", "/secrets", "/outbound/secrets", "/outbound/audit", "/versions", "/deployments", "/explain", "/content"]) {
    const answer = await host.fetch(`/client/v4${of("app", path)}`, { headers: { authorization: "Bearer the-token-of-the-dispatch-tests" } });
    assert.equal(answer.status, 200, path);
    answers.push(await answer.text());
  }
  assert.ok(!answers.join("").includes(SECRET));
  assert.deepEqual((await host.api("GET", of("app", "/outbound/secrets"))).result, [{ name: "KEY" }]);
  assert.deepEqual((await put("app", "a-new-one")).result, { name: "KEY" });
  await host.asks("app", `${at}/a`);
  assert.equal(origin.took().at(-1).headers.authorization, "Bearer a-new-one", "at once, in the worker that runs");
  await host.api("DELETE", of("app", "/outbound/secrets/KEY"));
  const [without] = await host.asks("app", `${at}/a`);
  assert.deepEqual([without.status, without.refused, origin.took()], [403, "outbound_secret_missing", []]);
});

test("what can be no header's value is refused, and not shown", async () => {
  for (const [name, text] of [["KEY", "hu\r\nsh"], ["KEY", ""], ["1", "hush"], ["KEY", " hush"], ["KEY", "h\u00fcsh"]]) {
    const { errors } = await host.api("PUT", of("app", "/outbound/secrets"), { name, text }, { status: 400 });
    assert.ok(errors.length === 1 && !JSON.stringify(errors).includes(text || "-"), JSON.stringify(errors));
  }
  await host.api("DELETE", of("app", "/outbound/secrets/GONE"), undefined, { status: 404 });
  await host.api("PUT", of("nobody", "/outbound/secrets"), { name: "A", text: "b" }, { status: 404 });
});

test("a namespace's are for its own rules: a script's rule cannot take them elsewhere", async () => {
  const policy = (outbound) => host.api("PATCH", `${NAMESPACES}/tenants`, { outbound });
  await host.api("PUT", `${NAMESPACES}/tenants/outbound/secrets`, { name: "THEIRS", text: THEIRS });
  await host.api("PUT", `${NAMESPACES}/tenants/outbound/secrets`, { name: "KEY", text: THEIRS });
  assert.deepEqual((await host.api("GET", `${NAMESPACES}/tenants/outbound/secrets`)).result, [{ name: "KEY" }, { name: "THEIRS" }]);
  await host.asker("thief", [{ ...injects(), ports: [other.port], headers: { "x-key": { secret: "THEIRS" } } }]);
  const [stolen] = await host.asks("thief", `${elsewhere}/a`);
  assert.deepEqual([stolen.refused, other.took()], ["outbound_secret_missing", []]);
  await host.asker("plain", null);
  await policy({ rules: [injects()] });
  const [given] = await host.asks("plain", `${at}/a`);
  assert.deepEqual([given.status, origin.took()[0].headers.authorization], [200, `Bearer ${THEIRS}`]);
  assert.ok(!JSON.stringify((await host.api("GET", `${NAMESPACES}/tenants`)).result).includes(THEIRS));
  await host.api("DELETE", `${NAMESPACES}/tenants/outbound/secrets/KEY`);
  assert.equal((await host.asks("plain", `${at}/a`))[0].refused, "outbound_secret_missing");
  await policy(null);
});

test("they end with the script: the next of its name has none", async () => {
  await host.asker("ends", [injects()]);
  await put("ends");
  await host.remove("ends");
  await host.asker("ends", [injects()]);
  assert.deepEqual((await host.api("GET", of("ends", "/outbound/secrets"))).result, []);
  const [told] = await host.asks("ends", `${at}/a`);
  assert.deepEqual([told.refused, origin.took()], ["outbound_secret_missing", []]);
  await wait(300);
  assert.ok((await host.api("GET", of("ends", "/outbound/audit"))).result.requests.every(({ decision }) => decision === "refused"));
});
