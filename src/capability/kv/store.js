// A KV namespace of a script: an object with a SQLite database. Strongly consistent, and what was acknowledged is on disk.
import { DurableObject } from "cloudflare:workers";
import { isWithin } from "../../telemetry/since.js";
import { asked, base64Of, lines } from "../store.js";

const MOST_KEY = 512;
const MOST_VALUE = 25 * 1024 * 1024;
const MOST_METADATA = 1024;
const MOST_LISTED = 1000;
const MOST_AT_ONCE = 100;
// A row has two megabytes at most.
const CHUNK = 1024 * 1024;
const HOUR_MS = 3_600_000;
// So long it is known how much there is: a million keys are counted every hundred seconds.
const COUNTED_MS_A_KEY = 0.1;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const now = () => Math.floor(Date.now() / 1000);

export class KvStore extends DurableObject {
	#sql = this.ctx.storage.sql;
	// A name that somebody makes up leaves nothing.
	#made = this.#has("entry");
	#gone = this.#has("gone");
	#counted = { at: -Infinity, forMs: 0 };

	/** `[value, metadata]` of each key, or null where there is nothing. */
	read(keys) {
		if (!Array.isArray(keys) || keys.length > MOST_AT_ONCE) throw new TypeError(`Up to ${MOST_AT_ONCE} keys are read at once.`);
		const names = keys.map(nameOf);
		const entries = names.map((name) => this.#entry(name));
		// Before any of it is in memory.
		const size = entries.reduce((sum, entry) => sum + (entry?.size ?? 0), 0);
		if (size > MOST_VALUE) throw new Error(`KV GET_BULK failed: 413 Total size of request exceeds the limit of ${MOST_VALUE / 1024 / 1024}MB`);
		return entries.map((entry, at) => entry && [this.#value(names[at], entry.size), entry.metadata]);
	}

	/** `value` is bytes, `metadata` JSON or null, `expires` seconds since 1970 or null. */
	async write(key, value, metadata, expires) {
		const name = nameOf(key);
		if (!(value instanceof Uint8Array) || value.length > MOST_VALUE) throw new TypeError(`A value is at most ${MOST_VALUE} bytes.`);
		if (metadata !== null && (typeof metadata !== "string" || encoder.encode(metadata).length > MOST_METADATA)) throw new TypeError("That is no metadata.");
		if (expires !== null && !Number.isSafeInteger(expires)) throw new TypeError("That is no time.");
		if (this.#gone) throw new Error("The script that this was for is not there any more.");
		this.ctx.storage.transactionSync(() => {
			if (!this.#made) this.#make();
			this.#sql.exec("DELETE FROM chunk WHERE key = ?", name);
			this.#sql.exec("INSERT OR REPLACE INTO entry (key, size, metadata, expires) VALUES (?, ?, ?, ?)", name, value.length, metadata, expires);
			for (let at = 0; at < value.length; at += CHUNK) this.#sql.exec("INSERT INTO chunk (key, at, bytes) VALUES (?, ?, ?)", name, at, value.slice(at, at + CHUNK));
		});
		if (expires === null) return;
		const planned = await this.ctx.storage.getAlarm();
		// Not each by itself: what has expired is not seen any more, and goes within the hour.
		const at = this.#sweepAt(expires);
		if (planned === null || planned > at) await this.ctx.storage.setAlarm(at);
	}

	remove(key) {
		const name = nameOf(key);
		if (!this.#made) return;
		this.ctx.storage.transactionSync(() => this.#drop("key = ?", name));
	}

	/** `{ keys: [[name, expires, metadata]], next }`, in the order of their bytes; `next` is a cursor, or null. */
	list(prefix, limit, cursor) {
		if (typeof prefix !== "string" || typeof cursor !== "string" || !Number.isInteger(limit) || limit < 1 || limit > MOST_LISTED) throw new TypeError("That is no list.");
		const from = encoder.encode(prefix);
		// No text has this byte.
		const to = Uint8Array.from([...from, 255]);
		const after = positionOf(cursor);
		if (!this.#made) return { keys: [], next: null };
		const rows = this.#sql
			.exec("SELECT key, expires, metadata FROM entry WHERE key >= ? AND key < ? AND key > ? AND (expires IS NULL OR expires > ?) ORDER BY key LIMIT ?", from, to, after, now(), limit + 1)
			.toArray();
		const keys = rows.slice(0, limit);
		const next = rows.length > limit ? btoa(String.fromCharCode(...new Uint8Array(keys.at(-1).key))) : null;
		return { keys: keys.map(({ key, expires, metadata }) => [decoder.decode(key), expires, metadata]), next };
	}

	/**
	 * What the host asks: `usage`, what is stored in keys and bytes; `export`, all of it, a line of JSON each; `empty`; and `wipe`, as its
	 * script is gone, and so is all of this. What a worker of it writes yet, it writes no more.
	 */
	async fetch(request) {
		const { op } = await asked(request);
		if (op === "usage") return Response.json(this.#usage());
		if (op === "export") return lines(this.#made ? this.#all() : []);
		if (op !== "wipe" && op !== "empty") return new Response(null, { status: 404 });
		await this.ctx.storage.deleteAlarm();
		await this.ctx.storage.deleteAll();
		this.#made = false;
		this.#counted.forMs = 0;
		if (op === "wipe") {
			this.#sql.exec("CREATE TABLE gone (at INTEGER)");
			this.#gone = true;
		}
		return Response.json(null);
	}

	// Each is looked for by itself: others may write meanwhile.
	*#all() {
		for (let after = new Uint8Array(); ; ) {
			const [entry] = this.#sql.exec("SELECT key, size, metadata, expires FROM entry WHERE key > ? AND (expires IS NULL OR expires > ?) ORDER BY key LIMIT 1", after, now()).toArray();
			if (entry === undefined) return;
			after = new Uint8Array(entry.key);
			const bytes = this.#value(after, entry.size);
			yield { key: decoder.decode(after), ...valueOf(bytes), metadata: JSON.parse(entry.metadata ?? "null"), expiration: entry.expires };
		}
	}

	async alarm() {
		if (!this.#made) return;
		this.ctx.storage.transactionSync(() => this.#drop("expires <= ?", now()));
		const { next } = this.#sql.exec("SELECT MIN(expires) AS next FROM entry").one();
		if (next !== null) await this.ctx.storage.setAlarm(this.#sweepAt(next));
	}

	#sweepAt(expires) {
		return Math.max(expires * 1000, Date.now() + Number(this.env.KV_SWEEP_MS ?? HOUR_MS));
	}

	// Counting takes the longer, and is done the less often, the more there is.
	#usage() {
		if (!this.#made) return { keys: 0, bytes: 0 };
		const { at, forMs } = this.#counted;
		if (isWithin(Date.now() - at, forMs)) return this.#counted.usage;
		const usage = this.#sql.exec("SELECT COUNT(*) AS keys, TOTAL(size + LENGTH(key)) AS bytes FROM entry").one();
		this.#counted = { usage, at: Date.now(), forMs: usage.keys * COUNTED_MS_A_KEY };
		return usage;
	}

	#entry(name) {
		if (!this.#made) return null;
		return this.#sql.exec("SELECT size, metadata FROM entry WHERE key = ? AND (expires IS NULL OR expires > ?)", name, now()).toArray()[0] ?? null;
	}

	#value(name, size) {
		const value = new Uint8Array(size);
		for (const { at, bytes } of this.#sql.exec("SELECT at, bytes FROM chunk WHERE key = ?", name)) value.set(new Uint8Array(bytes), at);
		return value;
	}

	#drop(where, value) {
		this.#sql.exec(`DELETE FROM chunk WHERE key IN (SELECT key FROM entry WHERE ${where})`, value);
		this.#sql.exec(`DELETE FROM entry WHERE ${where}`, value);
	}

	#make() {
		this.#sql.exec("CREATE TABLE entry (key BLOB PRIMARY KEY, size INTEGER NOT NULL, metadata TEXT, expires INTEGER) WITHOUT ROWID");
		this.#sql.exec("CREATE INDEX entry_expires ON entry (expires) WHERE expires IS NOT NULL");
		this.#sql.exec("CREATE TABLE chunk (key BLOB, at INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (key, at))");
		this.#made = true;
	}

	#has(table) {
		return this.ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = ?", table).toArray().length > 0;
	}
}

// As text, where it is one.
function valueOf(bytes) {
	try {
		return { value: strict.decode(bytes) };
	} catch {
		return { base64: base64Of(bytes) };
	}
}

function nameOf(key) {
	const name = typeof key === "string" ? encoder.encode(key) : [];
	if (name.length < 1 || name.length > MOST_KEY) throw new TypeError(`A key is a text of 1 to ${MOST_KEY} bytes.`);
	return name;
}

function positionOf(cursor) {
	try {
		return Uint8Array.from(atob(cursor), (char) => char.charCodeAt(0));
	} catch {
		throw new Error("KV GET failed: 400 Invalid cursor. Please use one that list() has given.");
	}
}
