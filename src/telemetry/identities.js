// Which workers there were: each key that one was started under, by the day, as Cloudflare bills them
// (https://developers.cloudflare.com/dynamic-workers/pricing/); what that will come to; and why there are so many.

import { add, OUTCOMES } from "./counts.js";
import { Refusal } from "./refusal.js";

const DAY_MS = 86_400_000;
const KEPT_DAYS = 8;
const MONTH_DAYS = 30;
// What is projected is by so many days that are over, and today.
const MOST_DAYS = 7;
const MOST_A_DAY = 20_000;
const MOST_WARNINGS = 50;
// A script that is deployed now and then has a few a day.
const MANY_KEYS = 5;
const MANY_LOADS = 1000;

/** In US dollars, as published; the operator's setting PRICES has those that are otherwise. */
export const PRICES = {
	worker_day: 0.002,
	included_worker_days: 1000,
	million_requests: 0.3,
	included_requests: 10_000_000,
	million_cpu_ms: 0.02,
	included_cpu_ms: 30_000_000,
};

// What it means that a part of the key changed.
const MEANS = {
	modules: "its code was uploaded anew",
	compatibility_date: "its compatibility date changed",
	compatibility_flags: "its compatibility flags changed",
	limits: "its limits changed",
	env: "a variable, secret or binding changed",
	outbound: "its outbound policy was switched on or off",
	tails: "it was another version",
};

export class Identities {
	#sql;
	#counted = {};

	constructor(sql) {
		this.#sql = sql;
		sql.exec("CREATE TABLE IF NOT EXISTS identity (day INTEGER NOT NULL, key TEXT NOT NULL, script TEXT NOT NULL, version TEXT NOT NULL, parts TEXT NOT NULL, starts INTEGER NOT NULL, first REAL NOT NULL, PRIMARY KEY (day, key)) WITHOUT ROWID");
	}

	/** Adds `{ key, script, version, parts, starts }`, `parts` being JSON. */
	add(now, identities) {
		const day = dayOf(now);
		for (const [at, { key, script, version, parts, starts }] of identities.entries()) {
			const known = this.#sql.exec("UPDATE identity SET starts = starts + ? WHERE day = ? AND key = ?", starts, day, key).rowsWritten > 0;
			if (known || this.#count(day) >= MOST_A_DAY) continue;
			this.#counted.keys += 1;
			this.#sql.exec("INSERT INTO identity (day, key, script, version, parts, starts, first) VALUES (?, ?, ?, ?, ?, ?, ?)", day, key, script, version, parts, starts, now + at / 1000);
		}
	}

	#count(day) {
		if (this.#counted.day !== day) this.#counted = { day, keys: this.#sql.exec("SELECT COUNT(*) AS n FROM identity WHERE day = ?", day).one().n };
		return this.#counted.keys;
	}

	/** `GET .../cost`: the days, what a month will come to, and warnings. `ofDay(from)` gives a day's counts by script. */
	cost(now, prices, ofDay) {
		const all = { ...PRICES, ...checked(prices) };
		const today = dayOf(now);
		const days = [];
		for (let day = today; day > today - MOST_DAYS * DAY_MS; day -= DAY_MS) {
			const one = this.#day(day, ofDay(day));
			if (one.requests > 0 || one.workers > 0) days.push(one);
		}
		return { days, projected: projected(now, today, days, all), prices: all, warnings: this.#warnings(today, ofDay(today)) };
	}

	#day(day, series) {
		const { workers, starts } = this.#sql.exec("SELECT COUNT(*) AS workers, COALESCE(SUM(starts), 0) AS starts FROM identity WHERE day = ?", day).one();
		const sum = [...series.values()].reduce(add, {});
		const requests = OUTCOMES.reduce((sum_, outcome) => sum_ + (sum[`outcome.${outcome}`] ?? 0), 0);
		const dispatched = (sum["outcome.ok"] ?? 0) + (sum["outcome.threw"] ?? 0);
		const loads = sum.loads ?? 0;
		return {
			day: new Date(day).toISOString().slice(0, 10),
			workers: workers + loads,
			keys: workers,
			loads,
			requests,
			// Both the host and the dynamic worker are invoked, and that by services, objects and queues, too.
			billed_requests: requests + (sum.invocations ?? 0),
			cpu_ms: Math.round(sum.cpu_ms ?? 0),
			cold_starts: starts + loads,
			cold_start_rate: dispatched === 0 ? null : round(Math.min(1, (starts + loads) / dispatched)),
		};
	}

	#warnings(day, series) {
		const warnings = [];
		const query = "SELECT script, COUNT(*) AS keys FROM identity WHERE day = ? GROUP BY script HAVING COUNT(*) > ? ORDER BY keys DESC LIMIT ?";
		for (const { script, keys } of this.#sql.exec(query, day, MANY_KEYS, MOST_WARNINGS)) {
			const changed = this.#changed(day, script);
			const reasons = Object.entries(changed).sort(([, one], [, other]) => other - one).map(([part, times]) => `${times}x ${part} (${MEANS[part] ?? "it changed"})`);
			warnings.push({ code: "many_keys", script, keys, changed, message: `${script} was loaded under ${keys} keys today, each of which is billed as a Worker. What changed from one to the next: ${reasons.join(", ") || "nothing but its name"}.` });
		}
		for (const [script, { loads = 0 }] of series) {
			if (loads < MANY_LOADS || warnings.length >= MOST_WARNINGS) continue;
			warnings.push({ code: "many_loads", script, loads, message: `${script} was loaded ${loads} times today for one call each, every one of which is billed as a Worker. What is called again is cheaper under a key.` });
		}
		return warnings;
	}

