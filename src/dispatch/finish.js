// Both ends of a request, in JavaScript so that nothing in Rust waits for the answer of a dynamic worker: a panic of
// another request cannot take it down.

// The host's default export. The four functions are exports of entry.rs.
export function host(generated, entry, { handle, failed, loaded, record } = generated.prototype) {
	let active = 0;

	// The second half of a dispatch: the answer, on its way to the client.
	async function finish(handed, request, env, ctx, { began, guarded }) {
		const { note } = handed;
		const called = Date.now();
		let response;
		try {
			response = await handed.answer;
		} catch (error) {
			// If it loads after all, that is news again.
			note.loaded = false;
			// Either the Response that tells the error, or the request handed to another version.
			const next = await guarded(failed(request, env, active, handed, error));
			return next instanceof Response ? next : finish(next, request, env, ctx, { began, guarded });
		}
		const cold = note.once || handed.factoryMs !== undefined;
		// Once for each version: that it loaded is news to this isolate even where another one had it loaded.
		if (!note.once && !note.loaded) {
			note.loaded = true;
			loaded(note);
		}
		// A WebSocket is passed on as it is: a copy of the response would not carry it.
		return response.status === 101 ? response : stamped(response, handed, cold, called, began);
	}

	const worker = entry(generated, { fetch: (request, env) => handle(request, env, active), finish });

	return {
		...worker,
		async fetch(request, env, ctx) {
			active += 1;
			const began = performance.now();
			let status = 500;
			try {
				const response = await worker.fetch(request, env, ctx);
				({ status } = response);
				return response;
			} finally {
				active -= 1;
				record(performance.now() - began, status);
			}
		},
	};
}

function stamped(response, { note, factoryMs }, cold, called, began) {
	const answer = new Response(response.body, response);
	const { headers } = answer;
	headers.set("x-worker-key", note.shortKey);
	headers.set("x-worker-cache", cold ? "cold" : "warm");
	if (note.inPlaceOf) headers.set("x-worker-fallback", note.inPlaceOf);
	else headers.delete("x-worker-fallback");

	const timing = [["total", performance.now() - began]];
	if (factoryMs !== undefined) timing.push(["factory", factoryMs]);
	// Our own workers tell when their handler was entered, so that loading and running can be told apart.
	const entered = note.own ? Number(headers.get("x-worker-entered")) : 0;
	if (entered) timing.push(["load", entered - called], ["run", Date.now() - entered]);
	headers.delete("x-worker-entered");
	const spans = timing.map(([name, ms]) => `${name};dur=${Math.max(0, Math.round(ms * 1000) / 1000)}`);
	headers.append("server-timing", spans.join(", "));
	return answer;
}
