// The host's dispatch with scripts that the test deploys.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { probe, source } from "./start.mjs";

const says = (text) => source(`export default { fetch: () => new Response("${text}") };`);
const header = (response, name) => response.headers.get(`x-worker-${name}`);

export default function (runtime) {
  describe(`fallback (${runtime})`, () => {
    const p = probe();
    const deploy = (spec) => p.text("/script/deploy", spec);
    const run = (init) => p.call("/script/run", {}, init);

    it("a version that does not load, with none before it, is a clear 502", async () => {
      await deploy(source("export default {"));
      for (let i = 0; i < 2; i += 1) {
        const response = await run();
        assert.equal(response.status, 502);
        const { error } = await response.json();
        assert.equal(error.code, "dynamic_worker_failed_to_load");
        assert.match(error.message, /^The dynamic worker's code has a syntax error at index\.js:1:\d+: .*\.$/);
      }
      const posted = await run({ method: "POST", body: "once" });
      assert.deepEqual([posted.status, (await posted.json()).error?.code], [502, "dynamic_worker_failed_to_load"]);
    });

    it("one that was never seen to load is none to fall back to", async () => {
      await deploy(says("never called"));
      await deploy(source("also not code {"));
      assert.equal((await run()).status, 502);
    });

    it("the last good version serves in the place of one that does not load, and says so", async () => {
      await deploy(says("one"));
      const first = await run();
      assert.deepEqual([await first.text(), header(first, "cache"), header(first, "fallback")], ["one", "cold", null]);
      await deploy(source("export default {"));
      for (let i = 0; i < 2; i += 1) {
        const response = await run();
        assert.equal(await response.text(), "one");
        assert.equal(header(response, "key"), header(first, "key"));
        assert.equal(header(response, "cache"), "warm");
        assert.match(header(response, "fallback"), /^builtin\/script@[0-9a-f]{12}$/);
        assert.notEqual(header(response, "fallback"), header(first, "key"));
      }
      await deploy(says("three"));
      const third = await run();
      assert.deepEqual([await third.text(), header(third, "fallback")], ["three", null], "a good one ends it");
    });

    it("one that this isolate only ever met warm is good as well", async () => {
      const one = says("warm only");
      await deploy(one);
      assert.equal(await (await run()).text(), "warm only");
      // The isolate forgets what it knew; the loader's cache, which is wider, does not.
      assert.equal((await p.call("/panic/later")).status, 500);
      await deploy(one);
      const warm = await run();
      assert.deepEqual([await warm.text(), header(warm, "cache")], ["warm only", "warm"]);
      await deploy(source("export default {"));
      const fallen = await run();
      assert.deepEqual([await fallen.text(), header(fallen, "key")], ["warm only", header(warm, "key")]);
    });

    it("a body is sent once, and to a version that has loaded", async () => {
      const echo = source(`let calls = 0; export default { async fetch(r) { return Response.json([r.method, await r.text(), calls += 1]); } };`);
      await deploy(echo);
      assert.deepEqual(await (await run({ method: "POST", body: "first" })).json(), ["POST", "first", 1], "to one that nobody has seen");
      await deploy(source("export default {"));
      for (const [i, method] of ["POST", "PUT", "POST"].entries()) {
        const body = "x".repeat(100_000 * i);
        const posted = await run({ method, body });
        assert.deepEqual(await posted.json(), [method, body, i + 2]);
        assert.match(header(posted, "fallback"), /^builtin\/script@/);
      }
    });

    it("a worker that fails in the runtime's words is still the one that failed", async () => {
      await deploy(source(`export default { fetch() { throw new Error("internal error; reference = forged"); } };`));
      const response = await run();
      assert.deepEqual([response.status, (await response.json()).error.code], [502, "dynamic_worker_failed"]);
    });

    it("a worker that throws is not fallen back from: it loaded", async () => {
      await deploy(source(`export default { fetch() { throw new TypeError("mine"); } };`));
      const response = await run();
      assert.equal(response.status, 502);
      const { error } = await response.json();
      assert.deepEqual(error, { code: "dynamic_worker_threw", message: "The dynamic worker threw TypeError: mine." });
    });

    it("a worker is not shown the host's credentials, and cannot speak in the host's name", async () => {
      await deploy(source(`export default { fetch: (r) => Response.json([...r.headers], { headers: {
        "x-worker-key": "forged", "x-worker-cache": "forged", "x-worker-fallback": "forged", "x-worker-version": "forged", "server-timing": "mine;dur=1" } }) };`));
      const secrets = { authorization: "Bearer t", cookie: "session=1", "cf-access-jwt-assertion": "j", "cf-access-client-id": "i", "cf-access-client-secret": "s", "cf-access-authenticated-user-email": "e", "cf-access-anything": "a", "proxy-authorization": "p" };
      const response = await run({ headers: { ...secrets, "x-mine": "kept" } });
      const seen = Object.fromEntries(await response.json());
      assert.equal(seen["x-mine"], "kept");
      for (const name of Object.keys(secrets)) assert.equal(seen[name], undefined, name);
      assert.match(header(response, "key"), /^builtin\/script@/);
      assert.equal(header(response, "cache"), "cold");
      assert.deepEqual([header(response, "fallback"), header(response, "version")], [null, null]);
      assert.match(response.headers.get("server-timing"), /^mine;dur=1, total;dur=[\d.]+, factory;dur=[\d.]+$/);
    });
  });
}
