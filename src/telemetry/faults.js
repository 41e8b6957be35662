// What scripts threw, grouped: each fault once, with how often it was seen, since when, and in which versions.

import { Refusal, whole } from "./refusal.js";

const KEPT_MS = 35 * 86_400_000;
const MOST = 2000;
// So that one script does not push out what others threw.
const MOST_OF_SCRIPT = 100;
const MOST_TOLD = 200;
const NOT_FOUND = 10_007;

export class Faults {
	#sql;

	constructor(sql) {
		this.#sql = sql;
		sql.exec(
			"CREATE TABLE IF NOT EXISTS fault (script TEXT NOT NULL, fingerprint TEXT NOT NULL, count INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, first_version TEXT NOT NULL, last_version TEXT NOT NULL, first_request TEXT, last_request TEXT, text TEXT NOT NULL, PRIMARY KEY (script, fingerprint)) WITHOUT ROWID",
		);
	}

	/** Adds what isolates have counted, `{ script, count, first, last, fault }` each; `first` and `last` are `{ at, version, request }`. */
	add(faults) {
		const scripts = new Set();
		for (const { script, count, first, last, fault: { fingerprint, ...fault } } of faults) {
			scripts.add(script);
			this.#sql.exec(
				"INSERT INTO fault (script, fingerprint, count, first_at, last_at, first_version, last_version, first_request, last_request, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (script, fingerprint) DO UPDATE SET count = count + ?3, last_at = ?5, last_version = ?7, last_request = ?9, text = ?10",
				script, fingerprint, count, first.at, last.at, first.version, last.version, first.request, last.request, JSON.stringify(fault),
			);
		}
		const rest = "SELECT fingerprint FROM fault WHERE script = ?1 ORDER BY last_at DESC LIMIT -1 OFFSET ?2";
		for (const script of scripts) this.#sql.exec(`DELETE FROM fault WHERE script = ?1 AND fingerprint IN (${rest})`, script, MOST_OF_SCRIPT);
	}

	/** `GET .../errors`: the last seen first. */
	told({ script, limit }) {
		const condition = script ? "WHERE script = ?" : "";
		const query = `SELECT * FROM fault ${condition} ORDER BY last_at DESC LIMIT ?`;
		return this.#sql.exec(query, ...(script ? [script] : []), whole("limit", limit, 1, MOST_TOLD, 50)).toArray().map(shown);
	}

	one(script, fingerprint) {
		const [row] = this.#sql.exec("SELECT * FROM fault WHERE script = ? AND fingerprint = ?", script, fingerprint).toArray();
		if (row === undefined) throw new Refusal(`${script} has no error ${fingerprint}, or it was seen too long ago.`, 404, NOT_FOUND);
		return shown(row);
	}

	/** It is dealt with: if it is seen again, it is new. */
	remove(script, fingerprint) {
		const one = this.one(script, fingerprint);
		this.#sql.exec("DELETE FROM fault WHERE script = ? AND fingerprint = ?", script, fingerprint);
		return one;
	}

	forget(now) {
		this.#sql.exec("DELETE FROM fault WHERE last_at < ?", now - KEPT_MS);
		this.#sql.exec("DELETE FROM fault WHERE (script, fingerprint) IN (SELECT script, fingerprint FROM fault ORDER BY last_at DESC LIMIT -1 OFFSET ?)", MOST);
	}
}

const iso = (at) => new Date(at).toISOString();

const shown = ({ script, fingerprint, count, first_at, last_at, first_version, last_version, first_request, last_request, text }) => ({
	script,
	fingerprint,
	...JSON.parse(text),
	count,
	first_seen: iso(first_at),
	last_seen: iso(last_at),
	first_version,
	last_version,
	first_request,
	last_request,
});
