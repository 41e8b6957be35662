// What a script's D1 database leads to, as kv/kv.js.
import { WorkerEntrypoint } from "cloudflare:workers";
import { storeOf } from "../store.js";

export class D1 extends WorkerEntrypoint {
	run(statements) {
		return storeOf(this, "DATABASES", "d1").run(statements);
	}
}
