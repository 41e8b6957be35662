// A panic fails its own request and those that wait in Rust, at once and with a 5xx; all else goes on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HELLO, probe, source } from "./start.mjs";

const PANICKED = { error: { code: "worker_panicked", message: "The Worker failed while it served this request." } };

async function assertPanicked(answer) {
  const response = await answer;
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), PANICKED);
}

export default function (runtime) {
  describe(`panics (${runtime})`, () => {
    const p = probe();
    // Waits in the dynamic worker until it is told; says so by way of the Api's gate counters.
    const held = source(`let open; export default { async fetch(r) {
      if (r.method === "PUT") { open(); return new Response("told"); }
      await new Promise((resolve) => { open = resolve; setTimeout(resolve, 10_000); });
      return new Response("handed over, and complete");
    } };`);

    for (const path of ["/panic/now", "/panic/later", "/panic/joined"]) {
      it(`${path} is answered 500, and the next request works`, async () => {
        await assertPanicked(p.call(path));
        assert.equal(await p.text("/x", source(HELLO)), "hello");
      });
    }

    it("is readable in the log: its message and its place", () => {
      assert.match(p.log(), /panicked at tests\/probe\/src\/panics\.rs:\d+:\d+:\s+on purpose, later/);
    });

    it("takes down those who wait in Rust, each with a 5xx and none hanging", async () => {
      const waiting = [1, 2, 3].map(() => p.call("/slow"));
      await assertPanicked(p.call("/panic/later"));
      for (const answer of waiting) await assertPanicked(answer);
      assert.equal(await p.text("/slow"), "slow", "and the next one waits in peace");
    });

    it("does not touch a call that was handed to a dynamic worker", async () => {
      const complete = p.text("/hand-over", held);
      // The same isolate of the dynamic worker: once it answers, the first call is in it.
      while ((await p.call("/hand-over", held, { method: "PUT" })).status !== 200);
      const again = p.text("/hand-over", held);
      await assertPanicked(p.call("/panic/later"));
      while ((await p.call("/hand-over", held, { method: "PUT" })).status !== 200);
      assert.equal(await complete, "handed over, and complete");
      assert.equal(await again, "handed over, and complete");
    });

    it("in a factory fails the requests that wait for the code, and the key recovers", async () => {
      assert.equal((await p.call("/panic/factory", source(HELLO))).status, 500);
      const spec = source(HELLO, { factory: "slow" });
      const waiting = p.call("/x", spec);
      await assertPanicked(p.call("/panic/later"));
      assert.equal((await waiting).status, 500);
      // The runtime keeps the failed load under its key; the first to meet it moves the key on.
      assert.equal((await p.error("/x", spec)).kind, "Factory");
      assert.equal(await p.text("/x", spec), "hello");
    });

    it("two at once are one", async () => {
      await Promise.all([assertPanicked(p.call("/panic/later")), assertPanicked(p.call("/panic/later")), assertPanicked(p.call("/panic/now"))]);
      assert.equal(await p.text("/x", source(HELLO)), "hello");
    });
  });
}
