// How many requests of a script wait at once: src/capability/waiting.js.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST, waiting } from "../../src/capability/waiting.js";

const begin = waiting(MOST);

const some = (script, count, now) => Array.from({ length: count }, () => begin(script, now));

test("so many of each script, and another when one is over", () => {
  const ends = some("a", MOST, 0);
  assert.ok(ends.every((end) => end !== undefined));
  assert.equal(begin("a", 1), undefined);
  assert.ok(begin("b", 1));
  ends[7]();
  ends[7]();
  assert.ok(begin("a", 2));
  assert.equal(begin("a", 2), undefined);
});

test("one that never says that it is over is forgotten", () => {
  some("c", MOST - 1, 0);
  const last = begin("c", 30_000);
  assert.equal(begin("c", 59_999), undefined);
  assert.ok(some("c", MOST - 1, 60_000).every((end) => end !== undefined));
  assert.equal(begin("c", 60_000), undefined, "the last one waits still");
  last();
  assert.ok(begin("c", 60_000));
});

test("a script of which nothing waits takes no place, and what ends late ends nothing of the next", () => {
  const end = begin("d", 0);
  end();
  some("d", MOST, 1);
  end();
  assert.equal(begin("d", 2), undefined);
});
