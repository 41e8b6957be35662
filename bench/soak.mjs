// A soak, by hand: node bench/soak.mjs --minutes 30. Mixed traffic at a fixed rate to scripts that do not change, so that the keys of
// their workers do not; and whether memory grows in the second half. Ends with 1 where an answer was wrong, or something was lost.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { fit, floors, verdict } from "./fit.mjs";
import { Inspector } from "./inspector.mjs";
import { ScaleHost, nameOf } from "./scale_host.mjs";
import { quantile } from "./stats.mjs";
import { kindOf, send, source } from "./traffic.mjs";

const usage = `Usage: node bench/soak.mjs [--minutes 30] [--rate 100] [--scripts 20] [--sample SECONDS]

Requests a second at that rate, to so many scripts; memory is looked at each so many seconds (5).`;
const SPEC = { minutes: { type: "string" }, rate: { type: "string" }, scripts: { type: "string" }, sample: { type: "string" }, help: { type: "boolean" } };
const MIB = 2 ** 20;
// Where there is less of it, a stretch is a tenth of the second half.
const STRETCH_MINUTES = 1;

/** Runs it: `{ requests, seconds, wrong, latency, told, memory }`. */
export async function soak({ minutes, rate, scripts, sample, say = () => {} }) {
  const folder = mkdtempSync(join(tmpdir(), "soak-"));
  const host = await ScaleHost.start(folder, {}, { inspectorPort: 0, inspectorHost: "127.0.0.1" });
  const inspector = await Inspector.connect(await host.inspector(), "core:user:dynamic-loader");
  try {
    await host.call("POST", "", { name: "scale" });
    const names = Array.from({ length: scripts }, (_, i) => nameOf(i));
    for (const name of names) await host.upload(name, source(name));
    const began = performance.now();
    const left = () => minutes * 60_000 - (performance.now() - began);
    const samples = [];
    const sampling = (async () => {
      for (let next = 0; left() > 0; await pause(Math.max(0, next - (performance.now() - began)))) {
        const minute = (performance.now() - began) / 60_000;
        samples.push({ minute, rss: host.memory(), wasm: await host.wasmMemory(), ...(await inspector.heap()) });
        next += sample * 1000;
      }
    })();
    const wrong = [];
    const times = [];
    const underway = new Set();
    let sent = 0;
    while (left() > 0) {
      // At this rate, however long an answer takes.
      for (const due = ((performance.now() - began) / 1000) * rate; sent < due; sent += 1) {
        const i = sent;
        const asked = performance.now();
        const one = send(new URL(host.pathOf(names[i % scripts]), host.url), kindOf(i))
          .catch((error) => wrong.push(error.message))
          .finally(() => underway.delete(one) && times.push(performance.now() - asked));
        underway.add(one);
      }
      await pause(10);
    }
    await Promise.all(underway);
    const seconds = (performance.now() - began) / 1000;
    await sampling;
    const told = await host.totals(sent);
    say(`${sent} requests`);
    return { options: { minutes, rate, scripts, sample }, requests: sent, seconds, wrong, told, latency: { p50: quantile(times, 0.5), p99: quantile(times, 0.99), most: quantile(times, 1) }, memory: memory(samples, minutes), samples };
  } finally {
    inspector.close();
    await host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function memory(samples, minutes) {
  const half = samples.filter(({ minute }) => minute >= minutes / 2);
  const stretch = Math.min(STRETCH_MINUTES, minutes / 20);
  return Object.fromEntries(["rss", "heap", "embedder", "wasm"].map((name) => {
    const points = floors(half.map((one) => [one.minute, one[name] / MIB]), stretch);
    const line = fit(points);
    return [name, { first: samples[0][name] / MIB, middle: half[0][name] / MIB, last: half.at(-1)[name] / MIB, stretches: points.length, perMinute: line, verdict: verdict(line) }];
  }));
}

const TITLES = { rss: "the runtime, with all workers (RSS)", heap: "the host's isolate: JavaScript", embedder: "the host's isolate: the runtime's objects", wasm: "the host's isolate: WebAssembly" };

/** The result as Markdown. */
export function markdown({ options, requests, seconds, wrong, told, latency, memory }) {
  const rows = Object.entries(memory).map(([name, { first, middle, last, perMinute: { slope, low, high }, verdict }]) =>
    `| ${TITLES[name]} | ${[first, middle, last].map((value) => value.toFixed(1)).join(" | ")} | ${(slope * 1024).toFixed(1)} | ${(low * 1024).toFixed(1)} to ${(high * 1024).toFixed(1)} | ${verdict} |`);
  return `# Soak, ${new Date().toISOString()}

${requests} requests in ${(seconds / 60).toFixed(1)} minutes to ${options.scripts} scripts; wrong answers: ${wrong.length}; told by telemetry: ${told}. Until all of an answer was there: p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms, at most ${latency.most.toFixed(0)} ms.

| memory, MiB | at first | half way | at last | KiB a minute, second half | 95 % interval | |
| --- | ---: | ---: | ---: | ---: | ---: | --- |
${rows.join("\n")}

The line is through the least value of each minute, as what V8 has not collected yet is no growth.
`;
}

async function main() {
  const { values } = parseArgs({ options: SPEC });
  if (values.help) return console.log(usage);
  const number = (name, standard) => {
    const value = Number(values[name] ?? standard);
    if (!(value > 0)) throw new Error(`--${name} takes a positive number, not ${values[name]}`);
    return value;
  };
  const result = await soak({ minutes: number("minutes", 30), rate: number("rate", 100), scripts: number("scripts", 20), sample: number("sample", 5), say: (text) => console.error(text) });
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "soak.json"), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(folder, "soak.md"), markdown(result));
  console.log(markdown(result));
  for (const message of result.wrong.slice(0, 10)) console.error(`wrong: ${message}`);
  if (result.told !== result.requests) console.error(`lost: telemetry tells of ${result.told} requests`);
  // Of the runtime's own memory, with all workers in it, README.md says more.
  const growing = ["heap", "wasm"].filter((name) => result.memory[name].verdict === "grows");
  for (const name of growing) console.error(`grows: ${TITLES[name]}`);
  if (result.wrong.length > 0 || result.told !== result.requests || growing.length > 0) process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) {
  await main().catch((error) => {
    console.error(`soak: ${error.message}`);
    process.exitCode = 1;
  });
}
