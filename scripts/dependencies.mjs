// What each crate costs in a WebAssembly file that has its names, as a Markdown table:
//   KEEP_NAMES=1 scripts/build.sh && node scripts/dependencies.mjs build/index_bg.wasm
// A function is counted for the crate that it is written in, that of its type or of its trait. One that is generic is compiled for
// whoever uses it: what `alloc` and `core` cost is mostly what we make of them.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const CUSTOM = 0;
const IMPORT = 2;
const CODE = 10;
const FUNCTION_NAMES = 1;
// What the toolchain adds: shims of exports, imports and closures.
const GLUE = "wasm-bindgen's glue";
const LEAST = 500;

const file = process.argv[2];
const bytes = readFileSync(file);
let at = 8;

// LEB128.
function number() {
  let result = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    result += (byte & 127) * 2 ** shift;
    if (byte < 128) return result;
  }
}

function text() {
  const length = number();
  at += length;
  return bytes.toString("utf8", at - length, at);
}

const functions = [];
const names = new Map();
let imported = 0;

function limits() {
  const flags = number();
  number();
  if (flags & 1) number();
}

// Functions are numbered from those that are imported on.
const KINDS = [
  () => (imported++, number()),
  () => (at++, limits()),
  limits,
  () => (at += 2),
  () => (at++, number()),
];

while (at < bytes.length) {
  const section = bytes[at++];
  const length = number();
  const end = at + length;
  if (section === IMPORT) {
    for (let left = number(); left > 0; left--) {
      text();
      text();
      KINDS[bytes[at++]]();
    }
  } else if (section === CODE) {
    for (let left = number(); left > 0; left--) {
      const size = number();
      functions.push(bytes.subarray(at, (at += size)));
    }
  } else if (section === CUSTOM && text() === "name") {
    while (at < end) {
      const kind = bytes[at++];
      const size = number();
      const after = at + size;
      if (kind === FUNCTION_NAMES) for (let left = number(); left > 0; left--) names.set(number(), text());
      at = after;
    }
  }
  at = end;
}
if (names.size === 0) throw new Error(`${file} has no names: build it with KEEP_NAMES=1`);

// The crates in a name: `crate::path`, and within `<Type as Trait>::method` those of both.
function crateOf(name) {
  const crates = [...name.replaceAll(/\[[0-9a-f]{16}\]/g, "").matchAll(/(?<![\w:])([a-z_][a-z_0-9]*)::/g)].map(([, crate]) => crate);
  const rank = (crate) => (["core", "alloc", "std"].includes(crate) ? 1 : 0);
  return crates.sort((one, other) => rank(one) - rank(other))[0] ?? GLUE;
}

const crates = Map.groupBy(functions.keys(), (index) => crateOf(names.get(imported + index) ?? ""));
const rows = [...crates].map(([crate, indexes]) => {
  const code = Buffer.concat(indexes.map((index) => functions[index]));
  return { crate, count: indexes.length, raw: code.length, gzip: gzipSync(code, { level: 9 }).length };
});
rows.sort((one, other) => other.gzip - one.gzip);
const sum = (list, field) => list.reduce((sum, row) => sum + row[field], 0);
const [shown, rest] = [rows.filter(({ gzip }) => gzip >= LEAST), rows.filter(({ gzip }) => gzip < LEAST)];
shown.push({ crate: `${rest.length} others`, count: sum(rest, "count"), raw: sum(rest, "raw"), gzip: sum(rest, "gzip") });
console.log("| crate | functions | bytes | gzip, each by itself |\n| --- | ---: | ---: | ---: |");
for (const { crate, count, raw, gzip } of shown) console.log(`| ${crate} | ${count} | ${raw} | ${gzip} |`);
console.log(`| all code | ${sum(rows, "count")} | ${sum(rows, "raw")} | ${sum(rows, "gzip")} |`);
