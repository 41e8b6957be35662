// Counts over time: by the minute for two days, by the hour for five weeks, and all that ever was, by script.

import { add, classes, told } from "./counts.js";
import { upTo } from "./histogram.js";
import { Refusal, time, word } from "./refusal.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const KEPT_MS = { minute: 2 * DAY_MS, hour: 35 * DAY_MS };
const STEP_MS = { minute: MINUTE_MS, hour: HOUR_MS };
// So many scripts and versions are told apart in one minute or hour: of those beyond, only the namespace is counted.
const MOST_AT_ONCE = 1000;
const MOST_ROWS = 100_000;
const MOST_POINTS = 20_000;
// Of so many scripts, those that did something last, it is known what they ever counted.
const MOST_TOTALS = 2000;
// The upper bounds of the histogram that Prometheus reads, in milliseconds: some of those that are counted by.
const TOLD_BOUNDS = [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000];

export class Series {
	#sql;
	#rolled;
	// How many rows the minute and the hour have that were added to last: they are not counted anew for each row.
	#sizes = {};

	constructor(sql) {
		this.#sql = sql;
		for (const table of ["minute", "hour"]) {
			sql.exec(`CREATE TABLE IF NOT EXISTS ${table} (at INTEGER NOT NULL, script TEXT NOT NULL, version TEXT NOT NULL, counts TEXT NOT NULL, PRIMARY KEY (at, script, version)) WITHOUT ROWID`);
		}
		sql.exec("CREATE TABLE IF NOT EXISTS total (script TEXT PRIMARY KEY, counts TEXT NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID");
		sql.exec("CREATE TABLE IF NOT EXISTS rolled (until INTEGER NOT NULL)");
		this.#rolled = this.#all("SELECT until FROM rolled")[0]?.until ?? null;
	}

