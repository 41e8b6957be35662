// What a script is shown of a request, where no runtime is needed to see it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { derived } from "../../src/dispatch/request.js";

const shown = (headers) => {
  const { "x-worker-request-id": id, ...rest } = Object.fromEntries(derived(new Request("https://h.example/", { headers }), {}, "https://h.example/", "/dispatch/a/b", "h.example", "https", false).headers);
  assert.match(id, /^[0-9a-f-]{36}$/);
  return rest;
};

describe("what a script is shown", () => {
  test("x-forwarded-* are ours alone, and so is what stands for them", () => {
    const { "x-forwarded-host": host, "x-forwarded-proto": proto, "x-forwarded-prefix": prefix, ...rest } = shown({
      "x-forwarded-for": "6.6.6.6", "x-forwarded-host": "evil", "x-forwarded-port": "1", "x-forwarded-user": "root", forwarded: "for=6.6.6.6",
      "x-real-ip": "6.6.6.6", "x-theirs": "1", "x-worker-request-id": "forged",
    });
    assert.deepEqual([host, proto, prefix], ["h.example", "https", "/dispatch/a/b"]);
    assert.deepEqual(rest, { "x-theirs": "1" });
  });

  test("what Cloudflare Access says stays with us, in headers and in cookies", () => {
    assert.deepEqual(shown({ "cf-access-jwt-assertion": "j", cookie: "a=1; CF_Authorization=j; CF_AppSession=s; dl_version=v; =dl_x=1; b=CF_Authorization" }), {
      cookie: "a=1; b=CF_Authorization", "x-forwarded-host": "h.example", "x-forwarded-proto": "https", "x-forwarded-prefix": "/dispatch/a/b",
    });
  });
});
