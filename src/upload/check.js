// Whether a script loads, by loading it: in a sandbox from which nothing goes out, and which is gone afterwards.

import { exports } from "cloudflare:workers";
import { loadable } from "./bundle.js";
import { report } from "./report.js";

const CALLABLE = new Set(["object", "entrypoint"]);
const MOST_ANSWER = 256 * 1024;
// Cloudflare's own limit for what runs before the first request. Locally the runtime has none.
const LIMITS = { cpuMs: 1000 };
// What no script has a method for.
const METHOD = "isThereSuchAMethodAtAll";

/**
 * `asked` is JSON, { compatibility_date, compatibility_flags, main_module, env, assets }: `assets` are the names of the bindings
 * that are a stub to our own entrypoint of that name, here to one of no files. Gives JSON: { handlers, named_handlers,
 * startup_time_ms }, or { problems } that are the script's. Throws what is no fault of it.
 */
export async function check(loader, probe, asked, kept, deadlineMs) {
	const { compatibility_date, compatibility_flags, main_module: main, env, assets } = JSON.parse(asked);
	for (const name of assets) env[name] = exports.Assets({ props: { manifest: "" } });
	const python = kept.modules.find(({ kind }) => kind === "py");
	if (python) return JSON.stringify({ problems: [`The module ${JSON.stringify(python.name)} is Python, which this host cannot try before it is stored: upload JavaScript.`] });
	// A name that the script cannot know, so that it neither imports these modules nor replaces them.
	const own = crypto.randomUUID();
	const modules = loadable(kept.modules);
	const code = { compatibilityDate: compatibility_date, compatibilityFlags: compatibility_flags, env, globalOutbound: null, limits: LIMITS };
	// Where the first problem has that word, wrangler says that limits of it were exceeded.
	const told = (problem) => JSON.stringify({ problems: /startup/i.test(problem) ? ["The script does not load:", problem] : [problem] });

	const probing = { ...modules, [`${own}/probe.js`]: { js: probe }, [`${own}/main`]: { text: `/${main}` } };
	const probed = await attempt(() => loader.load({ ...code, mainModule: `${own}/probe.js`, modules: probing }).getEntrypoint().probe(), deadlineMs);
	if (probed.late) return told(late(main, deadlineMs));
	// And as it will run, with its own main module: the runtime looks at that more closely than an import does.
	const run = (entrypoint) => attempt(async () => {
		const stub = loader.load({ ...code, mainModule: main, modules }).getEntrypoint(entrypoint);
		await Reflect.apply(stub[METHOD], stub, [0]).catch(unlessItRan);
	}, deadlineMs);
	if (probed.failed) {
		// Where it has no default export, that is not said before it has loaded.
		const ran = await run().catch(() => ({}));
		const loads = !ran.failed && !ran.late && probed.failed.includes("Top-level await in module is unsettled");
		return told(loads ? thenable(main) : await report(probed.failed, ran.failed, kept, own));
	}

	const exported = read(probed.value);
	if (!exported) return told(`The main module ${JSON.stringify(main)} cannot be asked for its exports: use fewer and shorter names.`);
	const { fallback, named } = exported;
	const problem = problemOf(main, fallback, named);
	if (problem) return told(problem);
	const began = performance.now();
	const ran = await run(fallback ? undefined : named.find(({ kind }) => CALLABLE.has(kind)).name);
	if (ran.late) return told(late(main, deadlineMs));
	if (ran.failed) return told(await report(ran.failed, undefined, kept, own));
	return JSON.stringify({
		handlers: fallback?.handlers ?? [],
		named_handlers: named.map(({ name, handlers }) => ({ name, handlers })),
		startup_time_ms: Math.max(1, Math.round(performance.now() - began)),
	});
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

const late = (main, ms) => `The main module ${JSON.stringify(main)} is still loading after ${ms / 1000} seconds: do less before the first request.`;

const thenable = (main) => `The main module ${JSON.stringify(main)} exports "then", which makes a promise of it that is never kept: rename that export.`;

/** The probe's answer, which the script may have had a hand in: nothing is taken for granted. */
function read(answer) {
	if (typeof answer !== "string" || answer.length > MOST_ANSWER) return undefined;
	let parsed;
	try {
		parsed = JSON.parse(answer);
	} catch {
		return undefined;
	}
	const handlers = (list) => (Array.isArray(list) ? list.filter((name) => typeof name === "string") : []);
	const clean = (described) => ({ kind: `${described?.kind}`, handlers: handlers(described?.handlers) });
	return {
		fallback: parsed?.default ? clean(parsed.default) : null,
		named: Object.entries(parsed?.named ?? {}).map(([name, described]) => ({ name, ...clean(described) })),
	};
}

const WORDS = {
	other: "neither an object nor a class",
	function: "a function",
	class: "a class that extends no class of cloudflare:workers",
	durableObject: "a Durable Object class",
	workflow: "a Workflow class",
};

function problemOf(main, fallback, named) {
	const name = JSON.stringify(main);
	const wanted = "export default { fetch(request, env, ctx) { ... } }";
	const other = named.find(({ kind }) => kind === "other");
	if (other) {
		return `The main module ${name} exports ${JSON.stringify(other.name)}, which is ${WORDS.other}: a main module exports handlers and classes only. Move it to another module.`;
	}
	if (fallback && !CALLABLE.has(fallback.kind)) {
		return `The default export of the main module ${name} is ${WORDS[fallback.kind] ?? "no handler"}: ${wanted}, or a class that extends WorkerEntrypoint.`;
	}
	const handles = (exported) => CALLABLE.has(exported.kind) && exported.handlers.length > 0;
	if ((fallback && handles(fallback)) || named.some(handles)) return undefined;
	return `The main module ${name} has no handler: ${wanted}.`;
}
