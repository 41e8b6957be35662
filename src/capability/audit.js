// What became of scripts' requests to elsewhere: counted here, and now and then told to the script's object. Nobody waits
// for that.

const PAUSE_MS = 250;
// A flight that has not come back by then was of a request that was cut off.
const LONGEST_MS = 10_000;
// So many kinds of requests are told apart between two flights; of the others the host is not. A script chooses its hosts.
const MOST_KINDS = 200;
const MOST_SCRIPTS = 500;

const scripts = new Map();

// Counts a request: `{decision, code, policy, rule, host, method}`.
export function count(env, ctx, seen) {
	const { namespace_id, script, incarnation } = ctx.props;
	const name = `${namespace_id}/${script}`;
	const id = `${name}/${incarnation}`;
	let one = scripts.get(id);
	if (one === undefined) {
		if (scripts.size >= MOST_SCRIPTS) scripts.delete(scripts.keys().next().value);
		one = { name, incarnation, kinds: new Map(), since: -Infinity };
		scripts.set(id, one);
	}
	add(one, seen, 1);
	if (Date.now() - one.since < LONGEST_MS) return;
	one.since = Date.now();
	ctx.waitUntil(fly(env, id, one));
}

function add({ kinds }, seen, times) {
	let kind = JSON.stringify(seen);
	if (!kinds.has(kind) && kinds.size >= MOST_KINDS) kind = JSON.stringify({ ...seen, host: "*" });
	kinds.set(kind, (kinds.get(kind) ?? 0) + times);
}

// One flight at a time: what comes in meanwhile goes with the next.
async function fly(env, id, one) {
	const began = one.since;
	while (one.kinds.size > 0 && one.since === began) {
		await scheduler.wait(PAUSE_MS);
		const { kinds } = one;
		one.kinds = new Map();
		try {
			await tell(env, one, kinds);
		} catch (error) {
			// It goes with the next request's.
			for (const [kind, times] of kinds) add(one, JSON.parse(kind), times);
			console.error(`What ${one.name} was let out is not recorded yet: ${error.message}`);
			break;
		}
	}
	if (one.since !== began) return;
	one.since = -Infinity;
	if (one.kinds.size === 0 && scripts.get(id) === one) scripts.delete(id);
}

async function tell(env, { name, incarnation }, kinds) {
	const counts = [...kinds].map(([kind, count]) => ({ ...JSON.parse(kind), count }));
	const body = JSON.stringify({ op: "add_outbound_audit", incarnation, counts });
	const answer = await env.SCRIPTS.getByName(name).fetch(new Request("https://object/", { method: "POST", body }));
	await answer.arrayBuffer();
	// A script that is gone has nothing to record any more.
	if (!answer.ok && answer.status !== 404) throw new Error(`its object answered ${answer.status}`);
}
