// What a script's D1 database leads to, as kv/kv.js.
import { WorkerEntrypoint } from "cloudflare:workers";
import { deniedTo, inWords } from "../allowance.js";
import { databaseOf, sharedOf } from "../shared.js";
import { storeOf } from "../store.js";

// What makes it no larger, as far as that is seen at its first word.
const READS = /^\s*(?:SELECT|DELETE|DROP|PRAGMA|EXPLAIN|VALUES)\b/i;

export class D1 extends WorkerEntrypoint {
	async run(statements) {
		const grows = Array.isArray(statements) && statements.some((one) => !READS.test(one?.sql));
		const why = await deniedTo(this, statements?.length ?? 1, grows);
		if (why !== undefined) return { error: why.full === "bytes" ? `Exceeded maximum DB size: ${inWords(why)}.` : `Too many requests: ${inWords(why)}.` };
		const store = this.#store();
		let told = await store.run(statements, grows);
		// A statement may do more than its first word says: SELECT 1; INSERT …, or a trigger of what is deleted.
		if (told.grew) {
			const full = await deniedTo(this, 0, true);
			if (full !== undefined) return { error: `Exceeded maximum DB size: ${inWords(full)}.` };
			told = await store.run(statements, true);
		}
		const rows = told.results?.reduce((sum, { meta }) => sum + meta.rows_read + meta.rows_written, 0) ?? 0;
		// They are counted when they are known: the next call is refused.
		if (rows > 0) this.ctx.waitUntil(deniedTo(this, rows, false));
		return told;
	}

	#store() {
		const shared = sharedOf(this, "d1");
		return shared === undefined ? storeOf(this, "DATABASES", "d1") : databaseOf(shared);
	}
}
