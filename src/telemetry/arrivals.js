// Calls whose events somebody in this isolate waits for. What is waited for is where every copy of this file finds it: the entry
// has one, and what Rust calls another.

const STEP_MS = 5;
const MOST = 1000;
const waiting = (globalThis[Symbol.for("dynamic-loader.arrivals")] ??= new Map());

/** It will be asked for the event of this request, which may arrive before that. */
export function expect(id) {
	// Of those that nobody asked for after all.
	if (waiting.size >= MOST) waiting.delete(waiting.keys().next().value);
	waiting.set(id, undefined);
}

/** Does what brings about the event of the request with this id: `{ value, event }`. The event may be late, `ms` after that was done: then it is undefined. */
export async function arrival(id, ms, work = () => undefined) {
	if (!waiting.has(id)) expect(id);
	try {
		const value = await work();
		const end = Date.now() + ms;
		// With timers of this request's own: it cannot wait for a promise of another's.
		while (waiting.get(id) === undefined && Date.now() < end) await scheduler.wait(STEP_MS);
		return { value, event: waiting.get(id) };
	} finally {
		waiting.delete(id);
	}
}

/** An event arrived. */
export function arrived(event) {
	if (waiting.has(event.requestId)) waiting.set(event.requestId, event);
}
