import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrap, median, quantile, random, ratio, shuffled, spread, verdict } from "./stats.mjs";

test("quantiles interpolate and do not change their input", () => {
  const values = [4, 1, 3, 2];
  assert.equal(median(values), 2.5);
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(quantile(values, 0), 1);
  assert.equal(quantile(values, 1), 4);
  assert.equal(quantile(values, 0.25), 1.75);
  assert.equal(quantile([7], 0.9), 7);
  assert.deepEqual(values, [4, 1, 3, 2]);
  assert.throws(() => median([]), /no values/);
  assert.equal(median([10, 9, 100]), 10, "numbers are not sorted as text");
});

test("the generator repeats itself by seed and fills the unit interval evenly", () => {
  const draw = (seed) => Array.from({ length: 5 }, random(seed));
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  const chance = random(1);
  const buckets = new Array(10).fill(0);
  for (let i = 0; i < 10_000; i++) buckets[Math.floor(chance() * 10)]++;
  for (const count of buckets) assert.ok(count > 850 && count < 1150, `${buckets}`);
});

test("a shuffle keeps every item and gives every order", () => {
  const chance = random(3);
  const orders = new Set();
  for (let i = 0; i < 300; i++) {
    const order = shuffled(["a", "b", "c"], chance);
    assert.deepEqual([...order].sort(), ["a", "b", "c"]);
    orders.add(order.join(""));
  }
  assert.equal(orders.size, 6);
});

test("the interval holds the median, narrows with more values and is a point where all are equal", () => {
  const chance = random(5);
  const noisy = (count) => Array.from({ length: count }, () => 1 + 0.1 * (chance() - 0.5));
  const few = bootstrap(noisy(9), chance);
  const many = bootstrap(noisy(200), chance);
  assert.ok(few.low < 1.03 && few.high > 0.97 && few.low < few.high);
  assert.ok(many.high - many.low < few.high - few.low);
  assert.deepEqual(bootstrap([2, 2, 2], chance), { low: 2, high: 2 });
});

test("about 95 of 100 intervals hold the true median", () => {
  const chance = random(11);
  let held = 0;
  for (let run = 0; run < 400; run++) {
    const { low, high } = bootstrap(Array.from({ length: 15 }, chance), chance, 400);
    if (low <= 0.5 && high >= 0.5) held++;
  }
  assert.ok(held > 0.9 * 400, `${held} of 400`);
});

test("a ratio is taken round by round, so a drift that both saw cancels", () => {
  const reference = [100, 50, 10, 80];
  const result = ratio(reference.map((value) => value * 0.8), reference, random(1));
  for (const value of Object.values(result)) assert.ok(Math.abs(value - 0.8) < 1e-12);
  assert.throws(() => ratio([1], [1, 2], random(1)), /different lengths/);
});

test("the verdict asks for more than noise and more than the control's spread", () => {
  assert.equal(spread({ low: 0.98, high: 1.01 }).toFixed(3), "0.020");
  assert.equal(spread({ low: 0.99, high: 1.03 }).toFixed(3), "0.030");
  assert.equal(verdict({ median: 0.95, low: 0.93, high: 0.97 }, 0.02), "less");
  assert.equal(verdict({ median: 1.05, low: 1.03, high: 1.07 }, 0.02), "more");
  assert.equal(verdict({ median: 0.99, low: 0.98, high: 0.995 }, 0.02), "tie", "within the control's spread");
  assert.equal(verdict({ median: 0.95, low: 0.89, high: 1.01 }, 0.02), "tie", "its own interval holds 1");
});
