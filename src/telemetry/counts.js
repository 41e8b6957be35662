// What is counted of a script: numbers by their names, that can be added up. `took.7` is how many requests took as long as class
// 7 of histogram.js says.

import { BOUNDS, classOf, quantile } from "./histogram.js";

/** What became of a request: answered by the script, refused by the host, thrown at by the script, or failed by the host. */
export const OUTCOMES = ["ok", "refused", "threw", "host_failed"];

/** Adds numbers to those that are there. */
export function add(counts, more) {
	for (const [name, number] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + number;
	return counts;
}

// Named once: this is counted with each request.
const OUTCOME = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, `outcome.${outcome}`]));
const STATUS = Array.from({ length: 6 }, (_, digit) => `status.${digit}xx`);
const TOOK = Array.from({ length: BOUNDS.length + 1 }, (_, at) => `took.${at}`);

/** Counts one thing. */
export function bump(counts, name, number) {
	counts[name] = (counts[name] ?? 0) + number;
}

/** Counts how long something took. */
export const bumpTook = (counts, ms) => bump(counts, TOOK[classOf(ms)], 1);

/** Counts a request that ended. `ms` is until its answer began; of bytes what a length was told of. */
export function addRequest(counts, { outcome, status, ms, coldMs, once, requestBytes, responseBytes }) {
	bump(counts, OUTCOME[outcome], 1);
	bump(counts, STATUS[Math.floor(status / 100)], 1);
	bumpTook(counts, ms);
	// A clock may step back while it is under way, and sums only grow.
	bump(counts, "took_ms", Math.max(0, ms));
	if (coldMs !== undefined) {
		bump(counts, "cold_starts", 1);
		bump(counts, "cold_start_ms", Math.max(0, coldMs));
	}
	if (once) bump(counts, "loads", 1);
	if (requestBytes > 0) bump(counts, "request_bytes", requestBytes);
	if (responseBytes === undefined) bump(counts, "responses_of_unknown_length", 1);
	else if (responseBytes > 0) bump(counts, "response_bytes", responseBytes);
}

const NUMBERS = [
	["cold_starts", "cold_starts"],
	["loads", "loads"],
	["subrequests_allowed", "subrequests.allowed"],
	["subrequests_refused", "subrequests.refused"],
	["log_lines", "log_lines"],
	["exceptions", "exceptions"],
	["invocations", "invocations"],
	["cpu_ms", "cpu_ms"],
	["request_bytes", "request_bytes"],
	["response_bytes", "response_bytes"],
	["responses_of_unknown_length", "responses_of_unknown_length"],
];

/** The counts as people and programs read them. */
export function told(counts) {
	const took = classes(counts);
	const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, counts[`outcome.${outcome}`] ?? 0]));
	const statuses = Object.fromEntries([1, 2, 3, 4, 5].map((digit) => [`${digit}xx`, counts[`status.${digit}xx`] ?? 0]));
	const requests = OUTCOMES.reduce((sum, outcome) => sum + outcomes[outcome], 0);
	return {
		requests,
		outcomes,
		statuses,
		latency_ms: { p50: quantile(took, 0.5), p90: quantile(took, 0.9), p99: quantile(took, 0.99), mean: mean(counts.took_ms, requests) },
		cold_start_ms: mean(counts.cold_start_ms, counts.cold_starts),
		...Object.fromEntries(NUMBERS.map(([name, from]) => [name, counts[from] ?? 0])),
	};
}

/** How many requests took as long as each class says. */
export function classes(counts) {
	const took = [];
	for (const [name, number] of Object.entries(counts)) if (name.startsWith("took.")) took[Number(name.slice(5))] = number;
	return took;
}

const mean = (sum, count) => (count > 0 ? Math.round((sum / count) * 100) / 100 : null);
