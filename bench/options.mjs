import { parseArgs } from "node:util";
import { control, names, references } from "./variants.mjs";

export const usage = `Usage: node bench/run.mjs [options]

  --rounds N          rounds that count, after one that does not (15)
  --seconds S         length of a turn of one host on the warm path (3)
  --connections N     connections of the warm path (16)
  --cold-requests N   requests of a turn of one host on the cold path (100)
  --served N          requests that each host has served before its cold path is measured (0)
  --memory GIB        the limit on workerd's memory, over which the run is aborted (4)
  --only NAME...      only these hosts, beside the reference and aa: ${names.join(", ")}
  --warm, --cold, --startup, --dispatch
                      only these paths
  --readme            put the short table of a run of all paths into ../README.md
  --scale             by the number of scripts, of versions, and of isolates of jobs, and nothing else (--scale --help)
  --quick             a short run that shows that everything works; its numbers mean nothing
  --keep-wasm-code    tell V8 to keep the WebAssembly that it compiled (see README, The cold path)
  --seed N            of the order of the hosts and of the bootstrap
  --help`;

const spec = {
  rounds: { type: "string" },
  seconds: { type: "string" },
  connections: { type: "string" },
  "cold-requests": { type: "string" },
  served: { type: "string" },
  memory: { type: "string" },
  only: { type: "string", multiple: true },
  warm: { type: "boolean" },
  cold: { type: "boolean" },
  startup: { type: "boolean" },
  readme: { type: "boolean" },
  dispatch: { type: "boolean" },
  quick: { type: "boolean" },
  "keep-wasm-code": { type: "boolean" },
  seed: { type: "string" },
  help: { type: "boolean" },
};

/** The options of a command line; throws an Error whose message is for the person who typed it. */
export function parseOptions(argv) {
  const { values, positionals } = parseArgs({ args: argv, options: spec, allowPositionals: true });
  if (positionals.length > 0 && !values.only) throw new Error(`unexpected argument: ${positionals[0]}`);
  // Garbage collection takes 50 to 100 ms about once a second of a busy host; a turn has to hold several of them.
  const defaults = values.quick
    ? { rounds: 2, seconds: 0.2, coldRequests: 20 }
    : { rounds: 15, seconds: 3, coldRequests: 100 };
  return {
    help: values.help ?? false,
    quick: values.quick ?? false,
    readme: values.readme ?? false,
    keepWasmCode: values["keep-wasm-code"] ?? false,
    rounds: number(values, "rounds", defaults.rounds, { integer: true }),
    seconds: number(values, "seconds", defaults.seconds),
    connections: number(values, "connections", 16, { integer: true }),
    coldRequests: number(values, "cold-requests", defaults.coldRequests, { integer: true }),
    served: number(values, "served", 0, { integer: true }),
    memoryLimit: number(values, "memory", 4) * 2 ** 30,
    seed: number(values, "seed", 1 + Math.floor(Math.random() * 0xffff_fffe), { integer: true }),
    paths: chosenPaths(values),
    only: values.only ? chosen([...values.only, ...positionals]) : null,
  };
}

const PATHS = ["dispatch", "warm", "cold", "startup"];

function chosenPaths(values) {
  const chosen = PATHS.filter((path) => values[path]);
  if (values.readme && (chosen.length > 0 || values.only || values.quick)) throw new Error("--readme goes with a whole run only");
  return chosen.length > 0 ? chosen : PATHS;
}

function number(values, name, standard, { integer = false } = {}) {
  if (values[name] === undefined) return standard;
  const value = Number(values[name]);
  if (!(value > 0) || !Number.isFinite(value) || (integer && !Number.isInteger(value))) {
    throw new Error(`--${name} takes a positive ${integer ? "integer" : "number"}, not ${values[name]}`);
  }
  return value;
}

// A ratio needs the reference, and nothing says what it is worth without the control.
function chosen(given) {
  const wanted = given.flatMap((name) => name.split(",")).filter((name) => name !== "");
  for (const name of wanted) {
    if (!names.includes(name)) throw new Error(`no host is called ${name}; there are ${names.join(", ")}`);
  }
  return new Set([...Object.values(references), control, ...wanted]);
}
