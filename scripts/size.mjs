// Prints what the Worker weighs, as wrangler would upload it, and fails when that is over the budget.
//   node scripts/size.mjs dist
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * Bytes, gzip. Code that a start has to fetch and compile: raise a budget only on purpose, and say why.
 *
 * The patterns added 17 KB of wasm, a third of which is the text of their workers, and 5 KB of JavaScript: the check of flags'
 * rules, the counting of tests and its statistics. What the automatic rollback goes by, per client and per deployment, is 2.5 KB;
 * that a change is tried whole before it is made, and how deep JSON is, 1.5 KB of both.
 * Where scripts may go is 18 KB of wasm: the rules and all that can be wrong with them, hosts and addresses, the decision, what keeps
 * secrets and the audit; the gateway that asks it is 2 KB of JavaScript. Limits and quotas are 6 KB of wasm, and 1 KB of JavaScript;
 * tunnels are 5 KB of wasm, their workers among it, and 1 KB of JavaScript; jobs are 2 KB and 5 KB.
 * What seals secrets is 9 KB of wasm: to open them in Rust takes no promise where a worker is made. Services are 6 KB, plugins 3 KB, and 1 KB of
 * JavaScript; bindings that are parts of an upload 2 KB of both.
 * KV namespaces, D1 databases and R2 buckets of scripts are 8 KB of wasm, most of it the text of what scripts are given, and 5 KB
 * of JavaScript. Durable Objects of scripts with their migrations are 9 KB and 3 KB, queues 5 KB and 4 KB; what is stored listed, exported
 * and restored 4 KB and 3 KB, its quotas 5 KB and 1 KB, what the host shares 1 KB of both, and metrics as text 2 KB.
 * Telemetry is 8 KB of wasm, half of it the text for Prometheus, and 14 KB of JavaScript: what is counted, added up, kept, told, masked and
 * traced to its source. The page went from the wasm to the assets (4 KB less), and JavaScript is minified (15 KB less).
 * That what hostile scripts send is looked at before it is believed is half a KB of JavaScript.
 * That what is read from the bucket is what was stored, and clocks that step back, are 1 KB of JavaScript.
 * That an index of scripts keeps its sums, its names and its tags, so that nothing adds up 100,000 entries, is 1 KB of wasm: SQL.
 * The host without the platform half was 118 KB of wasm. The control API, the registry's documents and the three Durable
 * Objects behind them are what came to that; in JavaScript, what looks at bodies: uploads, source maps, static assets.
 */
const BUDGETS = { wasm: 358_000, JavaScript: 80_000 };

const folder = process.argv[2];
const sizes = { wasm: { raw: 0, gzip: 0 }, JavaScript: { raw: 0, gzip: 0 } };
for (const name of readdirSync(folder, { recursive: true })) {
  const kind = /\.wasm$/.test(name) ? "wasm" : /\.m?js$/.test(name) ? "JavaScript" : null;
  if (!kind) continue;
  const bytes = readFileSync(join(folder, name));
  sizes[kind].raw += bytes.length;
  sizes[kind].gzip += gzipSync(bytes, { level: 9 }).length;
}
for (const [kind, { raw, gzip }] of Object.entries(sizes)) {
  if (raw === 0) throw new Error(`no ${kind} in ${folder}: build first`);
  const budget = BUDGETS[kind];
  const share = ((100 * gzip) / budget).toFixed(1);
  console.log(`${kind.padEnd(10)} ${String(raw).padStart(8)} bytes, ${String(gzip).padStart(7)} gzip: ${share} % of its budget of ${budget}`);
  if (gzip > budget) {
    console.error(`error: ${kind} is ${gzip - budget} bytes over its budget\n  fix: make it smaller, or raise BUDGETS in scripts/size.mjs and say why`);
    process.exitCode = 1;
  }
}
