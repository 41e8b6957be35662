// Calls whose events somebody in this isolate waits for. What is waited for is where every copy of this file finds it: the entry
// has one, and what Rust calls another.

const STEP_MS = 5;
const MOST = 1000;
const waiting = (globalThis[Symbol.for("dynamic-loader.arrivals")] ??= new Map());

// Who calls a service says whichever id it likes: of another script no event is taken for it.
const keyOf = (id, version = "") => `${id} ${version}`;

/** It will be asked for the event of this request to this version, which may arrive before that. */
export function expect(id, version) {
	// Of those that nobody asked for after all.
	if (waiting.size >= MOST) waiting.delete(waiting.keys().next().value);
	waiting.set(keyOf(id, version), undefined);
}

/**
 * Does what brings about the event of the request with this id to this version: `{ value, event }`. The event may be late, `ms` after that
 * was done: then it is undefined.
 */
export async function arrival(id, version, ms, work = () => undefined) {
	const key = keyOf(id, version);
	if (!waiting.has(key)) expect(id, version);
	try {
		const value = await work();
		const end = Date.now() + ms;
		// With timers of this request's own: it cannot wait for a promise of another's.
		while (waiting.get(key) === undefined && Date.now() < end) await scheduler.wait(STEP_MS);
		return { value, event: waiting.get(key) };
	} finally {
		waiting.delete(key);
	}
}

/** An event arrived. */
export function arrived(event) {
	const key = keyOf(event.requestId, event.scriptVersion.id);
	if (waiting.has(key)) waiting.set(key, event);
}
