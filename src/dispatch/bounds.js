// The limits of a request that the runtime knows nothing of: how long it may take until its answer begins, how long that may
// then pause, and how long both bodies may be. Made by Rust where the script or the call has such limits, and nowhere else.

export class Bounds {
	// The first limit that was exceeded, by its name.
	exceeded = undefined;
	#until;

	// Of a note, whose `limits`, if it has any, are what registry/limits.rs calls those of requests; `called` are the call's, as JSON.
	constructor(request, { limits = {}, shortKey }, called) {
		this.limits = called === "" ? limits : lower(limits, JSON.parse(called));
		limits = this.limits;
		this.name = shortKey;
		if (limits.wall_ms !== undefined) this.#until = Date.now() + limits.wall_ms;
		const most = limits.request_bytes;
		const length = Number(request.headers.get("content-length"));
		if (most !== undefined && length > most) this.exceeded = "request_bytes";
		// A length that is told is held by the protocol.
		const uncounted = most !== undefined && request.body !== null && length === 0;
		this.request = uncounted ? new Request(request, { body: request.body.pipeThrough(this.#counting(most, "request_bytes")) }) : request;
	}

	// The answer, if it begins in time. Else the runtime ends the call with our request, unless that waits for more: a load,
	// which others wait for too.
	async answered(answer) {
		let response;
		try {
			response = await within(this.#until && Math.max(0, this.#until - Date.now()), answer, () => this.#over("wall_ms"));
		} catch (error) {
			answer.then(({ body }) => body?.cancel(error), nothing).catch(nothing);
			throw error;
		}
		// It may have gone by half a body.
		if (this.exceeded !== undefined) {
			const error = this.#over(this.exceeded);
			response.body?.cancel(error).catch(nothing);
			throw error;
		}
		return this.#bounded(response);
	}

	async #bounded(response) {
		const { body, headers } = response;
		const { idle_ms: idleMs, response_bytes: most } = this.limits;
		if (body === null || (idleMs === undefined && most === undefined)) return response;
		// What is encoded is read decoded, and is of another length.
		const told = headers.has("content-encoding") ? null : headers.get("content-length");
		const reader = body.getReader();
		let next = reader.read();
		next.catch(nothing);
		// What is there at once can be told from what is sent piece by piece, and can still be refused.
		const first = most === undefined ? undefined : await Promise.race([next.catch(nothing), soon()]);
		if (Number(told) > most || first?.value?.byteLength > most) {
			const error = this.#over("response_bytes");
			reader.cancel(error).catch(nothing);
			throw error;
		}
		let bytes = 0;
		const bounded = new ReadableStream({
			pull: async (controller) => {
				try {
					// Counted is only what the worker lets wait for, not what its reader does.
					const { done, value } = await within(idleMs, next ?? reader.read(), () => this.#over("idle_ms"));
					next = undefined;
					if (done) return controller.close();
					bytes += value.byteLength;
					if (bytes > most) throw this.#over("response_bytes");
					controller.enqueue(value);
				} catch (error) {
					if (this.exceeded !== undefined) console.error(`An answer of ${this.name} is cut off after ${bytes} bytes: ${error.message}`);
					reader.cancel(error).catch(nothing);
					throw error;
				}
			},
			cancel: (reason) => reader.cancel(reason),
		}, { highWaterMark: 0 });
		return new Response(told === null ? bounded : bounded.pipeThrough(new FixedLengthStream(Number(told))), response);
	}

	#counting(most, name) {
		let bytes = 0;
		return new TransformStream({
			transform: (chunk, controller) => {
				bytes += chunk.byteLength;
				if (bytes > most) throw this.#over(name);
				controller.enqueue(chunk);
			},
		});
	}

	#over(name) {
		this.exceeded ??= name;
		return new Error(`the limit ${name} of ${this.limits[name]} is exceeded`);
	}
}

function nothing() {}

const soon = () => new Promise((resolve) => setTimeout(resolve, 0));

// What is promised, if it comes within so many milliseconds, where that is a number.
async function within(ms, promise, late) {
	if (ms === undefined) return promise;
	let timer;
	try {
		return await Promise.race([promise, new Promise((_, reject) => (timer = setTimeout(() => reject(late()), ms)))]);
	} finally {
		clearTimeout(timer);
	}
}

function lower(one, other) {
	const limits = { ...one };
	for (const [name, value] of Object.entries(other)) limits[name] = Math.min(value, one[name] ?? value);
	return limits;
}

export const bounds = (request, note, called) => new Bounds(request, note, called);
