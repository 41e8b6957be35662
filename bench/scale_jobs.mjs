// How many items of a job are run a second, by how many are run at once: each in an isolate of its own, which is gone afterwards.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ScaleHost } from "./scale_host.mjs";

const AT_ONCE = [1, 2, 4, 8];
// What an item does: nothing, computes for some milliseconds, or waits.
const CODE = {
  nothing: "export const map = (input) => input;",
  computes: "export const map = (input) => { let sum = 0; for (let i = 0; i < 2_000_000; i += 1) sum = (sum + i * input) % 1_000_003; return sum; };",
  waits: "export const map = async (input) => { await scheduler.wait(50); return input; };",
};

/** `{ [what]: { [isolates at once]: [{ perSecond, cpuMillis }, ...] } }`. */
export async function measureJobs({ options, folder, say, shuffled }) {
  const at = join(folder, "jobs");
  mkdirSync(at);
  const host = await ScaleHost.start(at);
  const result = Object.fromEntries(Object.keys(CODE).map((what) => [what, Object.fromEntries(AT_ONCE.map((count) => [count, []]))]));
  try {
    for (const code of Object.values(CODE)) await host.job({ code, inputs: [1, 2], concurrency: 2 });
    for (let round = 1; round <= options.rounds; round += 1) {
      say(`scale: round ${round} of ${options.rounds}, jobs`);
      for (const what of shuffled(Object.keys(CODE))) {
        for (const count of shuffled(AT_ONCE)) {
          const inputs = Array.from({ length: options.items }, (_, i) => i);
          const cpu = host.cpuSeconds();
          const began = performance.now();
          const last = await host.job({ code: CODE[what], inputs, concurrency: count });
          const seconds = (performance.now() - began) / 1000;
          if (last.ok !== inputs.length) throw new Error(`a job of ${inputs.length} items: ${JSON.stringify(last)}`);
          result[what][count].push({ perSecond: inputs.length / seconds, cpuMillis: ((host.cpuSeconds() - cpu) * 1000) / inputs.length });
        }
      }
    }
    return result;
  } finally {
    await host.stop();
  }
}
