// Parts of an upload that the script finds in its env: data_blob, text_blob and wasm_module. Each is a module of the bundle
// already, and nobody but a module can have WebAssembly: so one of ours imports them and adds them to the env, which is one
// object for all that run in an isolate, before any module of the script runs.

/** The modules as the loader takes them, where `parts` are `[[binding, module], ...]`: with ours, which `main` imports first. */
export function withParts(modules, main, parts) {
	if (parts.length === 0) return modules;
	let own = "env.js";
	while (Object.hasOwn(modules, own)) own = `_${own}`;
	const imports = parts.map(([, module], at) => `import p${at} from ${JSON.stringify(`/${module}`)};`);
	const added = parts.map(([binding], at) => `env[${JSON.stringify(binding)}] = p${at};`);
	const js = ['import { env } from "cloudflare:workers";', ...imports, ...added].join("\n");
	return { ...modules, [own]: { js }, [main]: { js: importing(own, modules[main].js) } };
}

// On a line that is there, so that no line changes its number; a first line that begins with #! has to be the first.
function importing(own, source) {
	const at = source.startsWith("#!") ? source.indexOf("\n") + 1 : 0;
	return `${source.slice(0, at)}import ${JSON.stringify(`/${own}`)};${source.slice(at)}`;
}
