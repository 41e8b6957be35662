// How each tunnel has been doing in this isolate over the last minute.
const MOST = 512;
const MOST_SAMPLES = 1000;
const WINDOW_MS = 60_000;
const meters = new Map();

// Has what is handed over, now or later, measured until its answer begins.
export function metered(handed, id) {
	if (handed instanceof Promise) return handed.then((handed) => metered(handed, id));
	if (handed instanceof Response) return handed;
	const meter = meterOf(id);
	const began = Date.now();
	meter.active += 1;
	handed.after = (answer) => {
		meter.active -= 1;
		const now = Date.now();
		meter.samples.push({ at: now, ms: now - began, failed: answer.status >= 500 });
		if (meter.samples.length > MOST_SAMPLES) meter.samples.shift();
		return answer;
	};
	return handed;
}

// What its metrics worker is told. A tunnel that has had no request is as one that nothing is wrong with.
export function numbersOf(id) {
	const { active, samples } = meters.get(id) ?? { active: 0, samples: [] };
	const last = samples.filter(({ at }) => Date.now() - at < WINDOW_MS);
	const sorted = last.map(({ ms }) => ms).sort((a, b) => a - b);
	return {
		tunnel: id,
		activeConnections: active,
		requests: last.length,
		failures: last.filter(({ failed }) => failed).length,
		medianMs: sorted[sorted.length >> 1] ?? 0,
	};
}

function meterOf(id) {
	const meter = meters.get(id) ?? { active: 0, samples: [] };
	meters.delete(id);
	meters.set(id, meter);
	if (meters.size > MOST) meters.delete(meters.keys().next().value);
	return meter;
}
