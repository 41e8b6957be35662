// What an isolate tells objects now and then: gathered under an id, and told in one call a time, for which no request waits. A
// load goes on until it has arrived, and only then does the next: what is told is told in its order, and nothing of it is lost but
// with the isolate.

// A flight that has not moved for so long, beside its pause, was of a request that was cut off.
const LONGEST_MS = 10_000;
// After so long another request's context takes over: on Cloudflare one lives for 30 seconds after its answer.
const RELAY_MS = 15_000;

export class Flights {
	#all = new Map();
	#pauseMs;
	#most;
	#fresh;
	#tell;

	/**
	 * `fresh()` makes an empty load; `tell(env, id, load)` brings it, and may give the pause before the next in milliseconds. Of more ids
	 * than `most` the one that has waited longest is forgotten.
	 */
	constructor({ pauseMs, most, fresh, tell }) {
		this.#pauseMs = pauseMs;
		this.#most = most;
		this.#fresh = fresh;
		this.#tell = tell;
	}

	/** The load that goes next under this id, to be added to. Where nothing is under way, this request's context brings it. */
	load(env, ctx, id) {
		let one = this.#all.get(id);
		if (one === undefined) {
			if (this.#all.size >= this.#most) this.#all.delete(this.#all.keys().next().value);
			one = { load: undefined, late: undefined, since: -Infinity, began: Infinity, pauseMs: this.#pauseMs };
			this.#all.set(id, one);
		}
		one.load ??= this.#fresh();
		const now = Date.now();
		// After a clock that stepped back nobody knows since when.
		if (now < one.since || now - one.since >= LONGEST_MS + one.pauseMs || now - one.began >= RELAY_MS) ctx.waitUntil(this.#fly(env, id, one));
		return one.load;
	}

	/** What has been gathered under this id and may not have arrived, in its order. */
	waiting(id) {
		const one = this.#all.get(id);
		return [one?.late, one?.load].filter((load) => load !== undefined);
	}

	async #fly(env, id, one) {
		const flight = {};
		one.flight = flight;
		one.began = Date.now();
		while (one.flight === flight && (one.load ?? one.late) !== undefined) {
			one.since = Date.now();
			await scheduler.wait(one.pauseMs);
			// Another one has taken over.
			if (one.flight !== flight) return;
			if (one.late === undefined) {
				one.late = one.load;
				one.load = undefined;
			}
			const { late } = one;
			try {
				one.pauseMs = (await this.#tell(env, id, late)) ?? this.#pauseMs;
				if (one.late === late) one.late = undefined;
			} catch (error) {
				// It goes with the next request's.
				console.error(`What was counted of ${id} is not recorded yet: ${error.message}`);
				break;
			}
		}
		if (one.flight !== flight) return;
		one.since = -Infinity;
		one.began = Infinity;
		// One that was asked for a longer pause is to know that next time.
		if ((one.load ?? one.late) === undefined && one.pauseMs === this.#pauseMs && this.#all.get(id) === one) this.#all.delete(id);
	}
}
