// Feature flags: rules that change without a deployment of anything, and go back in one call.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { scriptsOf } from "./dispatch.mjs";
import { TOKEN, startPatterns } from "./patterns.mjs";

const STAFF = { name: "staff", when: { attribute: "email", op: "ends_with", value: "@example.com" }, serve: "on" };

describe("feature flags", () => {
  let host, api, manage, ask;
  const told = async (query = "", options) => (await ask(`/feature/checkout${query}`, options)).json;
  before(async () => ({ api, manage, ask } = host = await startPatterns({ main: "evaluated.js" })));
  after(() => host?.dispose());

  test("a flag that nobody made is a 404", async () => {
    await ask("/feature/checkout", { status: 404 });
    await ask("/feature/checkout?user=1", { method: "POST", body: "{}", status: 404 });
    await ask("/feature/", { status: 404 });
    await manage("POST", "/feature/checkout/rollback", undefined, { status: 404 });
  });

  test("a flag says what it is for somebody, and why", async () => {
    await manage("PUT", "/feature/checkout", { default: "off", rules: [STAFF, { serve: { by: "user", split: { on: 50 } } }] }, { status: 201 });
    assert.deepEqual(await told("?email=ada@example.com"), { flag: "checkout", variant: "on", value: true, reason: "rule", rule: "staff" });
    assert.deepEqual(await told(), { flag: "checkout", variant: "off", value: false, reason: "default" });
    assert.deepEqual(await told("", { method: "POST", body: { email: "ada@example.com" } }), await told("?email=ada@example.com"));
    assert.equal((await told("?email=a@b.c&email=ada@example.com")).variant, "on", "a list");
    const variants = await Promise.all(Array.from({ length: 100 }, (_, user) => told(`?user=${user}`)));
    const on = variants.filter(({ variant }) => variant === "on").length;
    assert.ok(on > 25 && on < 75, `${on}`);
    const again = await Promise.all(Array.from({ length: 100 }, (_, user) => told("", { method: "POST", body: { user } })));
    assert.deepEqual(again, variants);
    assert.equal((await ask("/feature/checkout")).headers.get("cache-control"), "no-store");
  });

  test("another script asks by RPC, and is told the same", async () => {
    const flag = (await manage("GET", "/feature/checkout")).document;
    const modules = Object.fromEntries(["flag.js", "rules.js"].map((name) => [name, readFileSync(new URL(`../../src/pattern/${name}`, import.meta.url), "utf8")]));
    const evaluate = async (attributes) =>
      (await ask("/evaluate", { method: "POST", body: { mainModule: "flag.js", modules, env: { FLAG: flag, NAME: "checkout" }, attributes } })).json;
    for (const attributes of [{ email: "ada@example.com" }, { user: 1 }, { user: "2" }, {}]) {
      assert.deepEqual(await evaluate(attributes), await told("", { method: "POST", body: attributes }));
    }
    for (const none of [null, "x", [], undefined]) assert.equal((await evaluate(none)).reason, "default");
  });

  test("another script has the flag as a service", async () => {
    const scripts = scriptsOf(host, "shops", TOKEN);
    await scripts.create();
    await host.api("PATCH", `${NAMESPACES}/shops`, { services: ["feature/*"] });
    const source = "export default { fetch: async (request, env) => Response.json(await env.CHECKOUT.evaluate(await request.json())) };";
    await scripts.deploy("shop", source, { bindings: [{ type: "service", name: "CHECKOUT", service: "checkout", namespace: "feature" }] });
    for (const attributes of [{ email: "ada@example.com" }, { user: 1 }, {}]) {
      const answer = await scripts.ask("shop/", { method: "POST", body: JSON.stringify(attributes) });
      assert.deepEqual(await answer.json(), await told("", { method: "POST", body: attributes }));
    }
  });

  test("what is no question is refused by the flag", async () => {
    for (const body of ["", "{", "[]", "5"]) assert.equal((await ask("/feature/checkout", { method: "POST", body, status: 400 })).json.error.code, "invalid_attributes");
    const long = JSON.stringify({ user: "x".repeat(64 * 1024) });
    assert.equal((await ask("/feature/checkout", { method: "POST", body: long, status: 413 })).json.error.code, "body_too_large");
    await ask("/feature/checkout/x", { status: 404 });
    await ask("/feature/checkout", { method: "PATCH", body: "{}", status: 405 });
  });

  test("rules are checked: all that is wrong is told, and nothing changes", async () => {
    const { error } = await manage("PUT", "/feature/checkout", { default: "maybe", rules: [{ when: { attribute: "a", op: "like" }, serve: "on" }] }, { status: 400 });
    assert.equal(error.code, "invalid_document");
    assert.match(error.message, /default has to be.*; rules\[0\]\.when\.op has to be one of/);
    assert.equal((await told("?email=ada@example.com")).rule, "staff");
  });

  test("changed rules are served by another worker at once, and a rollback is one call", async () => {
    const before = (await ask("/feature/checkout")).headers.get("x-worker-key");
    const first = (await manage("GET", "/feature/checkout")).document;
    await manage("PUT", "/feature/checkout", { default: "on" }, { status: 200 });
    assert.equal((await told()).variant, "on");
    await manage("PUT", "/feature/checkout", { default: "on", enabled: false });
    assert.equal((await told()).reason, "disabled");

    for (const token of [null, "wrong"]) await manage("POST", "/feature/checkout/rollback", undefined, { token, status: 401 });
    assert.equal((await told()).reason, "disabled");
    const back = await manage("POST", "/feature/checkout/rollback");
    assert.deepEqual(back.document, { default: "on" });
    assert.deepEqual(await told(), { flag: "checkout", variant: "on", value: true, reason: "default" });
    await manage("POST", "/feature/checkout/rollback");
    assert.deepEqual((await manage("GET", "/feature/checkout")).document, first, "again goes back further");
    const { headers } = await ask("/feature/checkout");
    assert.deepEqual([headers.get("x-worker-key"), headers.get("x-worker-cache")], [before, "warm"], "the very worker of before");
    const { error } = await manage("POST", "/feature/checkout/rollback", undefined, { status: 409 });
    assert.match(error.message, /nothing before/);

    await manage("PUT", "/feature/checkout", { default: "on", description: "anew" });
    await manage("POST", "/feature/checkout/rollback");
    assert.deepEqual((await manage("GET", "/feature/checkout")).document, first, "before it was what the rollback had put live");
    const { deployments } = (await api("GET", `${NAMESPACES}/feature/scripts/checkout/deployments`)).result;
    assert.equal(deployments[0].annotations["workers/message"], "Rolled back");
  });
});
