// What became of scripts' requests to elsewhere: counted here, and now and then told to the script's object. Nobody waits
// for that.

import { Flights } from "../telemetry/flights.js";

// So many kinds of requests are told apart between two flights; of the others the host is not. A script chooses its hosts.
const MOST_KINDS = 200;

const flights = new Flights({ pauseMs: 250, most: 500, fresh: () => new Map(), tell });

/** Counts a request: `{decision, code, policy, rule, host, method}`. */
export function count(env, ctx, seen) {
	const { namespace_id, script, incarnation } = ctx.props;
	const kinds = flights.load(env, ctx, `${namespace_id}/${script}/${incarnation}`);
	let kind = JSON.stringify(seen);
	if (!kinds.has(kind) && kinds.size >= MOST_KINDS) kind = JSON.stringify({ ...seen, host: "*" });
	kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
}

async function tell(env, id, kinds) {
	const [, name, incarnation] = /^(.*)\/(.*)$/.exec(id);
	const counts = [...kinds].map(([kind, count]) => ({ ...JSON.parse(kind), count }));
	const body = JSON.stringify({ op: "add_outbound_audit", incarnation, counts });
	const answer = await env.SCRIPTS.getByName(name).fetch(new Request("https://object/", { method: "POST", body }));
	await answer.arrayBuffer();
	// A script that is gone has nothing to record any more.
	if (!answer.ok && answer.status !== 404) throw new Error(`its object answered ${answer.status}`);
}
