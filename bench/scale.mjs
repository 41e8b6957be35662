// make bench ARGS=--scale: what this Worker takes with 10, 1,000 and 100,000 scripts in a namespace, with 10 and 1,000 versions of a script,
// and how many items of jobs it runs a second. README.md says how.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, platform, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Generator } from "./generator.mjs";
import { measureJobs } from "./scale_jobs.mjs";
import { markdown, summary } from "./scale_report.mjs";
import { measureScripts, measureVersions } from "./scale_rounds.mjs";
import { shuffled, random } from "./stats.mjs";

const usage = `Usage: node bench/run.mjs --scale [options]

  --sizes N,N,...     scripts in a namespace (10,1000,100000); 100,000 take 9 GB of the temporary folder, and a minute to make
  --rounds N          rounds that count (5)
  --only PART,...     scripts, versions, jobs
  --quick             a short run that shows that everything works; its numbers mean nothing
  --seed N            of the order`;

const SPEC = { scale: { type: "boolean" }, sizes: { type: "string" }, rounds: { type: "string" }, only: { type: "string" }, quick: { type: "boolean" }, seed: { type: "string" }, help: { type: "boolean" } };
const PARTS = ["scripts", "versions", "jobs"];

function optionsOf(argv) {
  const { values } = parseArgs({ args: argv, options: SPEC });
  const whole = (name, text) => {
    if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} takes positive integers, not ${text}`);
    return Number(text);
  };
  const quick = values.quick ?? false;
  const parts = (values.only ?? PARTS.join()).split(",");
  for (const part of parts) if (!PARTS.includes(part)) throw new Error(`there is no part ${part}; there are ${PARTS.join(", ")}`);
  return {
    help: values.help ?? false,
    quick,
    parts,
    sizes: (values.sizes ?? (quick ? "10,30" : "10,1000,100000")).split(",").map((text) => whole("sizes", text)),
    rounds: whole("rounds", values.rounds ?? (quick ? "1" : "5")),
    // At most so many are loaded: a named worker takes 2.2 MiB, and a local runtime lets go of none.
    loaded: quick ? 14 : 300,
    requests: quick ? 100 : 6000,
    calls: quick ? 2 : 30,
    held: quick ? 30 : 3000,
    versions: quick ? [1, 4] : [10, 1000],
    items: quick ? 4 : 200,
    seed: whole("seed", values.seed ?? String(1 + Math.floor(Math.random() * 0xffff_fffe))),
  };
}

export async function main(argv) {
  const options = optionsOf(argv);
  if (options.help) return void process.stdout.write(`${usage}\n`);
  if (platform() !== "linux") throw new Error("the benchmark reads workerd's CPU and memory from /proc: it needs Linux");
  const folder = mkdtempSync(join(tmpdir(), "scale-"));
  const generator = new Generator();
  // Synchronous, because the last word of a process that is told to end cannot wait.
  process.once("exit", () => {
    generator.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
  // Miniflare now and then leaves its own folder behind; this one goes when the run ends.
  process.env.TMPDIR = folder;
  const say = (text) => process.stderr.write(`${text}\n`);
  const chance = random(options.seed);
  const before = loadavg()[0];
  const context = { options, generator, folder, say, chance, shuffled: (items) => shuffled(items, chance) };
  const result = {};
  if (options.parts.includes("scripts")) result.scripts = await measureScripts(context);
  if (options.parts.includes("versions")) result.versions = await measureVersions(context);
  if (options.parts.includes("jobs")) result.jobs = await measureJobs(context);
  const machine = {
    date: new Date().toISOString(),
    node: process.versions.node,
    os: `${platform()} ${release()}`,
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    load: [before, loadavg()[0]],
  };
  const told = { machine, options, ...summary(result), rounds: result };
  const results = join(import.meta.dirname, "results");
  mkdirSync(results, { recursive: true });
  const name = options.quick ? "scale-quick" : "scale";
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(told, null, 2)}\n`);
  writeFileSync(join(results, `${name}.md`), markdown(told));
  process.stdout.write(markdown(told));
  await generator.stop();
}
