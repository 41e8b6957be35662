// `env.DB` of a script: Cloudflare's D1Database, in the script's own isolate, over a stub to what d1.js exports.
const LATEST = ["first-primary", "first-unconstrained"];

const failed = (message) => new Error(`D1_ERROR: ${message}`);

/** Runs statements, `{ sql, params }` each, in one transaction; gives a result for each, or throws what is wrong. */
async function sent(stub, statements, session) {
	const { results, error, bookmark } = await stub.run(statements);
	if (error !== undefined) throw failed(error);
	if (session) session.seen = bookmark;
	return results;
}

class D1Database {
	#stub;
	constructor(stub) {
		this.#stub = stub;
	}

	prepare(sql) {
		return new D1PreparedStatement(this.#stub, null, sql, []);
	}

	async batch(statements) {
		return batched(this.#stub, statements);
	}

	async exec(sql) {
		const lines = sql.trim().split("\n");
		const { results, error } = await this.#stub.run(lines.map((line) => ({ sql: line, params: [] })));
		if (error !== undefined) throw new Error(`D1_EXEC_ERROR: Error in line 1: ${lines[0]}: ${error}`);
		return { count: results.length, duration: results.reduce((sum, { meta }) => sum + meta.duration, 0) };
	}

	withSession(constraint) {
		return new D1DatabaseSession(this.#stub, constraint?.trim() || "first-unconstrained");
	}

	async dump() {
		throw new Error("D1_DUMP_ERROR: dump() was of D1's first databases, and of no other since.");
	}
}

class D1DatabaseSession {
	#stub;
	#session;
	constructor(stub, constraint) {
		this.#stub = stub;
		this.#session = { seen: LATEST.includes(constraint) ? null : constraint };
	}

	prepare(sql) {
		return new D1PreparedStatement(this.#stub, this.#session, sql, []);
	}

	async batch(statements) {
		return batched(this.#stub, statements, this.#session);
	}

	getBookmark() {
		return this.#session.seen;
	}
}

class D1PreparedStatement {
	#stub;
	#session;
	#sql;
	#params;
	constructor(stub, session, sql, params) {
		this.#stub = stub;
		this.#session = session;
		this.#sql = sql;
		this.#params = params;
	}

	bind(...values) {
		return new D1PreparedStatement(this.#stub, this.#session, this.#sql, values.map(bindable));
	}

	async first(column) {
		const [row] = (await this.all()).results;
		if (row === undefined) return null;
		if (column === undefined) return row;
		if (row[column] === undefined) throw new Error(`D1_COLUMN_NOTFOUND: Column not found (${column})`);
		return row[column];
	}

	async run() {
		return this.all();
	}

	async all() {
		return resultOf(await this.#ask());
	}

	async raw(options) {
		const { columns, rows } = await this.#ask();
		const told = rows.map((row) => row.map(cell));
		return options?.columnNames ? [columns, ...told] : told;
	}

	async #ask() {
		return (await sent(this.#stub, [this.told()], this.#session))[0];
	}

	told() {
		return { sql: this.#sql, params: this.#params };
	}
}

async function batched(stub, statements, session) {
	const told = statements.map((statement) => {
		if (!(statement instanceof D1PreparedStatement)) throw failed("A batch is a list of what prepare() gives.");
		return statement.told();
	});
	return (await sent(stub, told, session)).map(resultOf);
}

function resultOf({ columns, rows, meta }) {
	const results = rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, cell(row[at])])));
	return { success: true, meta, results };
}

// Bytes come as a list of numbers, as D1 has them.
const cell = (value) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value);

function bindable(value) {
	switch (typeof value) {
		case "number":
			// As JSON would have it.
			return Number.isFinite(value) ? value : null;
		case "string":
			return value;
		case "boolean":
			return value ? 1 : 0;
		case "object":
			if (value === null) return null;
			if (Array.isArray(value) && value.every((byte) => typeof byte === "number" && byte >= 0 && byte < 256)) return Uint8Array.from(value);
			if (value instanceof ArrayBuffer) return new Uint8Array(value.slice());
			if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
	}
	throw new Error(`D1_TYPE_ERROR: Type '${typeof value}' not supported for value '${value}'`);
}

export const wrapped = (stub) => new D1Database(stub);
