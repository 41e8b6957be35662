// What a script's KV namespace leads to: a stub to this class, whose props say whose it is. A script can change neither, and
// whatever it calls here it calls for a store of its own.
import { WorkerEntrypoint } from "cloudflare:workers";
import { deniedTo, inWords } from "../allowance.js";
import { kvOf, sharedOf } from "../shared.js";
import { storeOf } from "../store.js";

export class Kv extends WorkerEntrypoint {
	async read(keys) {
		await this.#may("GET", keys.length ?? 1);
		return this.#store().read(keys);
	}
	async write(key, value, metadata, expires) {
		await this.#may("PUT", 1, true);
		return this.#store().write(key, value, metadata, expires);
	}
	async remove(key) {
		await this.#may("DELETE", 1);
		return this.#store().remove(key);
	}
	async list(prefix, limit, cursor) {
		await this.#may("GET", 1);
		return this.#store().list(prefix, limit, cursor);
	}
	#store() {
		const shared = sharedOf(this, "kv_namespace");
		return shared === undefined ? storeOf(this, "KVS", "kv") : kvOf(shared);
	}
	async #may(method, operations, grows = false) {
		const why = await deniedTo(this, operations, grows);
		if (why === undefined) return;
		throw new Error(`KV ${method} failed: ${why.rate === undefined ? 413 : "429 Too Many Requests"}: ${inWords(why)}.`);
	}
}
