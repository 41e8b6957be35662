// Whether a script loads, by loading it: in a sandbox from which nothing goes out, and which is gone afterwards.

import { exports } from "cloudflare:workers";
import { loadable } from "./bundle.js";
import { exportedOf, isCallable, isObjectClass, problemOf } from "./exported.js";
import { withGiven } from "./given.js";
import { report } from "./report.js";

// Cloudflare's own limit for what runs before the first request. Locally the runtime has none.
const LIMITS = { cpuMs: 1000 };
// What no script has a method for.
const METHOD = "isThereSuchAMethodAtAll";

/**
 * `asked` is JSON, { compatibility_date, compatibility_flags, main_module, env, stubs, given }: `stubs` are the bindings that are a
 * stub to an entrypoint of ours and its name, here to one of no files and of nothing stored; `given` as in given.js. Gives JSON:
 * { handlers, named_handlers, classes, startup_time_ms }, or { problems } that are the script's. Throws what is no fault of it.
 */
export async function check(loader, probe, asked, kept, deadlineMs) {
	const { compatibility_date, compatibility_flags, main_module: main, env, stubs, given } = JSON.parse(asked);
	for (const [name, entrypoint] of stubs) env[name] = exports[entrypoint]({ props: { manifest: "" } });
	const python = kept.modules.find(({ kind }) => kind === "py");
	if (python) return told(`The module ${JSON.stringify(python.name)} is Python, which this host cannot try: upload JavaScript.`);
	const surroundings = { compatibilityDate: compatibility_date, compatibilityFlags: compatibility_flags, env, globalOutbound: null };
	const load = (mainModule, modules) => loader.load({ ...surroundings, limits: LIMITS, mainModule, modules });

	// A name that the script cannot know, so that it neither imports these modules nor replaces them.
	const own = crypto.randomUUID();
	const modules = withGiven(loadable(kept.modules), main, given);
	const probing = { ...modules, [`${own}/probe.js`]: { js: probe }, [`${own}/main`]: { text: `/${main}` } };
	const probed = await attempt(() => load(`${own}/probe.js`, probing).getEntrypoint().probe(), deadlineMs);
	if (probed.late) return told(late(main, deadlineMs));
	// And as it will run, with its own main module: the runtime looks at that more closely than an import does.
	const run = (entrypoint) => attempt(async () => {
		const stub = load(main, modules).getEntrypoint(entrypoint);
		await Reflect.apply(stub[METHOD], stub, [0]).catch(unlessItRan);
	}, deadlineMs);
	if (probed.failed) {
		// Where it has no default export, that is not said before it has loaded.
		const ran = await run().catch(() => ({}));
		const loads = !ran.failed && !ran.late && probed.failed.includes("Top-level await in module is unsettled");
		return told(loads ? thenable(main) : await report(probed.failed, ran.failed, kept, own));
	}

	const exported = exportedOf(probed.value);
	const problem = problemOf(main, exported);
	if (problem) return told(problem);
	const { fallback, named } = exported;
	const began = performance.now();
	const ran = await run(fallback ? undefined : named.find(isCallable).name);
	if (ran.late) return told(late(main, deadlineMs));
	if (ran.failed) return told(await report(ran.failed, undefined, kept, own));
	return JSON.stringify({
		handlers: fallback?.handlers ?? [],
		named_handlers: named.map(({ name, handlers }) => ({ name, handlers })),
		classes: named.filter(isObjectClass).map(({ name }) => name),
		startup_time_ms: Math.max(1, Math.round(performance.now() - began)),
	});
}

// Where the first problem has that word, wrangler says that limits of it were exceeded.
function told(problem) {
	return JSON.stringify({ problems: /startup/i.test(problem) ? ["The script does not load:", problem] : [problem] });
}

// What is thrown inside the script is thrown by a script that was loaded.
function unlessItRan(error) {
	if (!error.remote) throw error;
}

/** `{ value }`, `{ failed }` with the runtime's words where the script does not start, `{ late }`. */
async function attempt(load, deadlineMs) {
	let timer;
	const deadline = new Promise((resolve) => {
		timer = setTimeout(resolve, deadlineMs, { late: true });
	});
	const loaded = (async () => {
		try {
			return { value: await load() };
		} catch (error) {
			if (!error.message?.startsWith("Failed to start Worker:")) throw error;
			return { failed: error.message };
		}
	})();
	try {
		return await Promise.race([loaded, deadline]);
	} finally {
		clearTimeout(timer);
	}
}

const late = (main, ms) =>
	`The main module ${JSON.stringify(main)} is still loading after ${ms / 1000} seconds: do less before the first request.`;

const thenable = (main) =>
	`The main module ${JSON.stringify(main)} exports "then", which makes a promise of it that is never kept: rename that export.`;
