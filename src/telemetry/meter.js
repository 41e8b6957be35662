// What is measured of scripts in this isolate, on its way to the object of their namespace: src/telemetry/telemetry.js.

import { add, addRequest, bump } from "./counts.js";
import { Flights } from "./flights.js";
import { isolate, next } from "./isolate.js";

const MOST_NAMESPACES = 500;
// So many scripts and versions are told apart between two flights. Of those beyond, only their namespace is counted.
const MOST_SERIES = 250;
const MOST_IDENTITIES = 1000;
// What scripts write is theirs to say: of a namespace so much in a second, from here.
const MOST_EVENTS = 200;
const MOST_EVENT_BYTES = 512 * 1024;
// Of calls that wrote nothing, which only a live tail is told, fewer: they take no place from the others.
const MOST_QUIET = 100;
const MOST_FAULTS = 200;
const MOST_IDS = 1000;

const flights = new Flights({ pauseMs: 1000, most: MOST_NAMESPACES, fresh, tell });

function fresh() {
	return { sequence: next(), namespace: "", series: new Map(), identities: new Map(), events: [], quiet: [], faults: new Map(), ids: [], bytes: 0, dropped: 0 };
}

function load(env, ctx, { namespace, namespace_id }) {
	const load = flights.load(env, ctx, namespace_id);
	load.namespace = namespace;
	return load;
}

// What is counted of a version of a script. No name has a line's end in it.
function countsOf({ series }, script, version) {
	let id = `${script}\n${version}`;
	let counts = series.get(id);
	if (counts !== undefined) return counts;
	if (series.size >= MOST_SERIES) {
		id = "\n";
		counts = series.get(id);
	}
	if (counts === undefined) series.set(id, (counts = {}));
	return counts;
}

/** Counts something of a version of a script. `owner` is `{ namespace, namespace_id, script }`. */
export function count(env, ctx, owner, version, counts) {
	add(countsOf(load(env, ctx, owner), owner.script, version), counts);
}

/** Counts a request that ended; see counts.js. */
export function countRequest(env, ctx, owner, version, request) {
	addRequest(countsOf(load(env, ctx, owner), owner.script, version), request);
}

/**
 * Counts a call that wrote nothing and went well, as nearly all do. `tell(env)` promises its event: only a live tail wants to know it, and
 * whether there is one the object says. `idOf()` gives the request's id: to read it costs more than to count the call.
 */
export function quiet(env, ctx, owner, version, cpuMs, idOf, tell) {
	const one = load(env, ctx, owner);
	const counts = countsOf(one, owner.script, version);
	bump(counts, "invocations", 1);
	if (cpuMs > 0) bump(counts, "cpu_ms", cpuMs);
	if (one.quiet.length >= MOST_QUIET) return;
	one.quiet.push(tell);
	const id = idOf();
	if (id !== undefined && one.ids.length < MOST_IDS) one.ids.push(id);
}

/** A worker was started under this key, whose `parts` are digests of what it was made of. */
export function started(env, ctx, owner, version, key, parts) {
	const { identities } = load(env, ctx, owner);
	const known = identities.get(key);
	if (known) known.starts += 1;
	else if (identities.size < MOST_IDENTITIES) identities.set(key, { key, script: owner.script, version, parts, starts: 1 });
}

/** A version was started that another object of ours calls: its note, with its identity. */
export const startedAs = (env, ctx, { owner, version = "", identity: [key, parts] }) => started(env, ctx, owner, version, key, parts);

/** A call of a script that has news, in the form of src/telemetry/event.js, with its `faults`. */
export function event(env, ctx, owner, event) {
	const one = load(env, ctx, owner);
	const { requestId, faults = [] } = event;
	if (requestId !== null && one.ids.length < MOST_IDS) one.ids.push(requestId);
	// How often it was thrown is counted, whether the event is kept or not.
	for (const fault of faults) thrown(one.faults, owner, event, fault);
	const bytes = JSON.stringify(event).length;
	if (one.events.length >= MOST_EVENTS || one.bytes + bytes > MOST_EVENT_BYTES) {
		one.dropped += 1;
		return;
	}
	one.events.push(event);
	one.bytes += bytes;
}

function thrown(faults, { script, version }, { eventTimestamp: at, requestId: request }, fault) {
	const id = JSON.stringify([script, fault.fingerprint]);
	const known = faults.get(id);
	if (known) Object.assign(known, { count: known.count + 1, last: { at, version, request }, fault });
	else if (faults.size < MOST_FAULTS) faults.set(id, { script, count: 1, first: { at, version, request }, last: { at, version, request }, fault });
}

async function tell(env, id, { sequence, namespace, series, identities, events, quiet, faults, ids, dropped }) {
	if (env.TELEMETRY === undefined) throw new Error('wrangler.toml has no Durable Object binding "TELEMETRY"');
	const counted = [...series].map(([id, counts]) => [...id.split("\n"), counts]);
	const brought = { series: counted, identities: [...identities.values()], events, faults: [...faults.values()], ids, dropped };
	const body = JSON.stringify({ op: "add", isolate: isolate(), sequence, namespace, ...brought });
	const object = env.TELEMETRY.getByName(id);
	const answer = await object.fetch("https://telemetry/", { method: "POST", body });
	const told = await answer.json();
	if (!answer.ok) throw new Error(`its object answered ${answer.status}`);
	if (told.listens && events.length + quiet.length + dropped > 0) {
		const all = [...events, ...(await Promise.all(quiet.map((tell) => tell(env))))].sort(byTime);
		const heard = await object.fetch("https://telemetry/", { method: "POST", body: JSON.stringify({ op: "live", events: all, dropped }) });
		// What was counted has arrived: that nobody heard of it live does not hold that up.
		if (!heard.ok) console.error(`Who listens to ${namespace} was told nothing: its object answered ${heard.status}.`);
	}
	if (env.ANALYTICS !== undefined) for (const one of counted) env.ANALYTICS.writeDataPoint(point(namespace, one));
	return told.pause_ms;
}

const byTime = (one, other) => one.eventTimestamp - other.eventTimestamp;

/** The doubles of a data point, in their order. */
export const DOUBLES = [
	"outcome.ok", "outcome.refused", "outcome.threw", "outcome.host_failed", "took_ms", "cold_starts", "cold_start_ms", "loads",
	"subrequests.allowed", "subrequests.refused", "log_lines", "exceptions", "cpu_ms", "request_bytes", "response_bytes",
];

// For Workers Analytics Engine: https://developers.cloudflare.com/analytics/analytics-engine/
function point(namespace, [script, version, counts]) {
	// An index has 96 bytes; whoever samples does it by namespace.
	return { indexes: [namespace.slice(0, 96)], blobs: [namespace, script, version], doubles: DOUBLES.map((name) => counts[name] ?? 0) };
}
