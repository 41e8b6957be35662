// How many requests of a script wait for an answer in this isolate. One that asks for itself would for ever ask on.

export const MOST = 500;
// One whose script was cut off never tells that it is over.
const LONGEST_MS = 60_000;

// What counts them, so many of a script at most.
export function waiting(most) {
	const scripts = new Map();
	return (script, now = Date.now()) => begin(scripts, most, script, now);
}

// A request of a script begins to wait: gives what ends it, or nothing where so many wait already.
function begin(scripts, most, script, now) {
	const mine = scripts.get(script) ?? new Set();
	// In the order in which they began.
	for (const one of mine) {
		if (now - one.since < LONGEST_MS) break;
		mine.delete(one);
	}
	if (mine.size >= most) return undefined;
	const one = { since: now };
	scripts.set(script, mine.add(one));
	return () => {
		if (mine.delete(one) && mine.size === 0) scripts.delete(script);
	};
}