	#all(query, ...bindings) {
		return this.#sql.exec(query, ...bindings).toArray();
	}

	/** Adds `[script, version, counts]`. */
	add(now, series) {
		this.#roll(now);
		const at = now - (now % MINUTE_MS);
		for (const [script, version, counts] of series) {
			this.#put("minute", at, script, version, counts);
			// After a clock that stepped back the hour is rolled up already, and nobody looks at its minutes again.
			if (at < this.#rolled) this.#rollUp(at, script, version, counts);
		}
	}

	#put(table, at, script, version, counts) {
		const [known] = this.#all(`SELECT counts FROM ${table} WHERE at = ? AND script = ? AND version = ?`, at, script, version);
		if (known === undefined) {
			const size = this.#size(table, at);
			if (script !== "" && size.n >= MOST_AT_ONCE) return this.#put(table, at, "", "", counts);
			size.n += 1;
		}
		const sum = known === undefined ? counts : add(JSON.parse(known.counts), counts);
		this.#sql.exec(`INSERT OR REPLACE INTO ${table} (at, script, version, counts) VALUES (?, ?, ?, ?)`, at, script, version, JSON.stringify(sum));
	}

	#size(table, at) {
		if (this.#sizes[table]?.at !== at) this.#sizes[table] = { at, n: this.#all(`SELECT COUNT(*) AS n FROM ${table} WHERE at = ?`, at)[0].n };
		return this.#sizes[table];
	}

	// Whole hours that are over become rows of hours, and a part of the totals.
	#roll(now) {
		const hour = now - (now % HOUR_MS);
		if (this.#rolled === hour) return;
		const from = this.#rolled ?? 0;
		// A clock that was set back finds nothing to do until it is where it was.
		if (from > hour) return;
		// Added up first: a row is written once, and not for each of its minutes.
		const sums = new Map();
		for (const { at, script, version, counts } of this.#all("SELECT * FROM minute WHERE at >= ? AND at < ? ORDER BY at", from, hour)) {
			const id = JSON.stringify([at - (at % HOUR_MS), script, version]);
			if (!sums.has(id)) sums.set(id, { script, version, counts: {} });
			add(Object.assign(sums.get(id), { at }).counts, JSON.parse(counts));
		}
		for (const { at, script, version, counts } of sums.values()) this.#rollUp(at, script, version, counts);
		this.#sql.exec("DELETE FROM rolled");
		this.#sql.exec("INSERT INTO rolled (until) VALUES (?)", hour);
		this.#rolled = hour;
	}

	#rollUp(at, script, version, counts) {
		this.#put("hour", at - (at % HOUR_MS), script, version, counts);
		const [known] = this.#all("SELECT counts, seen FROM total WHERE script = ?", script);
		const sum = known === undefined ? counts : add(JSON.parse(known.counts), counts);
		this.#sql.exec("INSERT OR REPLACE INTO total (script, counts, seen) VALUES (?, ?, ?)", script, JSON.stringify(sum), Math.max(at, known?.seen ?? 0));
	}

	/** What was counted ever, by script: what Prometheus reads as counters, under the names of its metrics' fields. */
	totals() {
		const sums = new Map(this.#all("SELECT script, counts FROM total").map(({ script, counts }) => [script, JSON.parse(counts)]));
		for (const { script, counts } of this.#all("SELECT script, counts FROM minute WHERE at >= ?", this.#rolled ?? 0)) {
			sums.set(script, add(sums.get(script) ?? {}, JSON.parse(counts)));
		}
		return [...sums].map(([script, counts]) => {
			const took = classes(counts);
			const all = told(counts);
			const buckets = TOLD_BOUNDS.map((ms) => [`${ms / 1000}`, upTo(took, ms)]);
			return { script, ...all, took_ms: Math.round(counts.took_ms ?? 0), cold_start_ms: Math.round(counts.cold_start_ms ?? 0), buckets };
		});
	}

	/** The sum of a day, by script: `Map(script -> counts)`. */
	ofDay(from) {
		const sums = new Map();
		for (const { script, counts } of this.#rows("hour", from, from + DAY_MS)) sums.set(script, add(sums.get(script) ?? {}, JSON.parse(counts)));
		return sums;
	}

	// The rows of a time. Of the hours that are not rolled up yet, by their minutes.
	#rows(step, since, until, script) {
		const of = (table, from) => this.#all(`SELECT * FROM ${table} WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR script = ?3) ORDER BY at`, from, until, script || null);
		if (step === "minute") return of("minute", since);
		return [...of("hour", since), ...of("minute", Math.max(since, this.#rolled ?? 0))];
	}

	/** `GET .../analytics`: `{since, until, step, series}`. A point that is not there is one where nothing happened. */
	told(now, input) {
		const until = time("until", input.until, now + 1);
		const since = time("since", input.since, until - HOUR_MS);
		if (since >= until) throw new Refusal("since has to be before until.");
		const step = word("step", input.step, ["minute", "hour"], until - since > 6 * HOUR_MS ? "hour" : "minute");
		const by = word("by", input.by, ["namespace", "script", "version"], input.script ? "version" : "script");
		const size = STEP_MS[step];
		const first = since - (since % size);
		const series = new Map();
		let points = 0;
		for (const { at, script, version, counts } of this.#rows(step, first, until, input.script)) {
			if (input.version && version !== input.version) continue;
			const name = by === "namespace" ? {} : by === "script" ? { script } : { script, version };
			const id = JSON.stringify(name);
			if (!series.has(id)) series.set(id, { name, points: new Map(), sum: {} });
			const one = series.get(id);
			const from = at - (at % size);
			if (!one.points.has(from) && (points += 1) > MOST_POINTS) throw new Refusal(`That is more than ${MOST_POINTS} points: ask for less time, for one script, or by the hour.`);
			const parsed = JSON.parse(counts);
			one.points.set(from, add(one.points.get(from) ?? {}, parsed));
			add(one.sum, parsed);
		}
		const iso = (at) => new Date(at).toISOString();
		return {
			since: iso(first),
			until: iso(until),
			step,
			series: [...series.values()].map(({ name, points, sum }) => ({
				...name,
				totals: told(sum),
				points: [...points].map(([at, counts]) => ({ at: iso(at), ...told(counts) })),
			})),
		};
	}

	forget(now) {
		for (const table of ["minute", "hour"]) {
			// What is not rolled up yet stays, however old.
			const rolled = table === "minute" ? (this.#rolled ?? 0) : Infinity;
			this.#sql.exec(`DELETE FROM ${table} WHERE at < ?`, Math.min(now - KEPT_MS[table], rolled));
			const [{ n }] = this.#all(`SELECT COUNT(*) AS n FROM ${table}`);
			if (n > MOST_ROWS) {
				const [{ at }] = this.#all(`SELECT at FROM ${table} ORDER BY at LIMIT 1 OFFSET ?`, n - MOST_ROWS);
				this.#sql.exec(`DELETE FROM ${table} WHERE at < ?`, Math.min(at, rolled));
			}
		}
		this.#sql.exec("DELETE FROM total WHERE seen < ?", now - KEPT_MS.hour);
		this.#sql.exec("DELETE FROM total WHERE script IN (SELECT script FROM total WHERE script <> '' ORDER BY seen DESC LIMIT -1 OFFSET ?)", MOST_TOTALS);
	}
}
