// The arithmetic of the capacity model, and that the document has its table. tests/worker/capacity.test.mjs holds it against the Worker.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ASSUMED, CODE, PRICES, month, nearest, operations, renewals, touched } from "./capacity.mjs";
import { DOCUMENT, replaced, short, table } from "./capacity_table.mjs";
import { random } from "./stats.mjs";

const close = (one, other, share, what) => assert.ok(Math.abs(one - other) <= share * Math.abs(other), `${what}: ${one}, not ${other}`);

test("the table in CAPACITY.md is the one that the model makes", () => {
  const text = readFileSync(DOCUMENT, "utf8");
  assert.equal(replaced(text, table()), text, "node bench/capacity_table.mjs --write makes it anew");
});

test("the document has every price and constant that the model goes by", () => {
  const text = readFileSync(DOCUMENT, "utf8");
  for (const [name, { included, each }] of Object.entries(PRICES).filter(([, price]) => price.each)) {
    const [row] = text.split("\n").filter((line) => line.startsWith(`| \`${name}\``));
    const price = each < 1e-4 ? `$${+(each * 1e6).toPrecision(6)} a million` : `$${each}`;
    assert.ok(row?.includes(` ${included.toLocaleString("en-US")} `) && row.includes(price), `${name}: ${included.toLocaleString("en-US")}, ${price}: ${row}`);
  }
});

/** Requests at random, one by one. */
function* arrivals(rate, seconds, chance) {
  for (let at = -Math.log(1 - chance()) / rate; at < seconds; at += -Math.log(1 - chance()) / rate) yield at;
}

test("renewals are what comes of requests one by one", () => {
  const chance = random(3);
  for (const [rate, lasts] of [[0.1, 1], [1, 0.75], [5, 0.75], [50, 1], [0.5, 10]]) {
    const seconds = 20_000 / rate;
    let [since, taken] = [-Infinity, 0];
    for (const at of arrivals(rate, seconds, chance)) if (at - since >= lasts) [since, taken] = [at, taken + 1];
    close(renewals(rate, lasts), taken / seconds, 0.03, `${rate} ${lasts}`);
  }
  assert.equal(renewals(0, 1), 0);
});

test("there are never more operations than requests, and no traffic costs nothing", () => {
  for (const rate of [0.01, 1, 100, 10_000]) {
    for (const scripts of [10, 1000, 1_000_000]) {
      for (const isolates of [1, 50, 1000]) {
        const each = operations({ rate, isolates, scripts });
        for (const name of ["live", "namespace", "telemetry", "cold"]) assert.ok(each[name] >= 0 && each[name] <= rate * 1.000001, `${name} ${JSON.stringify({ rate, scripts, isolates })}: ${each[name]}`);
        assert.ok(each.live <= Math.max(rate * 1.000001, 0), "a request asks once");
        assert.ok(each.series <= each.telemetry * CODE.series);
      }
    }
  }
  const none = month({ requestsADay: 1e-9, tenants: 1, assumed: { ...ASSUMED, deploysADay: () => 0 } });
  close(none.total, PRICES.plan, 1e-6, "no traffic");
});

test("a longer life of copies asks less, and copies that last no time ask with each request", () => {
  const of = (ttlMs) => operations({ rate: 100, isolates: 4, scripts: 10, code: { ...CODE, ttlMs } }).live;
  assert.equal(of(0), 100);
  assert.ok(of(1000) > of(10_000) && of(10_000) > of(60_000));
  close(of(1000), 4 * 10 * renewals(2.5, 0.75), 1e-9, "by the formula");
});

test("what is included is not paid, and what breaks first is told first", () => {
  const { used, usd } = month({ requestsADay: 1e6, tenants: 100 });
  close(usd.requests, (used.requests - 10e6) * 0.3e-6, 1e-9, "requests");
  assert.equal(month({ requestsADay: 1e4, tenants: 10 }).usd.requests, 0);
  close(touched(1000, 1), 632.1, 0.001, "touched");
  const shares = nearest({ requestsADay: 1e9, tenants: 100 }).map(({ share }) => share);
  assert.deepEqual(shares, shares.toSorted((one, other) => other - one));
  assert.equal(nearest({ requestsADay: 1e9, tenants: 10, isolates: 2000 })[0].what, "one script's object");
});

test("numbers are told with three digits", () => {
  assert.deepEqual([0, 0.25, 9.996, 12.34, 999.9, 1234, 99_960, 5e6, 2.5e9].map(short), ["0", "0.25", "10.0", "12.3", "1.00 k", "1.23 k", "100 k", "5.00 M", "2.50 G"]);
});
