// What scripts wrote, and how their calls went: the last of them.

import { hasNews, saidIn } from "./event.js";
import { time, whole, word } from "./refusal.js";

const KEPT_MS = 7 * 86_400_000;
const MOST = 2000;
const MOST_ARRIVED = 5000;
const MOST_TOLD = 500;
const LEVELS = ["debug", "info", "log", "warn", "error"];
/** What `wrangler tail --status error` means, too. */
export const FAILED = ["exception", "exceededCpu", "exceededMemory", "exceededWallTime", "unknown", "scriptNotFound", "loadShed", "responseStreamDisconnected"];

export class Events {
	#sql;
	// Of calls that wrote nothing no event is kept, but for a while that they arrived.
	#arrived = new Set();

	constructor(sql) {
		this.#sql = sql;
		sql.exec("CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, script TEXT NOT NULL, version TEXT NOT NULL, request TEXT NOT NULL, outcome TEXT NOT NULL, method TEXT NOT NULL, level INTEGER NOT NULL, said TEXT NOT NULL, text TEXT NOT NULL)");
		sql.exec("CREATE INDEX IF NOT EXISTS event_by_request ON event (request)");
		sql.exec("CREATE TABLE IF NOT EXISTS dropped (count INTEGER NOT NULL)");
	}

	/** Adds those of events that have something to tell, and the ids of all requests that were heard of. */
	add(events, ids, dropped) {
		for (const id of ids) this.#arrived.add(id);
		for (const id of this.#arrived) {
			if (this.#arrived.size <= MOST_ARRIVED) break;
			this.#arrived.delete(id);
		}
		for (const event of events.filter(hasNews)) {
			const { eventTimestamp, scriptName, scriptVersion, requestId, outcome, logs, exceptions } = event;
			const level = Math.max(exceptions.length > 0 ? LEVELS.length : -1, ...logs.map(({ level }) => LEVELS.indexOf(level)));
			this.#sql.exec(
				"INSERT INTO event (at, script, version, request, outcome, method, level, said, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
				eventTimestamp ?? Date.now(), scriptName, scriptVersion.id ?? "", requestId ?? "", outcome, event.event?.request?.method ?? "", level, saidIn(event), JSON.stringify(event),
			);
		}
		if (events.length > 0) this.#sql.exec("DELETE FROM event WHERE id <= (SELECT MAX(id) FROM event) - ?", MOST);
		if (dropped > 0) {
			const before = this.#dropped();
			this.#sql.exec("DELETE FROM dropped");
			this.#sql.exec("INSERT INTO dropped (count) VALUES (?)", before + dropped);
		}
	}

	#dropped() {
		return this.#sql.exec("SELECT count FROM dropped").toArray()[0]?.count ?? 0;
	}

	/** `GET .../logs`: the last events, the newest first. */
	told(input) {
		const limit = whole("limit", input.limit, 1, MOST_TOLD, 100);
		const level = word("level", input.level, LEVELS, undefined);
		const status = word("status", input.status, ["ok", "error", "canceled"], undefined);
		const conditions = [];
		const bindings = [];
		const where = (condition, ...values) => {
			conditions.push(condition);
			bindings.push(...values);
		};
		if (input.script) where("script = ?", input.script);
		if (input.version) where("version = ?", input.version);
		if (input.request_id) where("request = ?", input.request_id);
		if (input.method) where("method = ?", input.method.toUpperCase());
		if (level) where("level >= ?", LEVELS.indexOf(level));
		if (status === "ok" || status === "canceled") where("outcome = ?", status);
		if (status === "error") where(`outcome IN (${FAILED.map(() => "?").join()})`, ...FAILED);
		if (input.search) where("instr(said, ?) > 0", input.search.toLowerCase());
		const within = (condition, value) => value !== undefined && where(condition, value);
		within("at >= ?", time("since", input.since));
		within("at < ?", time("until", input.until));
		within("id < ?", whole("before", input.before, 1, Number.MAX_SAFE_INTEGER));
		const query = `SELECT id, text FROM event ${conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : ""} ORDER BY id DESC LIMIT ?`;
		const rows = this.#sql.exec(query, ...bindings, limit).toArray();
		// An answer about one request says whether there is more to come.
		const tail = input.request_id && { tail: rows.length > 0 || this.#arrived.has(input.request_id) ? "arrived" : "unknown" };
		return { ...tail, events: rows.map(({ id, text }) => ({ id, ...JSON.parse(text) })), before: rows.length === limit ? rows.at(-1).id : null, dropped: this.#dropped() };
	}

	forget(now) {
		this.#sql.exec("DELETE FROM event WHERE at < ?", now - KEPT_MS);
	}
}
