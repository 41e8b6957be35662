// Pure: no clock, no chance that is not given.

/** A small seeded generator (mulberry32): the same seed gives the same order of hosts and the same intervals. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled(items, chance) {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(chance() * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}

/** The value below which the share `q` lies, interpolated between neighbours. */
export function quantile(values, q) {
  if (values.length === 0) throw new Error("no values");
  const sorted = Float64Array.from(values).sort();
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

export const median = (values) => quantile(values, 0.5);

/** The 95 % interval of the median: percentiles of the medians of resampled values. */
export function bootstrap(values, chance, resamples = 4000) {
  const medians = new Float64Array(resamples);
  const sample = new Float64Array(values.length);
  for (let i = 0; i < resamples; i++) {
    for (let j = 0; j < sample.length; j++) sample[j] = values[Math.floor(chance() * values.length)];
    medians[i] = median(sample);
  }
  return { low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

/** Of the ratios of two series that were measured in the same rounds: round by round, so that what both saw cancels. */
export function ratio(series, reference, chance) {
  if (series.length !== reference.length) throw new Error("the series have different lengths");
  const ratios = Array.from(series, (value, round) => value / reference[round]);
  return {
    median: median(ratios),
    q1: quantile(ratios, 0.25),
    q3: quantile(ratios, 0.75),
    ...bootstrap(ratios, chance),
  };
}

/** How far from 1 the run puts two hosts that are the same: the farther end of the control's interval. */
export const spread = (control) => Math.max(Math.abs(control.low - 1), Math.abs(control.high - 1));

/** "more" or "less" than the reference; "tie" where the difference is within its own interval or the control's spread. */
export function verdict(result, controlSpread) {
  const resolved = result.low > 1 || result.high < 1;
  if (!resolved || Math.abs(result.median - 1) <= controlSpread) return "tie";
  return result.median > 1 ? "more" : "less";
}
