// Prints what the Worker weighs, as wrangler would upload it, and fails when that is over the budget.
//   node scripts/size.mjs dist
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Wasm and JavaScript together, gzip. Code that a start has to fetch and compile; raise it only on purpose. */
const BUDGET = 120 * 1024;

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
  console.log(`${kind.padEnd(10)} ${String(raw).padStart(8)} bytes ${String(gzip).padStart(8)} gzip`);
}
const total = sizes.wasm.gzip + sizes.JavaScript.gzip;
console.log(`together   ${String(total).padStart(23)} gzip, budget ${BUDGET} (${((100 * total) / BUDGET).toFixed(1)} %)`);
if (total > BUDGET) {
  console.error(`error: ${total - BUDGET} bytes over the budget\n  fix: make the build smaller, or raise BUDGET in scripts/size.mjs and say why`);
  process.exitCode = 1;
}
