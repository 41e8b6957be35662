// What a script finds in its env beside what the loader puts there: the parts of its upload that are bindings (data_blob,
// text_blob, wasm_module), as nobody but a module can have WebAssembly; and in place of a stub to its storage the object that
// Cloudflare's runtime would give it. A module of ours does it, before any module of the script runs: the env is one object
// for all that runs in an isolate.

/**
 * The modules as the loader takes them, with ours, which `main` imports first. `given` is `{ parts: [[binding, module], ...],
 * wrapped: [[binding, kind], ...], sources: { kind: source } }`; a source exports `wrapped(stub)`.
 */
export function withGiven(modules, main, { parts, wrapped, sources }) {
	if (parts.length + wrapped.length === 0) return modules;
	let own = "given";
	while (Object.keys(modules).some((name) => name.startsWith(`${own}/`))) own = `_${own}`;
	const all = { ...modules };
	const [imports, added] = [[], []];
	for (const [kind, js] of Object.entries(sources)) {
		all[`${own}/${kind}.js`] = { js };
		imports.push(`import { wrapped as ${kind} } from "./${kind}.js";`);
	}
	for (const [binding, kind] of wrapped) added.push(`env[${JSON.stringify(binding)}] = ${kind}(env[${JSON.stringify(binding)}]);`);
	parts.forEach(([binding, module], at) => {
		imports.push(`import p${at} from ${JSON.stringify(`/${module}`)};`);
		added.push(`env[${JSON.stringify(binding)}] = p${at};`);
	});
	all[`${own}/env.js`] = { js: ['import { env } from "cloudflare:workers";', ...imports, ...added].join("\n") };
	all[main] = { js: importing(`${own}/env.js`, modules[main].js) };
	return all;
}

// On a line that is there, so that no line changes its number; a first line that begins with #! has to be the first.
function importing(own, source) {
	const at = source.startsWith("#!") ? source.indexOf("\n") + 1 : 0;
	return `${source.slice(0, at)}import ${JSON.stringify(`/${own}`)};${source.slice(at)}`;
}
