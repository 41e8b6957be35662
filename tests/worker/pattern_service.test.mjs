// Services made on demand: each of a document, calling each other.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startPatterns } from "./patterns.mjs";

const GREETS = `import { WorkerEntrypoint } from "cloudflare:workers";
let calls = 0;
export default class extends WorkerEntrypoint {
  fetch() { return this.greet("somebody").then((text) => new Response(text)); }
  async greet(name) { return this.env.CONFIG.word + " " + name + " " + (calls += 1); }
}`;
const FRONT = 'export default { async fetch(request, env) { return new Response(await env.GREETER.greet(new URL(request.url).searchParams.get("name")) + " by " + env.NAME); } };';

describe("services made on demand", () => {
  let host, manage, ask;
  const put = (name, document, status = 201) => manage("PUT", `/service/${name}`, document, { status });
  before(async () => ({ manage, ask } = host = await startPatterns()));
  after(() => host?.dispose());

  test("one that nobody made is a 404", () => ask("/service/none/", { status: 404 }));

  test("each has its code, its configuration, and those that it calls", async () => {
    await put("greeter", { code: GREETS, config: { word: "Hello" } });
    await put("front", { code: FRONT, services: { GREETER: "greeter" } });
    assert.equal((await ask("/service/front/?name=Ada")).text, "Hello Ada 1 by front");
    assert.equal((await ask("/service/greeter/")).text, "Hello somebody 2", "it is the same one, whoever calls it");
    await put("greeter", { code: GREETS, config: { word: "Good morning," } }, 200);
    assert.match((await ask("/service/front/?name=Ada")).text, /^Good morning, Ada/, "its configuration is changed for all who call it");
    assert.deepEqual((await manage("GET", "/service/front")).document, { services: { GREETER: "greeter" } });
  });

  test("without code it is the template, which passes on what is for others", async () => {
    await put("catalog", { config: { items: ["a", "b"] } });
    await put("shop", { config: { currency: "EUR" }, services: { CATALOG: "catalog" } });
    assert.deepEqual((await ask("/service/shop/")).json, { service: "shop", config: { currency: "EUR" }, services: ["CATALOG"] });
    assert.deepEqual((await ask("/service/shop/CATALOG/")).json, { service: "catalog", config: { items: ["a", "b"] }, services: [] });
    await ask("/service/shop/else", { status: 404 });
    await put("caller", { code: "export default { fetch: async (request, env) => Response.json(await env.SHOP.config()) };", services: { SHOP: "shop" } });
    assert.deepEqual((await ask("/service/caller/")).json, { currency: "EUR" });
  });

  test("what cannot be is refused, and changes nothing: a service that is not there, code that does not load, a wrong document", async () => {
    for (const [document, pattern] of [
      [{ services: { A: "nobody" } }, /there is no script service\/nobody/],
      [{ code: "export default {" }, /SyntaxError/],
      [{ config: 5, services: { "A-B": "x" }, other: 1 }, /config has to be.*services.*other/],
    ]) {
      const { error } = await put("shop", document, 400);
      assert.match(error.message, pattern);
    }
    assert.equal((await ask("/service/shop/")).json.config.currency, "EUR");
  });

  test("one that is deleted is told to those that call it", async () => {
    await put("gone", {});
    await put("left", { code: "export default { fetch: (request, env) => env.GONE.fetch(request).catch((error) => new Response(error.message)) };", services: { GONE: "gone" } });
    await manage("DELETE", "/service/gone");
    assert.equal((await ask("/service/left/")).text, "There is no service service/gone any more.");
  });
});
