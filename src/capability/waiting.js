// How many requests of a script wait for an answer in this isolate. One that asks for itself would for ever ask on.

export const MOST = 500;
// One whose script was cut off never tells that it is over.
const LONGEST_MS = 60_000;

const scripts = new Map();

// A request of a script begins to wait: gives what ends it, or nothing where so many wait already.
export function begin(script, now = Date.now()) {
	const mine = scripts.get(script) ?? new Set();
	// In the order in which they began.
	for (const one of mine) {
		if (now - one.since < LONGEST_MS) break;
		mine.delete(one);
	}
	if (mine.size >= MOST) return undefined;
	const one = { since: now };
	scripts.set(script, mine.add(one));
	return () => {
		if (mine.delete(one) && mine.size === 0) scripts.delete(script);
	};
}
