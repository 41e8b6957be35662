// What the host does with an R2 bucket of a script, which is a prefix of its own: an object that is asked to, and goes on until it is done.
import { DurableObject } from "cloudflare:workers";
import { isWithin } from "../../telemetry/since.js";
import { asked, lines, refused, told } from "../store.js";

const HOUR_MS = 3_600_000;
const LATER_MS = 30_000;
// So long it is known how much there is: each thousand files are a call of R2 to count, one every ten seconds at most.
const COUNTED_MS_A_KEY = 10;

export class BucketSweep extends DurableObject {
	#prefix = `${this.ctx.id.name}/`;
	#counted = { at: -Infinity, forMs: 0 };

	/** As of kv/store.js; `export` of a `key` is that file. */
	async fetch(request) {
		const { op, key } = await asked(request);
		if (op === "usage") return Response.json(await this.#usage());
		if (op === "export") return key === undefined ? lines(this.#all()) : this.#file(key);
		if (op !== "wipe" && op !== "empty") return new Response(null, { status: 404 });
		const now = Date.now();
		// A worker of a script that is gone may be at work yet: what it writes after the first round goes with the second one.
		await this.ctx.storage.put({ until: op === "wipe" ? null : now, last: op === "wipe" ? now + Number(this.env.R2_SWEEP_MS ?? HOUR_MS) : now });
		await this.ctx.storage.setAlarm(now);
		return Response.json(null);
	}

	// The runtime gives up after some failures, and this never would be done.
	async alarm() {
		try {
			await this.#sweep();
		} catch (error) {
			console.error(`Files of a bucket are deleted later: ${error.message}`);
			await this.ctx.storage.setAlarm(Date.now() + LATER_MS);
		}
	}

	async #sweep() {
		const { last, until } = Object.fromEntries(await this.ctx.storage.get(["last", "until"]));
		for await (const objects of this.#pages()) {
			const keys = objects.filter(({ uploaded }) => !until || uploaded <= until).map(({ key }) => key);
			if (keys.length > 0) await this.env.BUNDLES.delete(keys);
		}
		this.#counted.forMs = 0;
		if (Date.now() >= last) return this.ctx.storage.deleteAll();
		await this.ctx.storage.setAlarm(last);
	}

	async *#pages() {
		for (let page; page === undefined || page.truncated; ) {
			page = await this.env.BUNDLES.list({ prefix: this.#prefix, cursor: page?.cursor, include: ["httpMetadata", "customMetadata"] });
			yield page.objects;
		}
	}

	async *#all() {
		for await (const objects of this.#pages()) {
			for (const { key, size, etag, uploaded, httpMetadata, customMetadata } of objects) yield { key: key.slice(this.#prefix.length), size, etag, uploaded, httpMetadata, customMetadata };
		}
	}

	async #file(key) {
		const object = await this.env.BUNDLES.get(this.#prefix + key);
		if (object === null) return refused(`There is no file ${JSON.stringify(key)} in this bucket.`, 404, NO_SUCH_KEY);
		const headers = new Headers({ ...told(object.httpMetadata?.contentType ?? "application/octet-stream"), etag: object.httpEtag, "content-length": String(object.size) });
		return new Response(object.body, { headers });
	}

	async #usage() {
		if (!isWithin(Date.now() - this.#counted.at, this.#counted.forMs)) {
			let [keys, bytes] = [0, 0];
			for await (const objects of this.#pages()) {
				keys += objects.length;
				bytes += objects.reduce((sum, { size }) => sum + size, 0);
			}
			this.#counted = { keys, bytes, at: Date.now(), forMs: keys * COUNTED_MS_A_KEY };
		}
		const { keys, bytes } = this.#counted;
		return { keys, bytes };
	}
}

// As registry/problem.rs has it.
const NO_SUCH_KEY = 190_013;