	// How often each part of a script's key was another than the time before.
	#changed(day, script) {
		const changed = {};
		let before;
		for (const { parts } of this.#sql.exec("SELECT parts FROM identity WHERE day = ? AND script = ? ORDER BY first LIMIT 1000", day, script)) {
			const now = JSON.parse(parts);
			if (before) for (const part of Object.keys(now)) if (now[part] !== before[part]) changed[part] = (changed[part] ?? 0) + 1;
			before = now;
		}
		return changed;
	}

	forget(now) {
		this.#sql.exec("DELETE FROM identity WHERE day < ?", dayOf(now) - KEPT_DAYS * DAY_MS);
	}
}

const dayOf = (at) => at - (at % DAY_MS);
const round = (number) => Math.round(number * 10_000) / 10_000;

// A month of days as these were; today counts for the part of it that is over.
function projected(now, today, days, prices) {
	const begun = Math.max((now - today) / DAY_MS, 1 / 24);
	// Days on which nothing happened are days, too; those before the first are none.
	const first = Math.min(...days.map(({ day }) => Date.parse(day)));
	const length = days.length === 0 ? 0 : (today - first) / DAY_MS + begun;
	const monthly = (name) => (length === 0 ? 0 : Math.round((days.reduce((sum, day) => sum + day[name], 0) / length) * MONTH_DAYS));
	const month = { workers: monthly("workers"), requests: monthly("billed_requests"), cpu_ms: monthly("cpu_ms") };
	const beyond = (number, included) => Math.max(0, number - included);
	const usd = (workers, requests, cpu) => {
		const one = { workers: workers * prices.worker_day, requests: (requests / 1e6) * prices.million_requests, cpu: (cpu / 1e6) * prices.million_cpu_ms };
		return Object.fromEntries(Object.entries({ ...one, total: one.workers + one.requests + one.cpu }).map(([name, amount]) => [name, Math.round(amount * 100) / 100]));
	};
	return {
		by_days: round(length),
		...month,
		usd: usd(month.workers, month.requests, month.cpu_ms),
		usd_beyond_included: usd(beyond(month.workers, prices.included_worker_days), beyond(month.requests, prices.included_requests), beyond(month.cpu_ms, prices.included_cpu_ms)),
	};
}

function checked(prices) {
	for (const [name, price] of Object.entries(prices ?? {})) {
		if (!(name in PRICES) || typeof price !== "number" || !(price >= 0)) {
			throw new Refusal(`The operator's setting PRICES is wrong: ${JSON.stringify(name)} has to be one of ${Object.keys(PRICES).join(", ")}, and a number of 0 or more.`, 500);
		}
	}
	return prices;
}
