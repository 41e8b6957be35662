// kill -9 of the runtime in the middle of a job: it goes on afterwards, and what was told of it is not run again.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { TOKEN, startPatterns } from "./patterns.mjs";
import { descendants } from "./processes.mjs";
import { until } from "./until.mjs";

const headers = { authorization: `Bearer ${TOKEN}`, "accept-encoding": "identity" };
const CODE = "export async function map(input) { await new Promise((resolve) => setTimeout(resolve, 40)); return `${input} ${crypto.randomUUID()}`; } export const reduce = (values) => values.length;";

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), "job-kill-")); });
after(() => rmSync(folder, { recursive: true, force: true }));
const start = () => startPatterns({ extra: { durableObjectsPersist: join(folder, "do"), r2Persist: join(folder, "r2") } });

test("five times kill -9: it goes on where it was", async () => {
  let host = await start();
  try {
    const inputs = Array.from({ length: 120 }, (_, i) => i);
    const made = await host.fetch("/job", { method: "POST", headers, body: JSON.stringify({ code: CODE, inputs, concurrency: 4, async: true, reduce: true }) });
    const { id } = await made.json();
    const seen = new Map();
    for (let kills = 0; kills < 5; kills++) {
      // What is told is finished.
      const reading = (async () => {
        const reader = (await host.fetch(`/job/${id}/results`, { headers })).body.pipeThrough(new TextDecoderStream()).getReader();
        for (let text = "", piece; !(piece = await reader.read()).done; ) {
          const lines = (text + piece.value).split("\n");
          text = lines.pop();
          for (const line of lines.map((line) => JSON.parse(line)).filter(({ index }) => index !== undefined)) {
            if (seen.has(line.index)) assert.deepEqual(line, seen.get(line.index), "it was not run again");
            seen.set(line.index, line);
          }
        }
      })().catch((error) => { if (error.code === "ERR_ASSERTION") throw error; });
      await until(() => seen.size >= 15 * (kills + 1), "some more of it");
      for (const { pid } of descendants(process.pid).filter(({ name }) => name.startsWith("workerd"))) process.kill(pid, "SIGKILL");
      await reading;
      await host.dispose();
      host = await start();
    }
    const status = await until(async () => { const status = await (await host.fetch(`/job/${id}`, { headers })).json(); return status.state === "done" && status; }, "its end");
    assert.deepEqual([status.ok, status.reduced.value], [120, 120]);
    const lines = (await (await host.fetch(`/job/${id}/results`, { headers })).text()).trimEnd().split("\n").map((line) => JSON.parse(line));
    for (const [index, line] of seen) assert.deepEqual(lines[index], line, "as it was told before");
    assert.ok(lines.slice(0, 120).every(({ index, value }) => value.startsWith(`${index} `)));
  } finally {
    await host.dispose();
  }
});
