// SECURITY.md names for each rule the file that does it and the test that shows it.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const text = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
const [, ours] = text.split(/^## What we do$/m);
const files = (cell) => [...cell.matchAll(/`((?:src|tests|worker-loader)\/[^`]+)`/g)].map(([, path]) => path);

test("each rule has a file that does it and a test that shows it, and both are there", () => {
  const rules = ours.split("\n").filter((line) => /^\| (?!rule |---)/.test(line)).map((line) => line.split("|").slice(1, -1));
  assert.ok(rules.length > 25, `${rules.length}`);
  for (const [rule, by, shown] of rules) {
    const tests = files(shown);
    assert.ok(files(by).length > 0 && tests.length > 0, rule);
    assert.ok(tests.every((path) => /^tests\/.*\.test\.mjs$/.test(path)), rule);
    for (const path of [...files(by), ...tests]) assert.ok(existsSync(join(ROOT, path)), `${path} of the rule "${rule.trim()}" is not there`);
  }
});

test("what hostile tenants try is all in it", () => {
  const hostile = readdirSync(join(ROOT, "tests/worker")).filter((name) => /^hostile_.*\.test\.mjs$/.test(name));
  assert.ok(hostile.length >= 5);
  for (const name of hostile) assert.ok(ours.includes(`tests/worker/${name}`), name);
});
