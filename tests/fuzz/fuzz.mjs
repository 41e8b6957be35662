// What the fuzz tests share. `make test` runs each a fixed number of times from a fixed seed; `make fuzz` as often and from whatever
// seed it is told. FUZZ_TIMES and FUZZ_SEED say so to these files, and to tests/fuzz/main.rs.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";

export { fc };

const SEED = Number(process.env.FUZZ_SEED ?? 1);
const TIMES = Number(process.env.FUZZ_TIMES ?? 1);

/** A test of a property of what these arbitraries give: so many inputs, or so many times that where `make fuzz` asks for more. */
export function holds(what, runs, arbitraries, property) {
  test(what, () => fc.assert(fc.asyncProperty(...arbitraries, async (...given) => property(...given)), { seed: SEED, numRuns: runs * TIMES }));
}

/** The files of a corpus, as bytes: what is worth changing, and each input that something was found with. */
export function corpus(target) {
  const folder = join(import.meta.dirname, "corpus", target);
  return readdirSync(folder).sort().map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }));
}

export const encoder = new TextEncoder();
export const decoder = new TextDecoder();

/** Bytes, one after the other. */
export function joined(...pieces) {
  const all = pieces.map((piece) => (typeof piece === "string" ? encoder.encode(piece) : piece));
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  all.reduce((at, piece) => (bytes.set(piece, at), at + piece.length), 0);
  return bytes;
}

/** What `given` gives, changed in some places: bits flipped, pieces cut out, doubled, moved, and `words` put in. */
export function mutated(given, words) {
  const at = fc.double({ min: 0, max: 1, noNaN: true });
  const change = fc.oneof(
    fc.record({ how: fc.constant("flip"), at, bit: fc.nat(7) }),
    fc.record({ how: fc.constantFrom("cut", "double", "move", "end"), at, to: at }),
    fc.record({ how: fc.constant("insert"), at, word: fc.constantFrom(...words) }),
    fc.record({ how: fc.constant("replace"), at, to: at, word: fc.constantFrom(...words) }),
  );
  return fc.tuple(given, fc.array(change, { minLength: 1, maxLength: 6 })).map(([bytes, changes]) => changes.reduce(changed, bytes));
}

function changed(bytes, { how, at, to = at, bit, word }) {
  const [from, until] = [at, to].map((share) => Math.floor(share * bytes.length)).sort((one, other) => one - other);
  const [head, piece, rest] = [bytes.subarray(0, from), bytes.subarray(from, until), bytes.subarray(until)];
  switch (how) {
    case "flip": {
      const flipped = bytes.slice();
      if (flipped.length > 0) flipped[Math.min(from, flipped.length - 1)] ^= 1 << bit;
      return flipped;
    }
    case "cut": return joined(head, rest);
    case "end": return head;
    case "double": return joined(head, piece, piece, rest);
    case "move": return joined(piece, head, rest);
    case "insert": return joined(head, word, bytes.subarray(from));
    case "replace": return joined(head, word, rest);
  }
  throw new Error(`there is no change ${how}`);
}
