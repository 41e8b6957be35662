// What a main module exports, as the probe tells it, and what of that cannot be.

const CALLABLE = new Set(["object", "entrypoint"]);
const MOST_ANSWER = 256 * 1024;
const WANTED = "export default { fetch(request, env, ctx) { ... } }";

// The kinds that cannot handle anything, in words.
const WORDS = {
	other: "neither an object nor a class",
	function: "a function",
	class: "a class that extends no class of cloudflare:workers",
	durableObject: "a Durable Object class",
	workflow: "a Workflow class",
};

// Those of before there was a class to extend are plain.
export const isObjectClass = ({ kind }) => kind === "durableObject" || kind === "class";
export const isCallable = ({ kind }) => CALLABLE.has(kind);

/**
 * The probe's answer, `{ fallback, named: [{ name, kind, handlers }] }`, the fallback being the default export or null. The
 * script may have had a hand in it: nothing is taken for granted, and undefined is what cannot be read.
 */
export function exportedOf(answer) {
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

/** Why a main module of these exports cannot run, or undefined. */
export function problemOf(main, exported) {
	const module = `main module ${JSON.stringify(main)}`;
	if (!exported) return `The ${module} cannot be asked for its exports: use fewer and shorter names.`;
	const { fallback, named } = exported;
	const other = named.find(({ kind }) => kind === "other");
	if (other) {
		const name = JSON.stringify(other.name);
		return `The ${module} exports ${name}, which is ${WORDS.other}: it exports handlers and classes only. Move it to another module.`;
	}
	if (fallback && !isCallable(fallback)) {
		const is = WORDS[fallback.kind] ?? "no handler";
		return `The default export of the ${module} is ${is}: ${WANTED}, or a class that extends WorkerEntrypoint.`;
	}
	const handles = (one) => isCallable(one) && one.handlers.length > 0;
	return (fallback && handles(fallback)) || named.some(handles) ? undefined : `The ${module} has no handler: ${WANTED}.`;
}
