// Which parts are modules, of which kind, and under which name.

// By Content-Type, as wrangler and Cloudflare's API name them. The kinds are the loader's; "map" is a source map.
const BY_TYPE = {
	"application/javascript+module": "js",
	"text/javascript+module": "js",
	"application/javascript": "cjs",
	"text/javascript": "cjs",
	"application/wasm": "wasm",
	"application/octet-stream": "data",
	"text/plain": "text",
	"text/html": "text",
	"application/json": "json",
	"text/x-python": "py",
	"application/source-map": "map",
};
const BY_EXTENSION = {
	js: "js", mjs: "js", cjs: "cjs", wasm: "wasm", bin: "data", txt: "text", html: "text", sql: "text", json: "json", py: "py", map: "map",
};

const MOST_NAME_BYTES = 1024;
const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const quoted = JSON.stringify;

/** The modules and source maps that the parts are, `{ name, kind, bytes }`, and all that is wrong with them. */
export function modulesOf(parts, mostModules) {
	const modules = [];
	const maps = [];
	const problems = [];
	const names = new Set();
	for (const part of parts) {
		const name = nameOf(part);
		const why = unclean(name);
		const kind = kindOf(name, part.type);
		if (why) problems.push(`The module name ${quoted(shortened(name))} ${why}: use a clean relative path such as "lib/util.js".`);
		else if (names.has(name)) problems.push(`Two modules are named ${quoted(name)}: rename one.`);
		else {
			names.add(name);
			const broken = kind ? contentProblem(kind, part.bytes) : unknown(part.type);
			if (broken) problems.push(`The module ${quoted(name)} ${broken}.`);
			// A module of no kind is refused. It is in the list so that nobody misses it as well.
			(kind === "map" ? maps : modules).push({ name, kind: kind ?? "js", bytes: part.bytes });
		}
	}
	if (modules.length > mostModules) {
		problems.push(`There are ${modules.length} modules, the limit is ${mostModules}: bundle them into fewer.`);
	}
	return { modules, maps, problems };
}

/** The part's own name; `files[]` and `files` are a list, whose file names count. Wrangler writes "./name" and imports it so. */
function nameOf({ name, filename }) {
	const listed = /^files(?:\[(.*)\])?$/.exec(name);
	const own = listed ? listed[1] || filename || "" : name || filename || "";
	return own.replace(/^(?:\.\/)+/, "");
}

function kindOf(name, type) {
	if (!type) return BY_EXTENSION[/\.(\w+)$/.exec(name)?.[1].toLowerCase()];
	const essence = type.split(";")[0].trim().toLowerCase();
	return Object.hasOwn(BY_TYPE, essence) ? BY_TYPE[essence] : undefined;
}

function unknown(type) {
	const known = `one of ${Object.keys(BY_TYPE).join(", ")}`;
	return type
		? `came as ${quoted(type)}, which is no type of a module: use ${known}`
		: `came without a Content-Type, and its name does not tell: give it ${known}`;
}

// The rules of worker_loader's check.rs: module names are resolved as URLs are, and these would not mean what they say.
function unclean(name) {
	if (name === "") return "is empty";
	if (encoder.encode(name).length > MOST_NAME_BYTES) return `is longer than ${MOST_NAME_BYTES} bytes`;
	if (/\p{Cc}/u.test(name)) return "holds a control character";
	if (/[\\?#%]/.test(name)) return "holds one of \\ ? # %, which mean something else in a module specifier";
	if (name.startsWith("/")) return "starts with a slash";
	const parts = name.split("/");
	if (parts.includes("")) return "has an empty part";
	if (parts.includes(".") || parts.includes("..")) return "has a `.` or `..` part";
	if (name === "__proto__") return "is no name for a property in JavaScript";
	return name.includes(":") ? "holds a colon, as built-in modules do (node:, cloudflare:)" : undefined;
}

function contentProblem(kind, bytes) {
	if (kind === "wasm" || kind === "data") return undefined;
	let text;
	try {
		text = utf8.decode(bytes);
	} catch {
		return "is not UTF-8 text";
	}
	if (kind !== "json") return undefined;
	try {
		JSON.parse(text);
	} catch (error) {
		return `is not JSON: ${error.message}`;
	}
}

const shortened = (name) => (name.length > 80 ? `${name.slice(0, 80)}...` : name);
