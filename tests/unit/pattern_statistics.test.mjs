// The statistics of A/B tests against the values of Newcombe's papers (Statistics in Medicine 17, 1998: 857-872 and 873-890).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { difference, result, wilson } from "../../src/pattern/statistics.js";

const round = (number) => Math.round(number * 10_000) / 10_000;

describe("statistics", () => {
  test("Wilson's interval of one proportion", () => {
    for (const [hits, of, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
      [20, 20, 0.8389, 1],
    ]) {
      const told = wilson(hits, of);
      assert.deepEqual([round(told.low), round(told.high)], [low, high], `${hits}/${of}`);
    }
    assert.deepEqual(wilson(0, 0), { rate: null, low: 0, high: 1 });
  });

  test("Newcombe's interval of a difference, his method 10", () => {
    for (const [a, m, b, n, low, high] of [
      [56, 70, 48, 80, 0.0524, 0.3339],
      [9, 10, 3, 10, 0.1705, 0.809],
      [6, 7, 2, 7, 0.0582, 0.8062],
      [5, 56, 0, 29, -0.0381, 0.1926],
      [0, 10, 0, 20, -0.1611, 0.2775],
      [10, 10, 0, 20, 0.6791, 1],
      [10, 10, 0, 10, 0.6075, 1],
    ]) {
      const told = difference({ hits: a, of: m }, { hits: b, of: n });
      assert.deepEqual([round(told.low), round(told.high)], [low, high], `${a}/${m} - ${b}/${n}`);
      const turned = difference({ hits: b, of: n }, { hits: a, of: m });
      assert.deepEqual([round(turned.low), round(turned.high)], [-high, -low], "and turned round");
    }
  });

  test("a result says who leads, and whether that is more than chance", () => {
    const variants = (...counts) => counts.map(([conversions, exposures], at) => ({ name: "abc"[at], exposures, conversions }));
    const told = result(variants([48, 80], [56, 70]));
    assert.deepEqual([told.leader, told.significant, told.confidence], ["b", true, 0.95]);
    const { difference: compared, interval, ...rest } = told.variants[1];
    assert.deepEqual(rest, { name: "b", exposures: 70, conversions: 56, rate: 0.8 });
    assert.deepEqual([compared.to, round(compared.estimate), ...compared.interval.map(round)], ["a", 0.2, 0.0524, 0.3339]);
    assert.ok(interval[0] < 0.8 && interval[1] > 0.8);
    assert.equal("difference" in told.variants[0], false);

    const lead = (...counts) => { const { leader, significant } = result(variants(...counts)); return [leader, significant]; };
    assert.deepEqual(lead([5, 56], [0, 29]), ["a", false]);
    assert.deepEqual(lead([0, 0], [0, 0]), [null, false]);
    assert.deepEqual(lead([1, 10], [2, 20]), [null, false], "a tie");
    assert.deepEqual(lead([1, 2], [0, 0]), ["a", false], "nothing is known of the other");
    assert.deepEqual(lead([100, 1000], [200, 1000], [195, 1000]), ["b", false], "above one, and not above the other");
    assert.doesNotThrow(() => JSON.stringify(result(variants([0, 0], [1, 1]))));
  });
});
