// A script that is run once and kept nowhere: what it answered, wrote and threw.

import { exports } from "cloudflare:workers";
import { loadable } from "../upload/bundle.js";
import { receive } from "../upload/receive.js";
import { report } from "../upload/report.js";
import { arrival } from "./arrivals.js";
import { REQUEST_ID, UNTRIED } from "./event.js";
import { faultOf } from "./fault.js";

const LIMITS = { cpuMs: 1000 };
const DEADLINE_MS = 10_000;
// So long the runtime may take to tell of a call that is over.
const PATIENCE_MS = 2000;
const MOST_TEXT = 256 * 1024;
const VALUES = { plain_text: "text", secret_text: "text", json: "json" };

/**
 * `request` is an upload, whose metadata may have `request`, `{ method, url, headers, body }`; `asked` is JSON, `{ props,
 * compatibility_date }`, for its tail and where the metadata has none. Gives JSON, `{ refused, messages }` where the upload is none,
 * `{ problems }` where the script does not load, or `{ result }`.
 */
export async function run(request, loader, asked, limit) {
	const { facts, kept } = await receive(request, limit);
	const { refused, messages, metadata, problems = [] } = JSON.parse(facts);
	if (refused) return JSON.stringify({ refused, messages });
	const { props, compatibility_date } = JSON.parse(asked);
	const wrong = [...problems, ...wrongIn(metadata)];
	const sent = wrong.length === 0 ? requestOf(metadata.request ?? {}, wrong) : undefined;
	if (wrong.length > 0) return JSON.stringify({ problems: wrong });
	const code = {
		compatibilityDate: metadata.compatibility_date ?? compatibility_date,
		compatibilityFlags: metadata.compatibility_flags ?? [],
		mainModule: metadata.main_module ?? kept.modules[0]?.name,
		modules: loadable(kept.modules),
		env: Object.fromEntries((metadata.bindings ?? []).map((binding) => [binding.name, binding[VALUES[binding.type]]])),
		globalOutbound: null,
		limits: LIMITS,
		tails: [exports.Tail({ props })],
	};
	try {
		return JSON.stringify({ result: await called(loader, code, sent, kept) });
	} catch (error) {
		if (!error.message?.startsWith("Failed to start Worker:")) return JSON.stringify({ problems: [error.message] });
		return JSON.stringify({ problems: [await report(error.message, undefined, kept, crypto.randomUUID())] });
	}
}

async function called(loader, code, sent, kept) {
	const began = performance.now();
	const within = deadline();
	const id = crypto.randomUUID();
	sent.headers.set(REQUEST_ID, id);
	const entrypoint = loader.load(code).getEntrypoint();
	await within(Reflect.apply(entrypoint[UNTRIED], entrypoint, [0]).catch(unlessItRan));
	const loaded = performance.now();
	const { value, event } = await arrival(id, undefined, PATIENCE_MS, () => answered(entrypoint, sent, within));
	const ended = performance.now();
	const faults = [];
	for (const exception of event?.exceptions ?? []) faults.push(await faultOf(exception, kept));
	const round = (ms) => Math.round(ms * 100) / 100;
	return {
		request_id: id,
		...value,
		tail: event === undefined ? "late" : "arrived",
		logs: event?.logs ?? [],
		faults,
		timing: { load_ms: round(loaded - began), run_ms: round(value.at - loaded), total_ms: round(ended - began) },
		at: undefined,
	};
}

async function answered(entrypoint, sent, within) {
	try {
		const response = await within(entrypoint.fetch(sent));
		const at = performance.now();
		if (response.webSocket) response.webSocket.accept(), response.webSocket.close();
		return { at, response: { status: response.status, headers: [...response.headers], ...(await textOf(response, within)) } };
	} catch (error) {
		return { at: performance.now(), response: null, error: `${error.name}: ${error.message}` };
	}
}

async function textOf({ body }, within) {
	const chunks = [];
	let bytes = 0;
	if (body === null) return { body: "", truncated: false };
	const reader = body.getReader();
	while (bytes <= MOST_TEXT) {
		const { done, value } = await within(reader.read());
		if (done) break;
		chunks.push(value);
		bytes += value.length;
	}
	if (bytes > MOST_TEXT) reader.cancel().catch(() => {});
	const text = await new Blob(chunks).text();
	return { body: text.slice(0, MOST_TEXT), truncated: bytes > MOST_TEXT };
}

function wrongIn({ bindings, compatibility_flags, request }) {
	const wrong = [];
	// What is null is not there, as in any upload.
	if (!Array.isArray(bindings ?? [])) return ["bindings has to be a list."];
	if (typeof (request ?? {}) !== "object" || Array.isArray(request)) wrong.push("request has to be an object.");
	if (!Array.isArray(compatibility_flags ?? [])) wrong.push("compatibility_flags has to be a list.");
	for (const binding of bindings ?? []) {
		const { name, type } = Object(binding);
		const field = Object.hasOwn(VALUES, type) && VALUES[type];
		if (typeof name !== "string") wrong.push("Each of bindings has to be an object with a name and a type.");
		else if (!field) wrong.push(`What is run once has values alone, and no binding of the type ${JSON.stringify(type)}: save it as a script.`);
		else if (field === "text" ? typeof binding.text !== "string" : binding.json === undefined) wrong.push(`The binding ${JSON.stringify(name)} is a ${type}: it needs \`${field}\`.`);
	}
	return wrong;
}

function requestOf({ method = "GET", url = "https://script.example/", headers = {}, body = null }, wrong) {
	try {
		return new Request(url, { method, headers, body, redirect: "manual" });
	} catch (error) {
		wrong.push(`The request cannot be made: ${error.message}`);
		return undefined;
	}
}

// What is thrown inside the script is thrown by a script that was loaded.
function unlessItRan(error) {
	if (!error.remote) throw error;
}

// What is promised, as long as all of it together does not take too long.
function deadline() {
	const end = Date.now() + DEADLINE_MS;
	return async (promise) => {
		let timer;
		const late = new Promise((_, reject) => {
			timer = setTimeout(() => reject(new Error(`it took over ${DEADLINE_MS / 1000} seconds`)), Math.max(0, end - Date.now()));
		});
		try {
			return await Promise.race([promise, late]);
		} finally {
			clearTimeout(timer);
		}
	};
}
