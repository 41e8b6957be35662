// The JavaScript of the dispatch by itself: what no client can see of it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { carriesOurs } from "../../src/dispatch/credentials.js";
import { dropOurs, setOurs, setsOurs } from "../../src/dispatch/cookies.js";
import { derived, visitor } from "../../src/dispatch/request.js";

const request = (headers = {}, init = {}) => new Request("https://host.example/dispatch/ns/app/x", { headers, ...init });

describe("the request as a script gets it", () => {
  test("ends when the client's does, and follows no redirect", () => {
    for (const trusted of [false, true]) {
      const client = new AbortController();
      const own = derived(request({}, { signal: client.signal, redirect: "manual" }), {}, "https://host.example/x", "/dispatch/ns/app", "host.example", "https", trusted);
      assert.deepEqual([own.url, own.redirect, own.signal.aborted], ["https://host.example/x", "manual", false]);
      client.abort();
      assert.equal(own.signal.aborted, true);
    }
  });

  test("leaves the one that came as it was", () => {
    const given = request({ "x-forwarded-for": "6.6.6.6", authorization: "Bearer t", "cf-access-a": "b" });
    const own = derived(given, { API_TOKEN: "t" }, "https://host.example/x", "", "host.example", "https", false);
    const { "x-worker-request-id": id, ...headers } = Object.fromEntries(own.headers);
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(headers, { "x-forwarded-host": "host.example", "x-forwarded-proto": "https" });
    assert.deepEqual(Object.fromEntries(given.headers), { authorization: "Bearer t", "cf-access-a": "b", "x-forwarded-for": "6.6.6.6" });
  });
});

describe("whom a request is for", () => {
  test("is not asked where nothing depends on it, but for our cookie", () => {
    assert.equal(visitor(request({ "cf-connecting-ip": "192.0.2.1", "cloudflare-workers-version-key": "k" }), false, ""), undefined);
    assert.equal(visitor(request({ cookie: "a=1; dl_version=x.1; b=2" }), false, ""), "x.1\n");
    assert.equal(visitor(request({ "x-worker-limits": "wall_ms=5" }), false, ""), "\nwall_ms=5");
    for (const cookie of ["xdl_version=1", "=dl_version=1", "= dl_version=1"]) assert.equal(visitor(request({ cookie }), false, ""), undefined);
  });

  test("is told a line each, and by chance where there is nothing else", () => {
    const headers = { cookie: "dl_version=c", "cloudflare-workers-version-overrides": "o", "cloudflare-workers-version-key": "k", "x-user": "u", "cf-connecting-ip": "192.0.2.1" };
    assert.equal(visitor(request(headers), true, "x-user"), "c\n\no\nk\nu\n192.0.2.1\n");
    const [sticker, limits, overrides, key, affinity, address, chance] = visitor(request(), true, "").split("\n");
    assert.deepEqual([sticker, limits, overrides, key, affinity, address], ["", "", "", "", "", ""]);
    assert.match(chance, /^[0-9a-f-]{36}$/);
    assert.notEqual(visitor(request(), true, ""), visitor(request(), true, ""));
    assert.ok(visitor(request({ "x-forwarded-for": "192.0.2.1" }), true, "").split("\n")[5] === "", "whatever a client says");
  });
});

describe("credentials", () => {
  const basic = (text) => `Basic ${btoa(text)}`;

  test("that are ours are known in every form", () => {
    for (const ours of ["Bearer s3cret", "bearer   s3cret", "s3cret", "Token s3cret", "Bearer a, Bearer s3cret", basic("s3cret:"), basic("u:s3cret"), basic("s3cret"), "Bearer dlt_anything", basic("u:dlt_x"), "Bearer old"]) {
      assert.ok(carriesOurs(ours, ["s3cret", "old"]), ours);
    }
    assert.ok(carriesOurs("Bearer with a space", ["with a space"]));
  });

  test("of others pass", () => {
    for (const theirs of ["", "Bearer", "Bearer s3cre", "Bearer s3crets", "Bearer S3CRET", basic("u:p"), "Basic !", "Bearer xdlt_1"]) {
      assert.ok(!carriesOurs(theirs, ["s3cret", undefined]), theirs);
      assert.ok(!carriesOurs(theirs, [undefined, ""]), "nor where there is no token");
    }
  });
});

test("cookies of an answer are the script's, but for those whose names are ours", () => {
  const headers = new Headers();
  for (const cookie of ["a=1; Path=/", "dl_x=1", "  dl_y=1; Domain=x", "b=dl_2", "DL_z=3", "=dl_version=1", " = dl_v=1; Path=/", "==dl_w=1", "=c"]) headers.append("set-cookie", cookie);
  assert.ok(setsOurs(headers));
  dropOurs(headers);
  assert.deepEqual(headers.getSetCookie(), ["a=1; Path=/", "b=dl_2", "DL_z=3", "=c"]);
  assert.ok(!setsOurs(headers) && !setsOurs(new Headers()));
});

test("an answer that sets a cookie of ours is kept by no cache that others share", () => {
  const set = (given) => {
    const headers = new Headers({ ...given, "x-own": "kept", "set-cookie": "a=1" });
    setOurs(headers, "dl_version=v");
    assert.deepEqual(headers.getSetCookie(), ["a=1", "dl_version=v"]);
    headers.delete("set-cookie");
    return Object.fromEntries(headers);
  };
  for (const [given, kept] of [
    [undefined, "private"],
    ["public, max-age=60, s-maxage=600", "private, max-age=60"],
    ["Public,S-MaxAge = 600 ,immutable", "private, immutable"],
    ["private", "private"],
    ['private="x-own", max-age=1', 'private, private="x-own", max-age=1'],
    ["no-store", "private, no-store"],
  ]) {
    assert.deepEqual(set(given && { "cache-control": given }), { "cache-control": kept, "x-own": "kept" });
  }
  const others = { "cdn-cache-control": "max-age=9", "cloudflare-cdn-cache-control": "max-age=9", "surrogate-control": "max-age=9" };
  assert.deepEqual(set(others), { "cache-control": "private", "x-own": "kept" });
});
