// The language of feature flags: each operator, what is missing, shares, reasons, and that a check tells all.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bucket, evaluate, problems } from "../../src/pattern/rules.js";

const flag = (rules, more = {}) => {
  const made = { default: "off", rules, ...more };
  assert.deepEqual(problems(made), []);
  return made;
};
const is = (condition, attributes) => evaluate(flag([{ when: condition, serve: "on" }]), "f", attributes).value;

describe("rules", () => {
  test("operators", () => {
    const table = [
      ["eq", "pro", ["pro", ["free", "pro"]], ["Pro", "", ["free"], 1, {}]],
      ["eq", 5, [5, "5", "5.0", " 5"], ["6", "", "five", true, null]],
      ["eq", true, [true, "true"], [false, "false", "1", 1]],
      ["ne", "pro", ["free", 1, ["free"]], ["pro", ["free", "pro"], undefined, null]],
      ["in", ["de", "at", 5], ["de", "5", 5, ["fr", "at"]], ["fr", "", ["fr"]]],
      ["not_in", ["de", "at"], ["fr", ["fr"]], ["de", ["fr", "at"], undefined]],
      ["contains", "b", ["abc", ["x", "b"]], ["ac", 5, ""]],
      ["starts_with", "a", ["abc"], ["bc", 5]],
      ["ends_with", "@example.com", ["a@example.com"], ["a@example.com.evil", "@example.org"]],
      ["gt", 5, [6, "5.1"], [5, "5", "six", true]],
      ["gte", 5, [5, "5"], [4.9]],
      ["lt", 5, ["-1", 4], [5, "", " "]],
      ["lte", 5, [5], [5.1]],
      ["gt", "2026-01-01", ["2026-01-02"], ["2025-12-31", 5]],
      ["semver_gt", "1.2.3", ["1.2.4", "v2.0.0", "1.10.0"], ["1.2.3", "1.2.3-rc.1", "1.2", "x", 2]],
      ["semver_lt", "1.0.0", ["1.0.0-alpha", "0.9.9"], ["1.0.0", "1.0.1"]],
      ["semver_eq", "1.0.0", ["1.0.0+build.5", "v1.0.0"], ["1.0.0-0"]],
      ["semver_gte", "1.0.0-beta.2", ["1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"], ["1.0.0-beta", "1.0.0-alpha.9", "1.0.0-beta.1"]],
      ["semver_lte", "1.0.0-beta", ["1.0.0-alpha.beta", "1.0.0-alpha.1", "1.0.0-1"], ["1.0.0-beta.2"]],
      ["exists", true, ["", 0, false, []], [undefined, null]],
      ["exists", false, [undefined, null], ["", 0]],
    ];
    for (const [op, value, fulfil, fail] of table) {
      const condition = { attribute: "a", op, value };
      for (const a of fulfil) assert.equal(is(condition, { a }), true, `${JSON.stringify(a)} ${op} ${value}`);
      for (const a of fail) assert.equal(is(condition, { a }), false, `${JSON.stringify(a)} ${op} ${value}`);
    }
  });

  test("all, any and not; what everybody's prototype has is nobody's attribute", () => {
    const [a, b] = ["a", "b"].map((attribute) => ({ attribute, op: "eq", value: 1 }));
    assert.equal(is({ all: [a, { any: [b, { not: a }] }] }, { a: 1, b: 1 }), true);
    assert.equal(is({ all: [a, { any: [b, { not: a }] }] }, { a: 1, b: 2 }), false);
    assert.equal(is({ not: a }, {}), true);
    for (const attribute of ["constructor", "__proto__", "toString"]) assert.equal(is({ attribute, op: "exists", value: true }, {}), false, attribute);
  });

  test("the first rule that holds decides, and says so", () => {
    const two = flag([
      { name: "staff", when: { attribute: "staff", op: "eq", value: true }, serve: "b" },
      { when: { attribute: "plan", op: "eq", value: "pro" }, serve: "a" },
    ], { variants: { a: { color: "red" }, b: "B", off: null } });
    assert.deepEqual(evaluate(two, "f", { staff: true, plan: "pro" }), { flag: "f", variant: "b", value: "B", reason: "rule", rule: "staff" });
    assert.deepEqual(evaluate(two, "f", { plan: "pro" }), { flag: "f", variant: "a", value: { color: "red" }, reason: "rule", rule: 2 });
    assert.deepEqual(evaluate(two, "f", {}), { flag: "f", variant: "off", value: null, reason: "default" });
    assert.equal(evaluate({ ...two, enabled: false }, "f", { staff: true }).reason, "disabled");
  });

  test("a share is of the hash of an attribute: stable, of its size, growing without moving anybody back", () => {
    // Never to change: they decide who sees what.
    assert.deepEqual(["", "f/1", "f/ä", "new-checkout/42"].map(bucket), [98923, 22378, 70703, 66146]);
    const at = (percentage, name = "f") => flag([{ serve: { by: "user", split: { on: percentage } } }]) && Array.from({ length: 20_000 }, (_, user) =>
      evaluate({ default: "off", rules: [{ serve: { by: "user", split: { on: percentage } } }] }, name, { user }).value);
    const count = (list) => list.filter(Boolean).length;
    const [ten, half] = [at(10), at(50)];
    assert.ok(Math.abs(count(ten) - 2000) < 4 * Math.sqrt(20_000 * 0.1 * 0.9), `${count(ten)}`);
    assert.ok(Math.abs(count(half) - 10_000) < 4 * Math.sqrt(20_000 * 0.25), `${count(half)}`);
    assert.ok(ten.every((on, user) => !on || half[user]), "who was in stays in");
    const both = at(50, "g").filter((on, user) => on && half[user]).length;
    assert.ok(Math.abs(both - 5000) < 4 * Math.sqrt(20_000 * 0.25 * 0.75), `two flags do not split alike: ${both}`);
    assert.deepEqual([count(at(0)), count(at(100))], [0, 20_000]);
  });

  test("several shares; who is in none goes on to the next rule; who has not the attribute, too", () => {
    const split = flag([{ serve: { by: "user", split: { a: 33.333, b: 33.333 } } }, { serve: "c" }], { variants: { a: 1, b: 2, c: 3, off: 0 } });
    const counts = {};
    for (let user = 0; user < 9000; user++) {
      const { variant, reason } = evaluate(split, "f", { user: `${user}` });
      counts[variant] = (counts[variant] ?? 0) + 1;
      assert.equal(reason, variant === "c" ? "rule" : "split");
    }
    for (const name of ["a", "b", "c"]) assert.ok(Math.abs(counts[name] - 3000) < 180, JSON.stringify(counts));
    for (const user of [undefined, null, "", [], {}]) assert.equal(evaluate(split, "f", { user }).variant, "c");
    assert.equal(evaluate(split, "f", { user: 7 }).variant, evaluate(split, "f", { user: "7" }).variant, "by query and by JSON alike");
    const salted = flag([{ serve: { by: "user", salt: "s", split: { on: 50 } } }]);
    for (let user = 0; user < 50; user++) assert.equal(evaluate(salted, "f", { user }).value, evaluate(salted, "g", { user }).value, "one salt, one split");
  });

  test("a check tells all that is wrong", () => {
    const told = problems({
      description: 5, enabled: "yes", variants: { a: 1 }, default: "off", owner: "me",
      rules: [
        5,
        { name: "", when: {}, serve: "b" },
        { when: { attribute: "x", op: "like", value: 1 }, serve: "a" },
        { when: { all: [] }, serve: "a", then: 1 },
        { when: { any: [{ attribute: "", op: "gt", value: true }, { not: { attribute: "v", op: "semver_gt", value: "1" } }] }, serve: { by: 5, split: { a: 60, b: 50 }, salt: "" } },
        { when: { attribute: "a", op: "in", value: [] , x: 1 }, serve: { by: "u", split: {} } },
        { when: { attribute: "a", op: "toString", value: 1, }, serve: { by: "u", split: { a: -1 } } },
      ],
    });
    for (const part of [
      "description has to be", "enabled has to be", 'the flag has no field "owner"', "default has to be the name of a variant: a", "rules[0] has to be an object",
      "rules[1].name", "rules[1].when has to have one of", "rules[1].serve has to be the name", "rules[2].when.op has to be one of eq, ne", "rules[3].when.all has to be a list",
      'rules[3] has no field "then"', "rules[4].when.any[0].attribute", "rules[4].when.any[0].value has to be a number or a text", "rules[4].when.any[1].not.value has to be a version",
      "rules[4].serve.by", "rules[4].serve.salt", 'rules[4].serve.split: "b"', "rules[4].serve.split adds up to more than 100: 110", "rules[5].when.value has to be a list",
      'rules[5].when has no field "x"', "rules[5].serve.split has to be", "rules[6].when.op", "rules[6].serve.split.a",
    ]) assert.ok(told.some((problem) => problem.startsWith(part)), `${part} in\n${told.join("\n")}`);
    assert.equal(told.length, 23, told.join("\n"));
    for (const no of [null, [], "x", 5]) assert.equal(problems(no).length, 1);
    assert.match(problems({}).join(), /default/);
  });

  test("a check holds what nobody could read", () => {
    let deep = { attribute: "a", op: "eq", value: 1 };
    for (let i = 0; i < 10_000; i++) deep = { not: deep };
    assert.match(problems({ default: "off", rules: [{ when: deep, serve: "on" }] }).join(), /at most 8 deep/);
    const many = { any: Array.from({ length: 600 }, () => ({ attribute: "a", op: "eq", value: 1 })) };
    assert.match(problems({ default: "off", rules: [{ when: many, serve: "on" }] }).join(), /500 conditions/);
    assert.match(problems({ default: "off", rules: Array(101).fill({ serve: "on" }) }).join(), /at most 100/);
  });
});
