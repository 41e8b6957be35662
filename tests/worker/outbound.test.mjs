// The gateway: what goes out of a script, and what not.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { text, wait } from "./dispatch.mjs";
import { startOrigin, startOutbound } from "./outbound.mjs";

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
