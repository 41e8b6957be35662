// All that is in a SQLite database, of a D1 database or of a Durable Object: to be written down as SQL, and to be dropped.
const OWN = "name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
const AT_A_TIME = 1 << 20;
const MOST_ROWS = 1000;
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
		for (const row of rowsOf(sql, name, columns, values)) yield `INSERT INTO ${quoted(name)} (${columns.join(", ")}) VALUES (${row.join(", ")});`;
	}
	for (const { type, sql: made } of all) if (type !== "table") yield `${made};`;
}

// The rows of a table, some at a time, as they are too many for memory; and each time to the end, as a cursor that is left keeps the
// table locked.
function* rowsOf(sql, name, columns, values) {
	const [from, all] = [`FROM ${quoted(name)}`, values.join(", ")];
	if (/WITHOUT\s+ROWID\s*(?:,\s*STRICT\s*)?$/i.test(sql.exec("SELECT sql FROM sqlite_master WHERE name = ?", name).one().sql)) {
		return yield* sql.exec(`SELECT ${all} ${from}`).raw().toArray();
	}
	const size = columns.map((column) => `COALESCE(LENGTH(${column}), 0)`).join(" + ");
	// Rowids as text: they may be larger than JavaScript's numbers.
	for (let last = "-9223372036854775808"; ; ) {
		const sums = `SELECT _rowid_ AS id, SUM(${size}) OVER (ORDER BY _rowid_) AS sum ${from} WHERE _rowid_ > ${last} ORDER BY _rowid_ LIMIT ${MOST_ROWS}`;
		const { upto } = sql.exec(`SELECT CAST(MAX(id) AS TEXT) AS upto FROM (${sums}) WHERE sum <= ${AT_A_TIME}`).one();
		const these = upto === null ? `WHERE _rowid_ > ${last} ORDER BY _rowid_ LIMIT 1` : `WHERE _rowid_ > ${last} AND _rowid_ <= ${upto} ORDER BY _rowid_`;
		const rows = sql.exec(`SELECT CAST(_rowid_ AS TEXT), ${all} ${from} ${these}`).raw().toArray();
		if (rows.length === 0) return;
		last = rows.at(-1)[0];
		for (const [, ...row] of rows) yield row;
	}
}

// What is quoted, or a comment, whole. A quote that does not end is one to the end, as SQLite has it, and so is looked for once.
const QUOTED = /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|--[^\n]*|\/\*(?:[^]*?\*\/|[^]*)/.source;

/** What finds, one after the other, what is quoted, a `word`, and any other character. */
export const tokens = (word) => new RegExp(`${QUOTED}|${word.source}|[^]`, "g");

/** The statements of a text. */
export function* statements(text) {
	const token = tokens(/[A-Za-z_]+/);
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
