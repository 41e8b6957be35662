// What is measured of scripts in this isolate, on its way to the object of their namespace: src/telemetry/telemetry.js.

import { add, ofRequest } from "./counts.js";
import { Flights } from "./flights.js";
import { isolate, next } from "./isolate.js";

const MOST_NAMESPACES = 500;
// So many scripts and versions are told apart between two flights. Of those beyond, only their namespace is counted.
const MOST_SERIES = 250;
const MOST_IDENTITIES = 1000;
// What scripts write is theirs to say: of a namespace so much in a second, from here.
const MOST_EVENTS = 200;
const MOST_EVENT_BYTES = 512 * 1024;

const flights = new Flights({ pauseMs: 1000, most: MOST_NAMESPACES, fresh, tell });

function fresh() {
	return { sequence: next(), namespace: "", series: new Map(), identities: new Map(), events: [], bytes: 0, dropped: 0 };
}

function load(env, ctx, { namespace, namespace_id }) {
	const load = flights.load(env, ctx, namespace_id);
	load.namespace = namespace;
	return load;
}

/** Counts something of a version of a script. `owner` is `{ namespace, namespace_id, script }`. */
export function count(env, ctx, owner, version, counts) {
	const { series } = load(env, ctx, owner);
	let id = JSON.stringify([owner.script, version]);
	if (!series.has(id) && series.size >= MOST_SERIES) id = '["",""]';
	if (!series.has(id)) series.set(id, {});
	add(series.get(id), counts);
}

/** Counts a request that ended; see counts.js. */
export function countRequest(env, ctx, owner, version, request) {
	count(env, ctx, owner, version, ofRequest(request));
}

/** A worker was started under this key, whose `parts` are digests of what it was made of. */
export function started(env, ctx, owner, version, key, parts) {
	const { identities } = load(env, ctx, owner);
	const known = identities.get(key);
	if (known) known.starts += 1;
	else if (identities.size < MOST_IDENTITIES) identities.set(key, { key, script: owner.script, version, parts, starts: 1 });
}

/** Something that a script wrote, or threw, in the form of src/telemetry/event.js. */
export function event(env, ctx, owner, event) {
	const one = load(env, ctx, owner);
	const bytes = JSON.stringify(event).length;
	if (one.events.length >= MOST_EVENTS || one.bytes + bytes > MOST_EVENT_BYTES) {
		one.dropped += 1;
		return;
	}
	one.events.push(event);
	one.bytes += bytes;
}

async function tell(env, id, { sequence, namespace, series, identities, events, dropped }) {
	if (env.TELEMETRY === undefined) throw new Error('wrangler.toml has no Durable Object binding "TELEMETRY"');
	const counted = [...series].map(([id, counts]) => [...JSON.parse(id), counts]);
	const body = JSON.stringify({ op: "add", isolate: isolate(), sequence, namespace, series: counted, identities: [...identities.values()], events, dropped });
	const answer = await env.TELEMETRY.getByName(id).fetch("https://telemetry/", { method: "POST", body });
	const told = await answer.json();
	if (!answer.ok) throw new Error(`its object answered ${answer.status}`);
	if (env.ANALYTICS !== undefined) for (const one of counted) env.ANALYTICS.writeDataPoint(point(namespace, one));
	return told.pause_ms;
}

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
