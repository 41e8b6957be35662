// What a script's KV namespace leads to: a stub to this class, whose props say whose it is. A script can change neither, and
// whatever it calls here it calls for a store of its own.
import { WorkerEntrypoint } from "cloudflare:workers";
import { storeOf } from "../store.js";

export class Kv extends WorkerEntrypoint {
	read(keys) {
		return storeOf(this, "KVS", "kv").read(keys);
	}
	write(key, value, metadata, expires) {
		return storeOf(this, "KVS", "kv").write(key, value, metadata, expires);
	}
	remove(key) {
		return storeOf(this, "KVS", "kv").remove(key);
	}
	list(prefix, limit, cursor) {
		return storeOf(this, "KVS", "kv").list(prefix, limit, cursor);
	}
}
