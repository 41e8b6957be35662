// Documents that come as form fields, `metadata[bindings][][type]`: what the npm package `cloudflare` makes of an object.

import { NESTED, isDeep } from "./json.js";
import { Malformed } from "./multipart.js";

// All values come as text. Where the API wants something else, it is made that; what cannot be stays text, and is told then.
const NUMBERS = new Set([
	"limits.cpu_ms", "limits.subrequests", "observability.head_sampling_rate", "observability.logs.head_sampling_rate",
	"observability.traces.head_sampling_rate",
]);
const BOOLEANS = new Set([
	"keep_assets", "logpush", "tail", "observability.enabled", "observability.logs.enabled", "observability.logs.invocation_logs",
	"observability.logs.persist", "observability.traces.enabled", "observability.traces.persist", "cache_options.enabled",
	"assets.config.run_worker_first",
]);
// Text, whatever it says.
const TEXTS = new Set(["main_module", "body_part", "compatibility_date"]);

const MOST_DEPTH = 16;

/** Whether a part's name is a field of this document. */
export const isFieldOf = (root, name) => name.startsWith(`${root}[`);

/** The document that the fields `[name, text]` are, in their order. Throws Malformed. */
export function document(root, fields) {
	const all = {};
	for (const [name, text] of fields) {
		const path = segments(name.slice(root.length));
		if (!path) throw new Malformed(`the field name ${JSON.stringify(name)} is not of the form ${root}[a][b][]`);
		put(all, path, value(path, text, name), name);
	}
	return all;
}

function segments(text) {
	if (!/^(\[[^[\]]*\])+$/.test(text)) return undefined;
	const path = text.slice(1, -1).split("][");
	const clean = path.length <= MOST_DEPTH && path[0] !== "" && !path.includes("__proto__");
	return clean && !path.some((name, i) => name === "" && path[i + 1] === "") ? path : undefined;
}

// A list of objects is told by its names: one that comes again begins the next object.
function put(object, [name, ...rest], value, field) {
	if (rest.length === 0) {
		if (Object.hasOwn(object, name)) throw new Malformed(`the field ${JSON.stringify(field)} comes twice`);
		object[name] = value;
	} else if (rest[0] === "") {
		const list = within(object, name, []);
		if (!Array.isArray(list)) throw new Malformed(`the field ${JSON.stringify(field)} is a list and something else`);
		const inner = rest.slice(1);
		if (inner.length === 0) {
			list.push(value);
			return;
		}
		if (list.length === 0 || has(list.at(-1), inner)) list.push({});
		put(list.at(-1), inner, value, field);
	} else {
		const inner = within(object, name, {});
		if (typeof inner !== "object" || inner === null || Array.isArray(inner)) {
			throw new Malformed(`the field ${JSON.stringify(field)} is an object and something else`);
		}
		put(inner, rest, value, field);
	}
}

// What an object has of its own: of every object there is a "constructor".
function within(object, name, fresh) {
	if (!Object.hasOwn(object, name)) object[name] = fresh;
	return object[name];
}

/** Whether a value has what this path leads to, or has no place for it. A list within an object goes on: there is place. */
function has(value, [name, ...rest]) {
	if (typeof value !== "object" || value === null) return true;
	if (name === "" || rest.includes("")) return false;
	return Object.hasOwn(value, name) && (rest.length === 0 || has(value[name], rest));
}

function value(path, text, field) {
	const place = path.join(".");
	if (TEXTS.has(place)) return text;
	// How one says null to that package.
	if (text === "null" && (path.length === 1 || NUMBERS.has(place) || BOOLEANS.has(place))) return null;
	if (NUMBERS.has(place) && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
	if (BOOLEANS.has(place) && (text === "true" || text === "false")) return text === "true";
	return /^bindings\.\.json\b/.test(place) ? json(path, text, field) : text;
}

/** The value of a json binding. As one field it is JSON; spread over several, numbers look as texts do, and are not guessed. */
function json(path, text, field) {
	let parsed;
	if (isDeep(text)) throw new Malformed(`the field ${JSON.stringify(field)} is ${NESTED}`);
	try {
		parsed = JSON.parse(text);
	} catch {
		return text;
	}
	if (path.at(-1) === "json") return parsed;
	if (typeof parsed === "string") return text;
	throw new Malformed(
		`the field ${JSON.stringify(field)} may be the text ${JSON.stringify(text)} or the value: give the whole binding as one ` +
			"field with JSON in it, json: JSON.stringify(value)",
	);
}
