// What scripts did, and one that is run once: src/api/telemetry.rs.

import { NAMESPACE, SCRIPT } from "./namespaces.js";
import { upload } from "./scripts.js";
import { control, json, query, result } from "./call.js";
import { any, either, flag, id, list, loose, map, maybe, none, number, partly, ref, short, taken, text, time, told, whole, word } from "./schema.js";

const moment = text({ pattern: "^([0-9]{11,14}|[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?)$" });
const since = query("since", moment, "From this time on: RFC 3339, or milliseconds since 1970.");
const until = query("until", moment, "Before this time.");
const version = query("version", text(), "Of one version, by its id.");
const limit = (maximum, first) => query("limit", { type: "integer", minimum: 1, maximum, default: first }, "At most so many.");
const series = [
	version, since, until,
	query("step", word("minute", "hour"), "Points are so far apart; without it as the time asks for."),
	query("by", word("namespace", "script", "version"), "What is told apart."),
];
const logs = [
	version, since, until, limit(500, 100),
	query("level", word("debug", "info", "log", "warn", "error"), "Calls that wrote something of this level or above."),
	query("status", word("ok", "error", "canceled"), "How the call ended."),
	query("method", text(), "The request's method."),
	query("search", text(), "Calls that wrote or threw this."),
	query("request_id", text(), "One call, by the `x-worker-request-id` of its answer."),
	query("before", { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, "Those before the event of this id."),
];

const asked = (path, of) => ({
	[`${path}/analytics`]: { get: control(`get${of}Analytics`, "Time series of requests, outcomes, latency, cold starts and more.", { parameters: series, ok: result(ref("Analytics")) }) },
	[`${path}/logs`]: { get: control(`get${of}Logs`, "What was written, the newest first.", { parameters: logs, ok: result(ref("Logs")) }) },
	[`${path}/errors`]: { get: control(`list${of}Errors`, "What was thrown, each once, the last seen first.", { parameters: [limit(200, 50)], ok: result(list(ref("Fault"))) }) },
});

const SHOWN = { id, expires_at: time };
const filters = json(maybe(taken({ filters: maybe(list(ref("Filter"), { maxItems: 20 })) })), { filters: [{ outcome: ["exception"] }] }, { required: false });
const tails = (path, Of, parameters) => ({
	[`${path}/tails`]: {
		get: control(`list${Of}Tails`, "The live tails that there are.", { ok: result(list(told(SHOWN))) }),
		post: control(`start${Of}Tail`, "Begins a live tail: whoever has its `url` may listen there, over a WebSocket, for an hour.", {
			body: filters,
			ok: {
				...result(told({ ...SHOWN, url: text({ pattern: "^wss?://" }) })),
				links: { [`end${Of}Tail`]: { operationId: `end${Of}Tail`, parameters: { ...Object.fromEntries(parameters.map((name) => [name, `$request.path.${name}`])), item: "$response.body#/result/id" } } },
			},
			also: [413],
		}),
	},
	[`${path}/tails/{item}`]: { delete: control(`end${Of}Tail`, "Ends a live tail.") },
});

export const paths = {
	...asked(NAMESPACE, "Namespace"),
	...asked(SCRIPT, ""),
	[`${NAMESPACE}/cost`]: { get: control("getCost", "Workers by the day, what a month of that costs, and warnings with reasons.", { ok: result(ref("Cost")) }) },
	[`${SCRIPT}/errors/{item}`]: {
		get: control("getError", "Tells of one, by its fingerprint.", { ok: result(ref("Fault")) }),
		delete: control("resolveError", "It is dealt with: if it is seen again, it is new.", { ok: result(ref("Fault")) }),
	},
	...tails(NAMESPACE, "Namespace", ["namespace"]),
	...tails(SCRIPT, "Script", ["namespace", "script"]),
	...tails("/client/v4/accounts/{account}/workers/scripts/{namespace}/{script}", "Wrangler", ["namespace", "script"]),
	[`${NAMESPACE}/run`]: {
		post: control("run", "Runs an upload once, with no way out, and keeps nothing.", { body: upload("RunMetadata", []), ok: result(ref("Run")), also: [413, 415] }),
	},
};

const counts = whole();
const mean = maybe(number({ minimum: 0 }));
const point = {
	requests: counts, outcomes: told({ ok: counts, refused: counts, threw: counts, host_failed: counts }), statuses: told({ "1xx": counts, "2xx": counts, "3xx": counts, "4xx": counts, "5xx": counts }),
	latency_ms: told({ p50: mean, p90: mean, p99: mean, mean }), cold_start_ms: mean, cold_starts: counts, loads: counts, subrequests_allowed: counts, subrequests_refused: counts, log_lines: counts, exceptions: counts,
	invocations: counts, cpu_ms: number({ minimum: 0 }), request_bytes: counts, response_bytes: counts, responses_of_unknown_length: counts,
};
const usd = told({ workers: number(), requests: number(), cpu: number(), total: number() });
const dollars = number({ minimum: 0 });
const texts = list(text(), { maxItems: 20 });
const one = (name, schema) => taken({ [name]: schema }, [name]);
const traced = { name: text(), message: text(), stack: text(), file: text(), line: whole(), column: whole(), frame: text(), fingerprint: text() };
const fault = partly(traced, ["stack", "file", "line", "column", "frame"]);

export const schemas = {
	Analytics: told({ since: time, until: time, step: word("minute", "hour"), series: list(partly({ script: text(), version: text(), totals: told(point), points: list(told({ at: time, ...point })) }, ["script", "version"])) }),
	Cost: told({
		days: list(told({ day: text({ format: "date" }), workers: counts, keys: counts, loads: counts, requests: counts, billed_requests: counts, cpu_ms: counts, cold_starts: counts, cold_start_rate: mean })),
		projected: told({ by_days: number(), workers: counts, requests: counts, cpu_ms: counts, usd, usd_beyond_included: usd }),
		prices: told({ worker_day: dollars, included_worker_days: dollars, million_requests: dollars, included_requests: dollars, million_cpu_ms: dollars, included_cpu_ms: dollars }),
		warnings: list(partly({ code: word("many_keys", "many_loads"), script: text(), keys: counts, loads: counts, changed: map(counts), message: text() }, ["keys", "loads", "changed"])),
	}),
	Logs: partly({ tail: word("arrived", "unknown"), events: list(ref("Event")), before: maybe(whole(1)), dropped: counts }, ["tail"]),
	Event: loose({ id: whole(1), outcome: text(), scriptName: maybe(text()), scriptVersion: told({ id: maybe(text()) }), dispatchNamespace: text(), exceptions: list(loose({ name: text(), message: text() })), logs: list(ref("Line")), eventTimestamp: maybe(whole()), requestId: maybe(text()) }, ["id", "outcome", "exceptions", "logs"], { description: "As Cloudflare's tails have it, and beside that the request's id and the faults." }),
	Line: loose({ level: text(), timestamp: number(), message: list(any) }, ["level", "message"]),
	Fault: partly({ script: text(), ...traced, count: whole(1), first_seen: time, last_seen: time, first_version: text(), last_version: text(), first_request: maybe(text()), last_request: maybe(text()) }, ["stack", "file", "line", "column", "frame"]),
	Filter: either(
		one("sampling_rate", number({ minimum: 0, maximum: 1 })), one("outcome", texts), one("method", texts), one("client_ip", texts), one("query", text()), one("scriptVersion", texts),
		one("header", loose({ key: text(), query: text() }, ["key"])),
	),
	RunMetadata: loose({
		main_module: maybe(text()), compatibility_date: maybe(text({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })), compatibility_flags: maybe(list(text())), bindings: maybe(list(loose({ name: text(), type: word("plain_text", "secret_text", "json"), text: text() }, ["name", "type"]))),
		request: maybe(loose({ method: short(20), url: text({ format: "uri" }), headers: map(text()), body: maybe(text()) })),
	}),
	Run: partly({
		request_id: id, response: either(told({ status: whole(100, 599), headers: list(list(text(), { minItems: 2, maxItems: 2 })), body: text(), truncated: flag }), none), error: text(), tail: word("arrived", "late"),
		logs: list(ref("Line")), faults: list(fault), timing: told({ load_ms: number(), run_ms: number(), total_ms: number() }),
	}, ["error"]),
};
