// Pure: whether something grows over time.

// Student's t for 95 % on both sides, by degrees of freedom.
const T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042];

/** The line through points `[x, y]` by least squares: its slope, with the 95 % interval of that. */
export function fit(points) {
  if (points.length < 3) throw new Error("a line with an interval takes three points");
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const spread = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  const slope = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / spread;
  const left = points.reduce((sum, [at, value]) => sum + (value - y - slope * (at - x)) ** 2, 0);
  const freedom = points.length - 2;
  const half = (T[freedom - 1] ?? 1.96) * Math.sqrt(left / freedom / spread);
  return { slope, low: slope - half, high: slope + half };
}

/** The least value of each stretch of so much of x, at its middle: of memory that is collected now and then, what stays. */
export function floors(points, length) {
  const stretches = new Map();
  for (const [x, y] of points) {
    const stretch = Math.floor(x / length);
    stretches.set(stretch, Math.min(stretches.get(stretch) ?? Infinity, y));
  }
  return [...stretches].map(([stretch, least]) => [(stretch + 0.5) * length, least]);
}

/** "grows", "shrinks", or "flat" where the interval has 0 in it. */
export const verdict = ({ low, high }) => (low > 0 ? "grows" : high < 0 ? "shrinks" : "flat");
