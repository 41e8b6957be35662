// All that is in a SQLite database, of a D1 database or of a Durable Object: to be written down as SQL, and to be dropped.
const OWN = "name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
const AT_A_TIME = 1 << 20;
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

/** Drops every table, view, index and trigger. Within a transaction. */
export function dropAll(sql) {
	sql.exec("PRAGMA defer_foreign_keys = ON");
	// A virtual table takes those with it that it is made of.
	for (const what of ["type = 'view'", "sql LIKE 'CREATE VIRTUAL%'", "type = 'table'"]) {
		for (const { type, name } of sql.exec(`SELECT type, name FROM sqlite_master WHERE ${what} AND ${OWN}`).toArray()) sql.exec(`DROP ${type} ${quoted(name)}`);
	}
}

/** The statements that make it again, in order. */
export function* dump(sql) {
	const all = sql.exec(`SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND ${OWN} ORDER BY rowid`).toArray();
	const virtual = all.filter((one) => /^CREATE VIRTUAL/i.test(one.sql)).map(({ name }) => name);
	// What a virtual table is made of it makes itself.
	const tables = all.filter(({ type, name }) => type === "table" && !virtual.some((of) => name.startsWith(`${of}_`)));
	yield "PRAGMA defer_foreign_keys = ON;";
	for (const { name, sql: made } of tables) {
		yield `${made};`;
		const columns = sql.exec("SELECT name FROM pragma_table_info(?)", name).toArray().map((column) => quoted(column.name));
		// SQLite's own words for a value; they end at the first zero of a text.
		const values = columns.map((column) => `CASE WHEN typeof(${column}) = 'text' AND instr(${column}, char(0)) THEN 'CAST(X''' || hex(${column}) || ''' AS TEXT)' ELSE quote(${column}) END`);
		for (const row of rowsOf(sql, name, values)) yield `INSERT INTO ${quoted(name)} (${columns.join(", ")}) VALUES (${row.join(", ")});`;
	}
	for (const { type, sql: made } of all) if (type !== "table") yield `${made};`;
}

// The rows of a table, some at a time: a cursor does not outlive what others do meanwhile.
function* rowsOf(sql, name, values) {
	const from = `FROM ${quoted(name)}`;
	if (!/WITHOUT\s+ROWID\s*(?:,\s*STRICT\s*)?$/i.test(sql.exec("SELECT sql FROM sqlite_master WHERE name = ?", name).one().sql)) {
		for (let last = null; ; ) {
			const [rows, where] = [[], last === null ? "" : `WHERE _rowid_ > ${last}`];
			let size = 0;
			for (const [id, ...row] of sql.exec(`SELECT CAST(_rowid_ AS TEXT), ${values.join(", ")} ${from} ${where} ORDER BY _rowid_`).raw()) {
				rows.push(row);
				[last, size] = [id, size + row.reduce((sum, value) => sum + value.length, 0)];
				if (size > AT_A_TIME) break;
			}
			yield* rows;
			if (size <= AT_A_TIME) return;
		}
	}
	yield* sql.exec(`SELECT ${values.join(", ")} ${from}`).raw().toArray();
}

/** The statements of a text. */
export function* statements(text) {
	const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?\*\/|[A-Za-z_]+|[^]/g;
	let [from, depth, words] = [0, 0, []];
	for (let found; (found = token.exec(text)) !== null; ) {
		const word = found[0].toUpperCase();
		if (/^[A-Z_]/.test(word) && words.length < 3) words.push(word);
		// What is between BEGIN and END of a trigger has statements of its own.
		if (words[0] === "CREATE" && words.includes("TRIGGER")) depth += word === "BEGIN" || word === "CASE" ? 1 : word === "END" ? -1 : 0;
		if (word !== ";" || depth > 0) continue;
		yield text.slice(from, token.lastIndex);
		[from, depth, words] = [token.lastIndex, 0, []];
	}
	const rest = text.slice(from);
	if (rest.trim() !== "") yield rest;
}
