// What a namespace's scripts did: an object for each namespace, with a SQLite database. Isolates bring what they have counted, once a
// second at most; here it is added up, kept for a while, and told.

import { DurableObject } from "cloudflare:workers";
import { refused } from "../capability/store.js";
import { Events } from "./events.js";
import { Faults } from "./faults.js";
import { Identities } from "./identities.js";
import { Refusal } from "./refusal.js";
import { Series } from "./series.js";
import { isWithin } from "./since.js";
import { Tails } from "./tails.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long an isolate of so many pauses: an object hears of some hundred a second at most. */
export const pauseOf = (isolates) => Math.min(10_000, Math.max(1000, isolates * 5));

export class Telemetry extends DurableObject {
	#sql = this.ctx.storage.sql;
	#isolates = new Map();
	#heard = new Map();
	#made = false;
	#gone = this.#has("gone");
	#series;
	#identities;
	#events;
	#faults;
	#tails;
	#forgotten = -Infinity;

	async fetch(request) {
		if (request.headers.has("upgrade")) {
			// An id that somebody makes up leaves nothing.
			return this.#has("tail") ? this.#open().#tails.connect(request) : refused("There is no such tail.", 404);
		}
		const { op, ...input } = await request.json();
		if (op === "delete") {
			for (const socket of this.ctx.getWebSockets()) socket.close(1001, "The namespace is gone.");
			await this.ctx.storage.deleteAll();
			// An isolate may not have told all yet, which then stays nowhere.
			this.#sql.exec("CREATE TABLE gone (at INTEGER)");
			this.#gone = true;
			return Response.json(null);
		}
		if (this.#gone) return op === "add" ? Response.json({}) : refused("This namespace is gone.", 404);
		try {
			return Response.json(this.#open()[`_${op}`](input));
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			// As storage/object.rs tells what only the operator can mend.
			if (error.status === 500) return Response.json({ misconfigured: error.message }, { status: 400 });
			return refused(error.message, error.status, error.code);
		}
	}

	#has(table) {
		return this.#sql.exec("SELECT name FROM sqlite_master WHERE name = ?", table).toArray().length > 0;
	}

	#open() {
		if (this.#made) return this;
		this.ctx.storage.transactionSync(() => {
			this.#sql.exec("CREATE TABLE IF NOT EXISTS isolate (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID");
			this.#series = new Series(this.#sql);
			this.#identities = new Identities(this.#sql);
			this.#events = new Events(this.#sql);
			this.#faults = new Faults(this.#sql);
			this.#tails = new Tails(this.#sql, this.ctx);
		});
		for (const { id, sequence } of this.#sql.exec("SELECT id, sequence FROM isolate")) this.#isolates.set(id, sequence);
		this.#made = true;
		return this;
	}

	// What an isolate has counted. What has arrived already, and was sent again as nobody heard so, is not counted twice.
	_add({ isolate, sequence, series, identities, events, faults, ids, dropped }) {
		const now = Date.now();
		if (sequence > (this.#isolates.get(isolate) ?? 0)) {
			try {
				this.ctx.storage.transactionSync(() => {
					this.#sql.exec("INSERT OR REPLACE INTO isolate (id, sequence, seen) VALUES (?, ?, ?)", isolate, sequence, now);
					this.#series.add(now, series);
					this.#identities.add(now, identities);
					this.#events.add(events, ids, dropped);
					this.#faults.add(faults);
					if (!isWithin(now - this.#forgotten, HOUR_MS)) this.#forget(now);
				});
			} catch (error) {
				// What is in memory may be of what was taken back.
				this.#made = false;
				throw error;
			}
			this.#isolates.set(isolate, sequence);
		}
		return { pause_ms: pauseOf(this.#busy(isolate, now)), listens: this.ctx.getWebSockets().length > 0 };
	}

	// What an isolate tells of where it was told that somebody listens: of calls that wrote nothing, too.
	_live({ events, dropped }) {
		this.#tails.send(Date.now(), events, dropped);
		return null;
	}

	// How many isolates were heard of in the last minute.
	#busy(isolate, now) {
		this.#heard.delete(isolate);
		this.#heard.set(isolate, now);
		for (const [id, at] of this.#heard) {
			if (isWithin(now - at, MINUTE_MS)) break;
			this.#heard.delete(id);
		}
		return this.#heard.size;
	}

	#forget(now) {
		this.#forgotten = now;
		this.#sql.exec("DELETE FROM isolate WHERE seen < ?", now - HOUR_MS);
		this.#isolates = new Map([...this.#sql.exec("SELECT id, sequence FROM isolate")].map(({ id, sequence }) => [id, sequence]));
		for (const kept of [this.#series, this.#identities, this.#events, this.#faults, this.#tails]) kept.forget(now);
	}

	_analytics(input) {
		return this.#series.told(Date.now(), input);
	}

	_totals() {
		return this.#series.totals(Date.now());
	}

	_cost() {
		return this.#identities.cost(Date.now(), pricesOf(this.env), (day) => this.#series.ofDay(day));
	}

	_logs(input) {
		return this.#events.told(input);
	}

	_errors(input) {
		return this.#faults.told(input);
	}

	_error({ script, fingerprint }) {
		return this.#faults.one(script, fingerprint);
	}

	_resolve({ script, fingerprint }) {
		return this.#faults.remove(script, fingerprint);
	}

	_tail(input) {
		return this.#tails.begin(Date.now(), input);
	}

	_tails({ script }) {
		return this.#tails.list(Date.now(), script);
	}

	_end_tail({ script, id }) {
		return this.#tails.end(script, id);
	}

	webSocketMessage(socket, message) {
		this.#open().#tails.heard(socket, message);
	}

	webSocketClose(socket) {
		this.#open().#tails.closed(socket);
	}
}

// wrangler.toml gives it as an object, .dev.vars as text.
function pricesOf({ PRICES }) {
	if (typeof PRICES !== "string" || PRICES === "") return PRICES || {};
	try {
		return JSON.parse(PRICES);
	} catch {
		throw new Refusal("The operator's setting PRICES has to be JSON.", 500);
	}
}
