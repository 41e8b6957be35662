// The table of CAPACITY.md: node bench/capacity_table.mjs prints it, with --write puts it in its place there.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { month, nearest } from "./capacity.mjs";

export const DOCUMENT = join(import.meta.dirname, "CAPACITY.md");
const [BEGIN, END] = ["<!-- made by capacity_table.mjs -->", "<!-- end -->"];

const REQUESTS = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const TENANTS = [10, 100, 1e3, 1e4, 1e5, 1e6];

/** A number of three digits with its thousands: 12.3 k, 4.56 M. */
export function short(number) {
  if (number === 0) return "0";
  const [unit, size] = [["G", 1e9], ["M", 1e6], ["k", 1e3], ["", 1]].find(([, size]) => number >= size * 0.9995) ?? ["", 1];
  const value = number / size;
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)}${unit && ` ${unit}`}`;
}

const dollars = (usd) => (usd < 0.005 ? "0" : usd < 99.5 ? usd.toFixed(2) : Math.round(usd).toLocaleString("en-US"));
const power = (number) => `10^${Math.round(Math.log10(number))}`;

export function table() {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const head = ["requests/day", "tenants", "isolates", "requests of objects", "rows written", "R2 reads", "requests, CPU", "workers a day", "objects", "rows written", "R2", "**a month**", "nearest to its limit"];
  const rows = REQUESTS.flatMap((requestsADay) => TENANTS.map((tenants) => {
    const { used, usd, total, isolates } = month({ requestsADay, tenants });
    const [{ what, share }] = nearest({ requestsADay, tenants });
    return line([
      power(requestsADay), power(tenants), short(isolates),
      short(used.objectRequests), short(used.rowsWritten), short(used.r2Reads),
      dollars(usd.requests + usd.cpuMs), dollars(usd.workerDays), dollars(usd.objectRequests + usd.objectGbS + usd.rowsRead + usd.objectGb),
      dollars(usd.rowsWritten), dollars(usd.r2Writes + usd.r2Reads + usd.r2Gb), `**${dollars(total)}**`,
      `${what}: ${share > 1 ? `**${short(share)} times**` : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`}`,
    ]);
  }));
  return [line(head), line(["---:", "---:", ...head.slice(3).map(() => "---:"), "---"]), ...rows].join("\n");
}

/** The document with this in the place of its table. */
export function replaced(text, made) {
  const [before, rest] = text.split(BEGIN);
  const [, after] = rest.split(END);
  return `${before}${BEGIN}\n${made}\n${END}${after}`;
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes("--write")) writeFileSync(DOCUMENT, replaced(readFileSync(DOCUMENT, "utf8"), table()));
  else console.log(table());
}
