// How this Worker is doing in all its isolates together: what each knows of its last second goes to one object, which adds it up.

import { add, bump, bumpTook, classes } from "./counts.js";
import { Flights } from "./flights.js";
import { quantile } from "./histogram.js";
import { isolate, next } from "./isolate.js";

const NAME = "pulse";

const flights = new Flights({
	pauseMs: 1000,
	most: 1,
	fresh: () => ({ sequence: next(), counts: {} }),
	tell: async (env, id, load) => (await ask(env, { ...state(), loads: [load] })).pause_ms,
});

let active = 0;
let loadedWorkers = () => 0;
const state = () => ({ isolate: isolate(), active, loaded: loadedWorkers() });

/** What counts the workers that this isolate has loaded. */
export const counting = (count) => (loadedWorkers = count);

/** A request begins. */
export function begins(env, ctx) {
	active += 1;
	flights.load(env, ctx, NAME);
}

/** It ended: `failed` where that is a failure of ours or of a script's, 5xx. */
export function ended(env, ctx, ms, failed) {
	active -= 1;
	const { counts } = flights.load(env, ctx, NAME);
	bump(counts, "requests", 1);
	if (failed) bump(counts, "failures", 1);
	bumpTook(counts, ms);
}

/** The numbers of all isolates, as JSON for /metrics; of this one alone where the others' cannot be had. */
export async function pulse(env) {
	const own = { ...state(), loads: flights.waiting(NAME) };
	try {
		return JSON.stringify((await ask(env, { ...own, reads: true })).numbers);
	} catch (error) {
		console.error(`The numbers of other isolates cannot be read: ${error.message}`);
		return JSON.stringify(numbers([own], own.loads.map(({ counts }) => counts)));
	}
}

async function ask(env, report) {
	if (env.PULSE === undefined) throw new Error('wrangler.toml has no Durable Object binding "PULSE"');
	const answer = await env.PULSE.getByName(NAME).fetch("https://pulse/", { method: "POST", body: JSON.stringify(report) });
	if (!answer.ok) throw new Error(`its object answered ${answer.status}`);
	return answer.json();
}

/** What isolates, `{active, loaded}` each, and their counts come to. */
export function numbers(isolates, counted) {
	const sum = (name) => isolates.reduce((sum, isolate) => sum + isolate[name], 0);
	const counts = counted.reduce(add, {});
	const { requests = 0, failures = 0 } = counts;
	return {
		activeConnections: sum("active"),
		loadedWorkers: sum("loaded"),
		medianMs: Math.round(quantile(classes(counts), 0.5) ?? 0),
		healthy: requests === 0 ? 1000 : Math.floor(((requests - failures) * 1000) / requests),
	};
}
