// A D1 database of a script: the SQLite database of an object, to which nobody else speaks. What it may not do the runtime
// forbids it: transactions across calls, other files, the runtime's own tables.
import { DurableObject } from "cloudflare:workers";
import { dropAll, dump, statements } from "../object/tables.js";
import { asked, lines, refused } from "../store.js";

const MOST_STATEMENTS = 1000;
const MOST_SQL = 100_000;
// A call gives no more, and until it does they are in memory, which others have theirs in, too.
const MOST_RESULTS = 32 * 1024 * 1024;
const GREW = new Error("It would be larger.");
// It is in memory, twice.
const MOST_FILE = 32 * 1024 * 1024;
// As registry/problem.rs has it.
const TOO_LARGE = 10_027;
const SERVED_BY = "dynamic-loader";
// An indented line of comments alone is passed over, as D1 does.
const isStatement = ({ sql }) => sql.split("\n").some((line) => line.trim() !== "" && !/^\s+--/.test(line));

export class Database extends DurableObject {
	#sql = this.ctx.storage.sql;
	#gone = false;

	constructor(ctx, env) {
		super(ctx, env);
		// Not in a table: those are the script's.
		ctx.blockConcurrencyWhile(async () => (this.#gone = (await ctx.storage.get("gone")) === true));
	}

	/**
	 * Statements `{ sql, params }`, all or none of them: `{ results: [{ columns, rows, meta }], bookmark }`, or `{ error }`; or `{ grew }`, and
	 * nothing is changed, where the database would be larger and that may not be.
	 */
	async run(statements, mayGrow) {
		const isOne = (one) => typeof one?.sql === "string" && one.sql.length <= MOST_SQL && Array.isArray(one.params);
		if (!Array.isArray(statements) || statements.length > MOST_STATEMENTS || !statements.every(isOne)) {
			return { error: `Up to ${MOST_STATEMENTS} statements of ${MOST_SQL} characters are run at once.` };
		}
		if (this.#gone) return { error: "The script that this was for is not there any more." };
		const run = statements.filter(isStatement);
		if (run.length === 0) return { error: "No SQL statements detected." };
		try {
			const before = this.#sql.databaseSize;
			const left = { bytes: MOST_RESULTS };
			const results = this.ctx.storage.transactionSync(() => {
				const results = run.map((one) => this.#one(one, left));
				if (!mayGrow && this.#sql.databaseSize > before) throw GREW;
				return results;
			});
			return { results, bookmark: await this.ctx.storage.getCurrentBookmark() };
		} catch (error) {
			return error === GREW ? { grew: true } : { error: error.message };
		}
	}

	#one({ sql, params }, left) {
		const began = performance.now();
		const before = this.#counts();
		const cursor = this.#sql.exec(sql, ...params);
		const columns = cursor.columnNames;
		const rows = [];
		for (const row of cursor.raw()) {
			left.bytes -= row.reduce((sum, value) => sum + (value?.byteLength ?? value?.length ?? 8), 8);
			if (left.bytes < 0) throw new Error(`The results are over ${MOST_RESULTS} bytes: ask for fewer rows at once.`);
			rows.push(row);
		}
		const after = this.#counts();
		const changes = after.changes - before.changes;
		const meta = {
			served_by: SERVED_BY,
			duration: performance.now() - began,
			changes,
			last_row_id: after.row,
			changed_db: changes !== 0 || after.row !== before.row || after.size !== before.size,
			size_after: after.size,
			rows_read: cursor.rowsRead,
			rows_written: cursor.rowsWritten,
		};
		return { columns, rows, meta };
	}

	#counts() {
		return { ...this.#sql.exec("SELECT total_changes() AS changes, last_insert_rowid() AS row").one(), size: this.#sql.databaseSize };
	}

	/** As of kv/store.js; `export` is SQL, and `restore` takes it, in place of all that there is. */
	async fetch(request) {
		const { op } = await asked(request);
		if (op === "usage") return Response.json({ keys: null, bytes: this.#sql.databaseSize });
		if (op === "export") return lines(dump(this.#sql), "application/sql", (statement) => statement);
		if (op === "restore") {
			const text = await textOf(request.body);
			return text === null ? refused(`A file is at most ${MOST_FILE} bytes.`, 413, TOO_LARGE) : this.#restore(text);
		}
		if (op !== "wipe" && op !== "empty") return new Response(null, { status: 404 });
		this.#gone = op === "wipe";
		await this.ctx.storage.deleteAll();
		if (this.#gone) await this.ctx.storage.put("gone", true);
		return Response.json(null);
	}

	#restore(text) {
		if (this.#gone) return refused("The script that this was for is not there any more.");
		let at = 0;
		try {
			this.ctx.storage.transactionSync(() => {
				dropAll(this.#sql);
				for (const statement of statements(text)) {
					at += 1;
					this.#sql.exec(statement);
				}
				// A body that did not come along would empty the database, which is what DELETE is for.
				if (at === 0) throw new Error("there is none in it");
			});
		} catch (error) {
			return refused(`Nothing is changed: statement ${at} of the file failed: ${error.message}`);
		}
		return Response.json({ statements: at, bytes: this.#sql.databaseSize });
	}
}

// Null where it is longer than it may be. What is no UTF-8 is refused as SQL.
async function textOf(body) {
	const decoder = new TextDecoder();
	let [text, size] = ["", 0];
	for await (const chunk of body ?? []) {
		size += chunk.length;
		if (size > MOST_FILE) return null;
		text += decoder.decode(chunk, { stream: true });
	}
	return text + decoder.decode();
}
