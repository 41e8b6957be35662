// How long tests wait for what happens by itself: as long as it takes. How fast a machine is decides no test.
import { setTimeout as wait } from "node:timers/promises";

/** Asks again until what comes is so, for a minute at most, and gives it. */
export async function until(ask, what, isSo = Boolean) {
  for (const end = performance.now() + 60_000; ; await wait(25)) {
    const found = await ask();
    if (isSo(found)) return found;
    if (performance.now() > end) throw new Error(`Not within a minute: ${what}. The last was ${JSON.stringify(found)?.slice(0, 2000)}`);
  }
}
