// make bench: compares the hosts of variants.mjs in one workerd. README.md says how and why.
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { cpus, loadavg, platform, release, tmpdir } from "node:os";
import { join } from "node:path";
import { workerd } from "./config.mjs";
import { Generator } from "./generator.mjs";
import { Bench, measureCold, measureStartup, measureWarm } from "./measure.mjs";
import { parseOptions, usage } from "./options.mjs";
import { isDisturbed, markdown, short, summary } from "./report.mjs";
import { random } from "./stats.mjs";
import * as variants from "./variants.mjs";

const MEASURES = { cold: measureCold, startup: measureStartup };
const results = join(import.meta.dirname, "results");

const readme = join(import.meta.dirname, "..", "README.md");
const BLOCK = /(<!-- bench: .*? -->\n)[^]*?(<!-- \/bench -->)/;

async function toReadme(result) {
  if (isDisturbed(result)) throw new Error("README.md stays as it is: other programs disturbed this run");
  const text = await readFile(readme, "utf8");
  if (!BLOCK.test(text)) throw new Error("README.md has no place for the table: <!-- bench: ... --> and <!-- /bench -->");
  await writeFile(readme, text.replace(BLOCK, (_, begin, end) => `${begin}${short(result)}${end}`));
}

async function main(options) {
  if (platform() !== "linux") throw new Error("the benchmark reads workerd's CPU and memory from /proc: it needs Linux");
  const { binary, version } = workerd();
  const directory = await mkdtemp(join(tmpdir(), "bench-"));
  const generator = new Generator();
  const benches = [];
  // Synchronous, because the last word of a process that is told to end cannot wait.
  process.once("exit", () => {
    for (const bench of benches) bench.stop();
    generator.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

  const load = loadavg()[0];
  const chance = random(options.seed);
  const say = (text) => process.stderr.write(`${text}\n`);
  const paths = {};
  let peakMemory = 0;
  for (const path of options.paths) {
    const reference = variants.references[path];
    const chosen = variants[path].filter((variant) => !options.only || options.only.has(variant.name));
    const bench = new Bench({ name: path, variants: chosen, options, chance, binary, directory, generator, say });
    benches.push(bench);
    await (MEASURES[path] ?? measureWarm)(bench);
    peakMemory = Math.max(peakMemory, bench.peakMemory);
    if (path !== "cold") {
      const measures = path === "startup" ? ["startMs", "startCpuMs"] : ["requestsPerSecond", "cpuMicros"];
      paths[path] = summary(chosen, bench.series, measures, reference, chance);
      paths[path].repeated = bench.repeated;
    } else {
      for (const mode of ["get", "load"]) {
        const rounds = new Map([...bench.series].map(([name, list]) => [name, list.map((round) => round[mode])]));
        paths[mode] = summary(chosen, rounds, ["p50", "cpuMicros"], reference, chance);
        paths[mode].repeated = bench.repeated;
      }
    }
  }
  const machine = {
    date: new Date().toISOString(),
    workerd: version,
    miniflare: workerd("miniflare").version,
    compatibilityDate: variants.compatibilityDate,
    node: process.versions.node,
    os: `${platform()} ${release()}`,
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    load: [load, loadavg()[0]],
    peakMemory,
  };
  const { only, help, ...plain } = options;
  const result = { machine, options: { ...plain, only: only && [...only] }, paths };
  // A quick run, such as the tests make, must not take the place of one that measured something.
  const name = options.quick ? "quick" : options.keepWasmCode ? "kept-code" : options.served > 0 ? "served" : "latest";
  await mkdir(results, { recursive: true });
  await writeFile(join(results, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(join(results, `${name}.md`), markdown(result));
  process.stdout.write(markdown(result));
  if (options.readme) await toReadme(result);
  await generator.stop();
}

try {
  const given = process.argv.slice(2);
  const options = given.includes("--scale") ? { scale: true } : parseOptions(given);
  if (options.scale) await (await import("./scale.mjs")).main(given);
  else if (options.help) process.stdout.write(`${usage}\n`);
  else await main(options);
  process.exit(0);
} catch (error) {
  process.stderr.write(`bench: ${error.message}${error.cause ? `: ${error.cause.message}` : ""}\n`);
  process.exit(1);
}
