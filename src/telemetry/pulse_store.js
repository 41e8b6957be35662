// The object that hears of all isolates how they are doing: src/telemetry/pulse.js.

import { DurableObject } from "cloudflare:workers";
import { add } from "./counts.js";
import { numbers } from "./pulse.js";
import { pauseOf } from "./telemetry.js";

// What is told is of the last minute.
const SECONDS = 60;
// An isolate that says nothing any more has ended; one with requests in flight may have nothing to say for a while.
const SILENT_MS = 60_000;
const SILENT_ACTIVE_MS = 600_000;

// Of what is left of the last minute nothing has to outlive the object, which stays for longer than that after it was asked.
export class Pulse extends DurableObject {
	#isolates = new Map();
	#seconds = [];

	async fetch(request) {
		const { isolate, active, loaded, loads, reads } = await request.json();
		const now = Date.now();
		const known = this.#isolates.get(isolate)?.sequence ?? 0;
		const unknown = loads.filter(({ sequence }) => sequence > known);
		// Who only asks tells later what it has counted.
		const sequence = reads ? known : Math.max(known, ...loads.map((load) => load.sequence));
		this.#isolates.set(isolate, { sequence, active, loaded, at: now });
		this.#forget(now);
		if (!reads) {
			for (const { counts } of unknown) this.#count(now, counts);
			return Response.json({ pause_ms: pauseOf(this.#isolates.size) });
		}
		const counted = [...this.#seconds, ...unknown].map(({ counts }) => counts);
		return Response.json({ numbers: numbers([...this.#isolates.values()], counted) });
	}

	#count(now, counts) {
		const second = Math.floor(now / 1000);
		if (this.#seconds.at(-1)?.second !== second) this.#seconds.push({ second, counts: {} });
		add(this.#seconds.at(-1).counts, counts);
	}

	#forget(now) {
		const second = Math.floor(now / 1000);
		// Of the future is what was counted before a clock stepped back.
		this.#seconds = this.#seconds.filter((one) => one.second > second - SECONDS && one.second <= second);
		for (const [id, { active, at }] of this.#isolates) {
			const mostMs = active > 0 ? SILENT_ACTIVE_MS : SILENT_MS;
			if (now - at > mostMs || at - now > mostMs) this.#isolates.delete(id);
		}
	}
}
