// What a script finds in its env beside what the loader puts there: the parts of its upload that are bindings (data_blob,
// text_blob, wasm_module), as nobody but a module can have WebAssembly; and in place of a stub to its storage the object that
// Cloudflare's runtime would give it. A module of ours does it, before any module of the script runs: the env is one object
// for all that runs in an isolate. Another one is the main module where what the host calls itself is run: Durable Objects, and the
// consumer of queues.

/**
 * The modules as the loader takes them, with ours in a folder of theirs, which `main` imports first. `given` is `{ folder, parts: [[
 * binding, module], ...], wrapped: [[binding, kind, id], ...], sources: { kind: source }, classes: [name, ...], alarm_goes, consumes
 * }`; a source exports `wrapped(stub, id)`, that of `supervised` what makes of a class one that is run below a supervisor, and that of
 * `consumer` what makes of the default export an entrypoint to which queues are delivered.
 */
export function withGiven(modules, main, { folder, parts, wrapped, sources, classes, alarm_goes, consumes }) {
	const all = { ...modules };
	for (const [kind, js] of Object.entries(sources)) all[`${folder}/${kind}.js`] = { js };
	if (parts.length + wrapped.length > 0) {
		const kinds = new Set(wrapped.map(([, kind]) => kind));
		const imports = [...kinds].map((kind) => `import { wrapped as ${kind} } from "./${kind}.js";`);
		const added = wrapped.map(([binding, kind, id]) => `env[${text(binding)}] = ${kind}(env[${text(binding)}], ${text(id)});`);
		parts.forEach(([binding, module], at) => {
			imports.push(`import p${at} from ${text(`/${module}`)};`);
			added.push(`env[${text(binding)}] = p${at};`);
		});
		all[`${folder}/env.js`] = { js: ['import { env } from "cloudflare:workers";', ...imports, ...added].join("\n") };
		all[main] = { js: importing(`${folder}/env.js`, modules[main].js) };
	}
	if (classes.length > 0 || consumes) {
		// Ours first: the script may change what is built in.
		const lines = classes.length > 0 ? ['import { supervised } from "./supervised.js";'] : [];
		lines.push(`import * as script from ${text(`/${main}`)};`, `export * from ${text(`/${main}`)};`);
		classes.forEach((name, at) => lines.push(`const c${at} = supervised(script[${text(name)}], ${alarm_goes});`, `export { c${at} as ${text(name)} };`));
		// Under a name that nothing else has.
		if (consumes) lines.push('import { consumer } from "./consumer.js";', "const queue = consumer(script.default);", 'export { queue as "given:queue" };');
		all[`${folder}/host.js`] = { js: lines.join("\n") };
	}
	return all;
}

const text = (value) => JSON.stringify(value);

// On a line that is there, so that no line changes its number; a first line that begins with #! has to be the first.
function importing(own, source) {
	const at = source.startsWith("#!") ? source.indexOf("\n") + 1 : 0;
	return `${source.slice(0, at)}import ${text(`/${own}`)};${source.slice(at)}`;
}
