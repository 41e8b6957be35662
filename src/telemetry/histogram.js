// How long requests took, in classes: the tenth root of ten apart (Renard's R10), so that a quantile is off by a quarter at most.

const STEPS = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8];

/** The upper bound of each class, in milliseconds: from 1 ms to 80 s. What took longer is in one more class. */
export const BOUNDS = [1, 10, 100, 1000, 10_000].flatMap((power) => STEPS.map((step) => Math.round(step * power * 100) / 100));

/** The class of so many milliseconds. */
export function classOf(ms) {
	let [low, high] = [0, BOUNDS.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if (ms <= BOUNDS[middle]) high = middle;
		else low = middle + 1;
	}
	return low;
}

/** A quantile in milliseconds, by where in its class it would be; null where nothing was measured. `counts` are by class. */
export function quantile(counts, share) {
	const total = counts.reduce((sum, count) => sum + (count ?? 0), 0);
	if (total === 0) return null;
	const rank = share * total;
	let below = 0;
	for (let at = 0; at <= BOUNDS.length; at += 1) {
		const count = counts[at] ?? 0;
		if (count > 0 && below + count >= rank) {
			const from = at === 0 ? 0 : BOUNDS[at - 1];
			// Of the last class nothing is known but where it begins.
			const to = BOUNDS[at] ?? from;
			return Math.round((from + ((to - from) * Math.max(0, rank - below)) / count) * 100) / 100;
		}
		below += count;
	}
	return BOUNDS.at(-1);
}

/** How many took so many milliseconds at most, which is one of the bounds. */
export function upTo(counts, ms) {
	const last = BOUNDS.indexOf(ms);
	return counts.slice(0, last + 1).reduce((sum, count) => sum + (count ?? 0), 0);
}
