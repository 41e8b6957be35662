// What the runtime tells of each call of a script: it is counted, masked, traced to its source, and sent on.

import { WorkerEntrypoint } from "cloudflare:workers";
import { arrived } from "./arrivals.js";
import { REQUEST_ID, UNTRIED, eventOf, hasNews } from "./event.js";
import { masking } from "./mask.js";
import { isWithin } from "./since.js";
import { count, quiet, event as send } from "./meter.js";

// Where the host does not know what is secret, nothing is told of what was written.
const WITHHELD = { masked: () => "(withheld: the secrets of this version cannot be read)", place: undefined };
const RAW = { masked: (text) => text, place: undefined };
const LATER = { waitUntil() {} };
const MOST_KNOWN = 500;
// A version's own secrets do not change, those of rules may.
const KNOWN_MS = 10_000;

const versions = new Map();

/** The class that calls are told to. `known(asked, env, ctx)` is Rust's, what a panic leaves of it is no text; `fault` is fault.js. */
export function tails(known, fault) {
	async function knownOf({ namespace, script, version }, env, ctx) {
		const before = versions.get(version);
		if (before && isWithin(Date.now() - before.since, KNOWN_MS)) return before;
		const text = await known({ namespace, script, version }, env, ctx);
		// It may have been deleted in the meantime.
		if (typeof text !== "string") return before ?? WITHHELD;
		const { secrets, place } = JSON.parse(text);
		const one = { masked: masking(secrets), place, since: Date.now() };
		versions.delete(version);
		if (versions.size >= MOST_KNOWN) versions.delete(versions.keys().next().value);
		versions.set(version, one);
		return one;
	}

	// Where its author finds what was thrown; told as it is where that cannot be had.
	async function faultsOf({ exceptions }, env, place, masked) {
		const faults = [];
		for (const exception of exceptions) {
			try {
				const found = await fault(env.BUNDLES, exception, place);
				exception.stack = found.stack || exception.stack;
				faults.push({ ...found, frame: found.frame && masked(found.frame) });
			} catch (error) {
				console.error(`Where an exception comes from cannot be told: ${error.message}`);
			}
		}
		return faults;
	}

	// Whether a call wrote nothing and went well; then it is counted.
	function isQuiet(item, owner, env, ctx) {
		if (hasNews(item)) return false;
		// In another request's time, which lives for as long as it takes.
		const tell = async (env) => eventOf(item, owner, (await knownOf(owner, env, LATER)).masked);
		quiet(env, ctx, owner, owner.version, item.cpuTime, () => item.event?.request?.headers[REQUEST_ID], tell);
		return true;
	}

	// Whether the loader asked if the worker has loaded, which is no call of anybody's. A script may have a method of that name and call it
	// itself: what it takes is counted, and what it writes there is told to nobody, as its author could have it anyway.
	function isQuestion({ event, cpuTime }, owner, env, ctx) {
		if (event?.rpcMethod !== UNTRIED) return false;
		if (cpuTime > 0 && !owner.once) count(env, ctx, owner, owner.version, { cpu_ms: cpuTime });
		return true;
	}

	return class Tail extends WorkerEntrypoint {
		async tail(items) {
			const { env, ctx } = this;
			const owner = ctx.props;
			const calls = items.filter((item) => !isQuestion(item, owner, env, ctx));
			// Nearly all calls are over here.
			const loud = owner.once ? calls : calls.filter((item) => !isQuiet(item, owner, env, ctx));
			if (loud.length === 0) return;
			// What is run once is told to whoever runs it, who knows its secrets.
			const { masked, place } = owner.once ? RAW : await knownOf(owner, env, ctx);
			for (const item of loud) {
				const event = eventOf(item, owner, masked);
				if (!owner.once) event.faults = await faultsOf(event, env, place, masked);
				arrived(event);
				count(env, ctx, owner, owner.version, { invocations: 1, loads: owner.once ? 1 : 0, log_lines: item.logs.length, exceptions: item.exceptions.length, cpu_ms: event.cpuTime });
				if (!owner.once) send(env, ctx, owner, event);
				if (owner.writes) console.log(JSON.stringify(line(owner, event)));
			}
		}
	};
}

// As the operator's own logs have it.
function line({ namespace, script, version }, { event, outcome, logs, exceptions, requestId }) {
	const call = event?.request ? { method: event.request.method, url: event.request.url, status: event.response?.status } : { rpc: event?.rpcMethod };
	return { namespace, script, version, ...call, request_id: requestId, outcome, logs, exceptions };
}
