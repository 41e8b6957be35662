import { QUIET } from "./measure.mjs";
import { median, quantile, ratio, spread, verdict } from "./stats.mjs";
import { control } from "./variants.mjs";

/** Summaries and ratios of one measure over all hosts: Map of name -> {value, ratio, verdict}. */
function compare(rounds, measure, reference, chance) {
  const values = (name) => rounds.get(name).map((round) => round[measure]);
  const ratios = new Map([...rounds.keys()].map((name) => [name, ratio(values(name), values(reference), chance)]));
  const controlSpread = spread(ratios.get(control));
  const hosts = [...rounds.keys()].map((name) => {
    const list = values(name);
    const value = { median: median(list), q1: quantile(list, 0.25), q3: quantile(list, 0.75) };
    const same = name === reference || name === control;
    return [name, { value, ratio: ratios.get(name), verdict: same ? null : verdict(ratios.get(name), controlSpread) }];
  });
  return { controlSpread, hosts: new Map(hosts) };
}

/** One table: the measures of `rounds` (Map of name -> rounds), and how much each side was at work. */
export function summary(variants, rounds, measures, reference, chance) {
  const compared = new Map(measures.map((measure) => [measure, compare(rounds, measure, reference, chance)]));
  const perMeasure = (take) => Object.fromEntries(measures.map((measure) => [measure, take(compared.get(measure))]));
  return {
    reference,
    controlSpread: perMeasure((each) => each.controlSpread),
    variants: variants.map(({ name, label }) => {
      const all = rounds.get(name);
      const middle = (measure) => median(all.map((round) => round[measure]));
      return {
        name,
        label,
        requests: all.reduce((sum, round) => sum + round.requests, 0),
        ...perMeasure((each) => each.hosts.get(name)),
        latency: { p50: middle("p50"), p99: middle("p99") },
        workerdBusy: middle("workerdBusy"),
        generatorBusy: middle("generatorBusy"),
        othersBusy: middle("othersBusy"),
        rounds: all,
      };
    }),
  };
}

const words = {
  startMs: { tie: "tie", more: "slower", less: "faster" },
  startCpuMs: { tie: "tie", more: "more CPU", less: "less CPU" },
  requestsPerSecond: { tie: "tie", more: "faster", less: "slower" },
  p50: { tie: "tie", more: "slower", less: "faster" },
  cpuMicros: { tie: "tie", more: "more CPU", less: "less CPU" },
};
const titles = {
  startMs: ["ms to the first answer", 1],
  startCpuMs: ["CPU ms to it", 1],
  requestsPerSecond: ["requests/s", 0],
  p50: ["ms a request", 2],
  cpuMicros: ["CPU µs a request", 0],
};

function table({ reference, variants, controlSpread }) {
  const measures = Object.keys(controlSpread);
  const header = measures.flatMap((measure) => [titles[measure][0], `x of ${reference}`, "95 % interval", "IQR", ""]);
  const rows = variants.map((host) => [
    `\`${host.name}\` ${host.label}`,
    ...measures.flatMap((measure) => {
      const { value, ratio, verdict } = host[measure];
      if (host.name === reference) return [value.median.toFixed(titles[measure][1]), "1", "", "", ""];
      return [
        value.median.toFixed(titles[measure][1]),
        `**${ratio.median.toFixed(3)}**`,
        `${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)}`,
        `${ratio.q1.toFixed(3)} to ${ratio.q3.toFixed(3)}`,
        verdict === null ? "" : words[measure][verdict],
      ];
    }),
  ]);
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(["host", ...header]), line(["---", ...header.map(() => "---:")]), ...rows.map(line)].join("\n");
}

/** Whether other programs took so much that the numbers are not to be quoted. */
export const isDisturbed = ({ paths }) => Object.values(paths).some(({ variants }) => variants.some((host) => host.othersBusy > QUIET));

const SHORT = {
  dispatch: "a request to a script, warm: everything on",
  warm: "a request to one worker, warm: nothing else",
  get: "a cold start, `get`",
  load: "a cold start, `load`",
  startup: "workerd's start to its first answer",
};

