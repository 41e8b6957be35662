// GET /dynamic, a thousand times: no worker stays. One that has a name stays in workerd for ever, so a `get` in place
// of the `load` is over a GiB here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { served } from "./contract.mjs";
import { withHost } from "./host.mjs";
import { workerdMemory } from "./processes.mjs";

// With each new isolate workerd tells V8 that memory is short, and V8 then drops the WebAssembly code that its first,
// quick compiler made, for the whole process, and keeps the dropped pages: up to half a MiB a request, until the
// functions in question have been compiled by the second compiler. No Worker can do anything about it. It would hide
// what is asked here, so this runtime is told to leave the code alone.
process.env.MINIFLARE_WORKERD_V8_FLAGS = "--no-flush-liftoff-code";

/** So many requests, ten at a time. */
async function many(host, count) {
  let left = count;
  const caller = async () => {
    while (left-- > 0) await served(await host.fetch("/dynamic"), "dynamic", "cold");
  };
  await Promise.all(Array.from({ length: 10 }, caller));
}

test("a thousand workers leave nothing in memory", () => withHost({ bindings: { DYNAMIC_PER_MINUTE: 100_000 } }, async (host) => {
  await many(host, 300);
  const warm = workerdMemory();
  await many(host, 1000);
  const grown = workerdMemory() - warm;
  assert.ok(grown < 150, `workerd has grown from ${warm.toFixed(0)} MiB by ${grown.toFixed(0)} MiB`);
}));
