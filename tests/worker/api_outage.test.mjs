// The control API while storage fails, or is not there: whose fault it is, and what to do.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NAMESPACES, apiOf } from "./api.mjs";
import { options, withHost } from "./host.mjs";

const TOKEN = "the-token-of-the-operator";
const spied = { main: "spied.js", bindings: { API_TOKEN: TOKEN } };
const spy = async (host, modes) => (await host.fetch("/spy", { method: "PUT", body: JSON.stringify(modes) })).json();

describe("while storage fails", () => {
  test("a call is a 503, which says when to come again and not why", () => withHost(spied, async (host) => {
    const api = apiOf(host, TOKEN);
    await api("POST", NAMESPACES, { name: "tenants" });
    const { value } = (await api("POST", "/accounts/acc/tokens", { name: "t", permission: "read", namespaces: "*" })).result;
    await spy(host, { storage: "fails" });
    for (const token of [TOKEN, value]) {
      const { errors, headers } = await api("GET", NAMESPACES, undefined, { token, status: 503 });
      assert.deepEqual(errors.map(({ code, message }) => [code, message]), [[10002, "Storage did not answer: try again in a moment."]]);
      assert.equal(headers.get("retry-after"), "1");
    }
    await api("GET", "/user/tokens/verify");
    await api("GET", "/user/tokens/verify", undefined, { token: "wrong", status: 401 });
    await spy(host, { storage: "works" });
    await api("GET", NAMESPACES, undefined, { token: value });
  }));
});

describe("without a binding", () => {
  test("a call is a 500 that names it", async () => {
    const { DIRECTORY, ...durableObjects } = options().durableObjects;
    assert.ok(DIRECTORY);
    await withHost({ bindings: { API_TOKEN: TOKEN }, extra: { durableObjects } }, async (host) => {
      const { errors } = await apiOf(host, TOKEN)("GET", NAMESPACES, undefined, { status: 500 });
      assert.match(errors[0].message, /DIRECTORY .*wrangler\.toml/);
    });
  });
});