/** The table of README.md: of each path each host, against the path's reference. */
export function short({ machine, options, paths }) {
  const rows = Object.entries(paths).flatMap(([path, { reference, variants, controlSpread }]) => {
    const [speed, cpu] = Object.keys(controlSpread);
    const told = ({ ratio }) => `**${ratio.median.toFixed(2)}** (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`;
    const of = (host) => (host.name === reference ? ["1", "1"] : [told(host[speed]), told(host[cpu])]);
    return variants.map((host, at) => [at === 0 ? `${SHORT[path]}; ${titles[speed][0]}` : "", host.label, ...of(host)]);
  });
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const spreads = Object.values(paths).flatMap(({ controlSpread }) => Object.values(controlSpread));
  const how = `Two equal hosts differed by ${Math.min(...spreads).toFixed(2)} to ${Math.max(...spreads).toFixed(2)} (the farther end of the interval of the second copy). workerd ${machine.workerd} and ${machine.miniflare} (dispatch), ${machine.cores} cores of ${machine.cpu}, ${options.rounds} rounds, ${machine.date.slice(0, 10)}.`;
  return `${[line(["", "host", "x of the reference (95 % interval)", "x of its CPU time"]), line(["---", "---", "---", "---"]), ...rows.map(line)].join("\n")}\n\n${how}\n`;
}

const percent = (share) => `${Math.round(share * 100)} %`;

// What a host adds to the reference, round by round.
function added({ reference, variants }) {
  const rounds = (name) => variants.find((host) => host.name === name).rounds;
  const differences = (host) => host.rounds.map(({ startCpuMs }, round) => startCpuMs - rounds(reference)[round].startCpuMs);
  const others = variants.filter((host) => host.name !== reference);
  const told = others.map((host) => `\`${host.name}\` ${median(differences(host)).toFixed(1)} ms`);
  return `CPU beyond the reference's, medians of the rounds' differences: ${told.join(", ")}.`;
}

function remarks({ reference, variants, controlSpread, repeated }) {
  const spreads = Object.entries(controlSpread).map(([measure, value]) => `${titles[measure][0]} ${value.toFixed(3)}`);
  const busy = (side, pick) => percent(pick(...variants.map((host) => host[side])));
  return [
    `A/A spread (the farther end of the control's interval from 1): ${spreads.join(", ")}.`,
    `Of one core, workerd was at work ${busy("workerdBusy", Math.min)} to ${busy("workerdBusy", Math.max)} of the time, `
      + `the generator ${busy("generatorBusy", Math.min)} to ${busy("generatorBusy", Math.max)}, `
      + `other programs ${busy("othersBusy", Math.min)} to ${busy("othersBusy", Math.max)}.`,
    ...("startCpuMs" in controlSpread ? [added({ reference, variants })] : []),
    ...(repeated > 0 ? [`Rounds that other programs disturbed and that were measured again: ${repeated}.`] : []),
    ...(Math.max(...variants.map((host) => host.othersBusy)) > QUIET
      ? ["**The machine was not quiet: these numbers are not to be quoted.**"]
      : []),
  ].join("\n");
}

/** The whole result as Markdown. */
export function markdown({ machine, options, paths }) {
  const { rounds, seconds, connections, coldRequests } = options;
  const texts = {
    warm: ["Warm path", `${connections} connections, ${rounds} rounds of ${seconds} s a host, one cached worker.`],
    dispatch: ["Dispatch path, warm", `${connections} connections, ${rounds} rounds of ${seconds} s a host; all in Miniflare's workerd, ${machine.miniflare}.`],
    get: ["Cold path, `get`", `One connection, a new key each request, ${rounds} rounds of ${coldRequests} requests a host.`],
    startup: ["Start", `A workerd for each host, from its start to its first answer, ${rounds} rounds.`],
    load: ["Cold path, `load`", `One connection, ${rounds} rounds of ${coldRequests} requests a host.`],
  };
  const sections = Object.entries(paths).map(([path, result]) => {
    const [title, how] = texts[path];
    return `## ${title}\n\n${how}\n\n${table(result)}\n\n${remarks(result)}`;
  });
  const facts = [
    `workerd ${machine.workerd}, compatibility date ${machine.compatibilityDate}, Node ${machine.node}, ${machine.os}, `
      + `${machine.cores} x ${machine.cpu}, load ${machine.load.map((value) => value.toFixed(2)).join(" to ")}, `
      + `seed ${options.seed}, workerd's memory at most ${Math.round(machine.peakMemory / 2 ** 20)} MiB.`,
    "Every ratio is the median of the ratios of the rounds. A verdict other than a tie needs a difference beyond "
      + "the host's own 95 % interval and beyond the A/A spread.",
  ];
  if (options.served > 0) facts.push(`Before its cold path was measured, each host had served ${options.served} requests in its process.`);
  if (options.keepWasmCode) facts.push("V8 was told to keep the WebAssembly that it compiled, which it does not by itself.");
  if (options.quick) facts.push("**A quick run: it shows that everything works; its numbers mean nothing.**");
  return `# Benchmark, ${machine.date}\n\n${facts.join("\n\n")}\n\n${sections.join("\n\n")}\n`;
}
