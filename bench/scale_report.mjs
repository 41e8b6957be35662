// What the rounds of scale come to, as numbers and as Markdown.
import { median } from "./stats.mjs";

const API = { list: "list, the first ten", listLast: "list, the last ten", filter: "list by a tag", get: "get", settings: "settings", quota: "quota", versions: "versions", deployments: "deployments", explain: "explain", patch: "change settings", deploy: "deploy", create: "deploy a new one" };
const PATHS = { cold: "first request of a script, of ten", unknown: "a name that there is not", warm: "warm, ten scripts or one", coldMore: "first request, of the others", warmAll: "warm, all that are loaded" };

/** Medians of the rounds, each with the median of its ratios to the least size's of the same round. */
export function summary({ scripts, versions, jobs }) {
  return { ...(scripts && { scripts: compared(scripts) }), ...(versions && { versions: compared(versions) }), ...(jobs && { jobs: jobsOf(jobs) }) };
}

function compared(bySize) {
  const sizes = Object.keys(bySize).map(Number);
  // Of what the least size has not, the next is the measure.
  const of = (pick) => {
    const series = sizes.map((size) => bySize[size].map(pick));
    const measure = series.find((values) => values.every((value) => value !== undefined));
    return sizes.map((size, i) => {
      if (series[i].some((value) => value === undefined)) return null;
      return { value: median(series[i]), ratio: median(series[i].map((value, round) => value / measure[round])), isMeasure: series[i] === measure };
    });
  };
  const rows = [];
  const row = (name, unit, pick) => rows.push({ name, unit, values: of(pick) });
  for (const [path, name] of Object.entries(PATHS)) {
    if (!sizes.some((size) => bySize[size][0][path])) continue;
    const warm = path.startsWith("warm");
    row(name, "ms p50", (round) => round[path]?.p50);
    if (path !== "unknown") row(name, warm ? "ms p99" : "ms, the slowest hundredth", (round) => round[path]?.p99);
    if (path !== "unknown") row(name, "CPU µs", (round) => round[path]?.cpuMicros);
  }
  for (const name of Object.keys(API).filter((name) => bySize[sizes[0]][0].api[name])) {
    row(API[name], "ms p50", (round) => round.api[name].p50);
    row(API[name], "ms p99", (round) => round.api[name].p99);
  }
  const memory = bySize[sizes[0]].at(-1).memory && sizes.map((size) => ({ size, ...bySize[size].at(-1).memory }));
  return { sizes, rows, memory };
}

const jobsOf = (jobs) => Object.entries(jobs).map(([what, byCount]) => ({
  what,
  counts: Object.entries(byCount).map(([count, rounds]) => ({
    count: Number(count),
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    ratio: median(rounds.map(({ perSecond }, i) => perSecond / byCount[1][i].perSecond)),
    cpuMillis: median(rounds.map(({ cpuMillis }) => cpuMillis)),
  })),
}));

const line = (cells) => `| ${cells.join(" | ")} |`;
const number = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

function table({ sizes, rows }, what) {
  const head = ["", "", ...sizes.flatMap((size, i) => (i === 0 ? [`${size} ${what}`] : [size.toLocaleString("en-US"), "x"]))];
  const cells = ({ name, unit, values }) => [name, unit, ...values.flatMap((one, i) => {
    const told = one === null ? "" : number(one.value);
    return i === 0 ? [told] : [told, one === null ? "" : one.isMeasure ? "1" : `**${one.ratio.toFixed(2)}**`];
  })];
  return [line(head), line(head.map((_, i) => (i < 2 ? "---" : "---:"))), ...rows.map((row) => line(cells(row)))].join("\n");
}

function memoryTable(memory) {
  const head = ["scripts", "looked up", "MiB of WebAssembly before", "after 600", "after all", "the whole runtime, MiB"];
  const rows = memory.map(({ size, seen, before, after600, after, rss }) => [size.toLocaleString("en-US"), seen, number(before), after600 === undefined ? "" : number(after600), number(after), number(rss)]);
  return [line(head), line(head.map(() => "---:")), ...rows.map(line)].join("\n");
}

function jobsTable(jobs) {
  const counts = jobs[0].counts.map(({ count }) => count);
  const head = ["an item", ...counts.flatMap((count) => [`${count} at once`, "x", "CPU ms"])];
  const rows = jobs.map(({ what, counts }) => [what, ...counts.flatMap(({ perSecond, ratio, cpuMillis }) => [`${number(perSecond)}/s`, `**${ratio.toFixed(2)}**`, number(cpuMillis)])]);
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** The whole result as Markdown. */
export function markdown({ machine, options, scripts, versions, jobs }) {
  const facts = [`Node ${machine.node}, ${machine.os}, ${machine.cores} x ${machine.cpu}, load ${machine.load.map((value) => value.toFixed(2)).join(" to ")}, seed ${options.seed}, ${options.rounds} rounds.`, "A ratio is the median of the ratios to the least of the same round."];
  if (options.quick) facts.push("**A quick run: it shows that everything works; its numbers mean nothing.**");
  const sections = [];
  if (scripts) sections.push(`## By the number of scripts\n\nAt most ${options.loaded} of them loaded.\n\n${table(scripts, "scripts")}\n\n## What an isolate holds\n\nScripts that were looked up and not loaded.\n\n${memoryTable(scripts.memory)}`);
  if (versions) sections.push(`## By the number of versions of a script\n\nUploaded; at most 200 are kept.\n\n${table(versions, "versions")}`);
  if (jobs) sections.push(`## Jobs, by the isolates at once\n\n${options.items} items a job.\n\n${jobsTable(jobs)}`);
  return `# Scale, ${machine.date}\n\n${facts.join("\n\n")}\n\n${sections.join("\n\n")}\n`;
}
