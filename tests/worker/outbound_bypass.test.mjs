// A table of attempts to get past the gateway, made by a real script against a real origin on this machine.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { startOrigin, startOutbound } from "./outbound.mjs";
import { beside, inside } from "./outbound_bypass.mjs";

let host, origin, other;
before(async () => {
  origin = await startOrigin();
  other = await startOrigin();
  host = await startOutbound();
});
after(async () => {
  await host?.dispose();
  origin?.close();
  other?.close();
});

/** Has the script try; what came of each, and what arrived on the way. */
async function tried(name, attempts) {
  const told = [];
  for (const attempt of attempts) {
    const [came] = await host.asks(name, attempt);
    told.push({ attempt, ...came, arrived: [...origin.took(), ...other.took().map((got) => ({ ...got, other: true }))] });
  }
  return told;
}

/** Those that were not refused, neither by the gateway nor by the runtime before it. */
const passed = (told) => told.filter(({ status, refused, error }) => error === undefined && (refused === null || ![403].includes(status)));

// Of the oldest, whose parser of URLs is another one; and of today.
for (const compatibility_date of ["2021-11-03", "2026-07-01"]) test(`nothing of an inner network is reached by a rule for all hosts: a script of ${compatibility_date}`, async () => {
  await host.asker("open", [{ host: "*", ports: [origin.port, 80, 443] }], { compatibility_date });
  const attempts = inside(origin.port);
  const told = await tried("open", attempts);
  assert.ok(attempts.length >= 150, `there are ${attempts.length}`);
  assert.deepEqual(passed(told).map(({ attempt, status, text }) => [attempt, status, text]), []);
  assert.deepEqual(told.filter(({ arrived }) => arrived.length > 0).map(({ attempt }) => attempt), []);
  assert.ok(told.some(({ refused }) => refused === "outbound_inside"));
});

for (const compatibility_date of ["2021-11-03", "2026-07-01"]) test(`nothing but what a rule is for arrives: a script of ${compatibility_date}`, async () => {
  await host.asker("narrow", [{ host: "localhost", ports: [origin.port], path_prefix: "/v1/", methods: ["GET"], scheme: "http" }], { compatibility_date });
  const [{ status, text }] = await host.asks("narrow", `http://LOCALHOST.:${origin.port}/v1/a`);
  assert.deepEqual([status, text], [200, "GET /v1/a"], "what it is for does");
  origin.took();
  const attempts = beside(origin.port, other.port);
  const told = await tried("narrow", attempts);
  assert.ok(attempts.length >= 150, `there are ${attempts.length}`);
  // To the old parser a backslash is a character as any other: those are requests that the rule is for.
  const isOther = ({ attempt }) => compatibility_date > "2022" || !decodeURIComponent(attempt).includes("\\");
  assert.deepEqual(passed(told).filter(isOther).map(({ attempt, status, text }) => [attempt, status, text]), []);
  for (const { attempt, status, arrived } of told) {
    for (const { method, url, headers, other } of arrived) {
      const below = url.startsWith("/v1/redirect?") || status === 200 && url.startsWith("/v1/") && !url.includes("..");
      assert.deepEqual([method, headers.host, below, other], ["GET", `localhost:${origin.port}`, true, undefined], `${attempt}`);
    }
  }
});

test("the attempts are such that arrive where nobody looks", async () => {
  await host.api("PATCH", `${NAMESPACES}/tenants`, { trusted_workers: true });
  await host.asker("free", "inherit");
  let arrived = 0;
  // Not those to networks that are not there, which take their time.
  for (const attempt of [...inside(origin.port), ...beside(origin.port, other.port)].filter((attempt) => !/169|2002:|\[::127|\[::7f|\[::ffff:0:|ff9b|fe80|fec0|ff02|2606|2001:|meta-data/.test(attempt))) {
    await host.asks("free", attempt);
    if (origin.took().length + other.took().length > 0) arrived += 1;
  }
  assert.ok(arrived >= 100, `${arrived} arrived`);
});
