// Imports a script in a sandbox and tells what it exports. It goes on in the script's own isolate, when the script may have
// changed what is built in: so it takes what it needs before. Still, what is told here is not to be trusted.
import { DurableObject, WorkerEntrypoint, WorkflowEntrypoint } from "cloudflare:workers";
// Beside this module, where the script cannot know of it: the env is the script's own.
import main from "./main";

const { freeze, getPrototypeOf, setPrototypeOf } = Object;
const { getOwnPropertyDescriptor, ownKeys } = Reflect;
const { stringify } = JSON;
const BASES = [[WorkerEntrypoint, "entrypoint"], [DurableObject, "durableObject"], [WorkflowEntrypoint, "workflow"]];
const STOPS = [Object.prototype, WorkerEntrypoint.prototype, DurableObject.prototype, WorkflowEntrypoint.prototype];
const HANDLERS = ["fetch", "scheduled", "queue", "email", "tail", "tailStream", "trace", "connect", "test", "alarm"];
const MOST = 256; // of names, and of steps up a chain: a Proxy can have any number

let answer;

export default class Probe extends WorkerEntrypoint {
	probe() {
		return answer;
	}
}
freeze(Probe);
freeze(Probe.prototype);

const list = () => setPrototypeOf([], null);
const record = (fields) => setPrototypeOf(fields, null);

function kind(value) {
	if (value === null || (typeof value !== "object" && typeof value !== "function")) return "other";
	if (typeof value === "object") return "object";
	let at = value;
	for (let step = 0; at !== null && step < MOST; step += 1) {
		for (let i = 0; i < 3; i += 1) if (at === BASES[i][0]) return BASES[i][1];
		at = getPrototypeOf(at);
	}
	const own = getOwnPropertyDescriptor(value, "prototype");
	return own !== undefined && own.writable === false ? "class" : "function";
}

// By descriptor, so that no getter runs.
function methods(of) {
	const names = list();
	const prototype = getOwnPropertyDescriptor(of, "prototype");
	let at = prototype === undefined ? null : prototype.value;
	for (let step = 0; at !== null && at !== undefined && step < MOST; step += 1) {
		for (let i = 0; i < 4; i += 1) if (at === STOPS[i]) return names;
		const keys = ownKeys(at);
		for (let i = 0; i < keys.length && names.length < MOST; i += 1) {
			if (typeof keys[i] !== "string" || keys[i] === "constructor") continue;
			const own = getOwnPropertyDescriptor(at, keys[i]);
			if (own !== undefined && typeof own.value === "function") names[names.length] = keys[i];
		}
		at = getPrototypeOf(at);
	}
	return names;
}

// As the runtime does: by reading, which can throw, and then the script would not run either.
function handlers(of) {
	const names = list();
	for (let i = 0; i < HANDLERS.length; i += 1) if (typeof of[HANDLERS[i]] === "function") names[names.length] = HANDLERS[i];
	return names;
}

function describe(value) {
	const is = kind(value);
	if (is === "other" || is === "function") return record({ kind: is, handlers: list() });
	return record({ kind: is, handlers: is === "object" ? handlers(value) : methods(value) });
}

const script = await import(main);
const named = record({});
const keys = ownKeys(script);
let fallback = null;
for (let i = 0; i < keys.length && i < MOST; i += 1) {
	if (keys[i] === "default") fallback = describe(script.default);
	else if (typeof keys[i] === "string") named[keys[i]] = describe(script[keys[i]]);
}
answer = stringify(record({ default: fallback, named }));
