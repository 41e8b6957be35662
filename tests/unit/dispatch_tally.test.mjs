// How a version is counted, where no runtime is needed to see it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { count } from "../../src/dispatch/tally.js";

const from = (address) => ({ headers: new Headers(address === undefined ? {} : { "cf-connecting-ip": address }) });
const guarded = () => ({ requests: 0, failures: 0, each: 2, windowMs: 60_000 });

/** What is counted of requests from these addresses, all of which failed. */
const counted = (...addresses) => {
  const tally = guarded();
  for (const address of addresses) count(tally, true, from(address));
  return tally.failures;
};

describe("a tally", () => {
  test("counts what failed and what did not", () => {
    const tally = { requests: 0, failures: 0 };
    for (const failed of [true, false, false]) count(tally, failed, from("192.0.2.1"));
    assert.deepEqual(tally, { requests: 3, failures: 1 });
  });

  test("takes so many of one client, and of each other", () => {
    assert.equal(counted(...Array(50).fill("192.0.2.1")), 2);
    assert.equal(counted(...Array(50).fill("192.0.2.1"), "192.0.2.2", "192.0.2.3"), 4);
  });

  test("knows a client of IPv6 by the half of the address that it has not for the taking", () => {
    assert.equal(counted("2001:db8::1", "2001:db8::2", "2001:db8:0:0:9::", "2001:db8:0:0:1:2:3:4"), 2);
    assert.equal(counted("2001:db8::1", "2001:db8:0:1::1", "2001:db8:1::1", "::ffff:1"), 4);
  });

  test("takes all of this machine, and of whom nothing is known", () => {
    assert.equal(counted(...Array(5).fill("127.0.0.1"), ...Array(5).fill("::1"), ...Array(5).fill(undefined)), 15);
  });

  test("begins anew with the window, and remembers no more clients than it may", (context) => {
    context.mock.timers.enable({ apis: ["Date"], now: 0 });
    const tally = guarded();
    for (let i = 0; i < 5; i += 1) count(tally, true, from("192.0.2.1"));
    context.mock.timers.tick(59_999);
    count(tally, true, from("192.0.2.1"));
    assert.equal(tally.requests, 2);
    context.mock.timers.tick(1);
    count(tally, true, from("192.0.2.1"));
    assert.equal(tally.requests, 3);
    for (let i = 0; i < 5000; i += 1) count(tally, true, from(`198.51.${i >> 8}.${i & 255}`));
    assert.equal(tally.clients.size, 1000);
  });
});
