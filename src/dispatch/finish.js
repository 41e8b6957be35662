// Both ends of a request, in JavaScript so that nothing in Rust waits for the answer of a dynamic worker: a panic of
// another request cannot take it down.
import { route, served } from "../assets/route.js";
import { inShape, panicked } from "../reply/panicked.js";
import { REQUEST_ID } from "../telemetry/event.js";
import { countRequest, started } from "../telemetry/meter.js";
import { begins, counting, ended, pulse } from "../telemetry/pulse.js";
import { dropOurs, setOurs, setsOurs } from "./cookies.js";
import { count } from "./tally.js";
import { detailed, failing } from "./thrown.js";

// The host's default export. The functions are exports of entry.rs.
//
// A request that Rust hands over has a note (see note.rs), which is that of its version, and may have what is its own:
// `wanted`, the note of the version that should have run; `tally`, where that version is counted, and `failed`, that it is at
// fault already; `bounds`, see bounds.js; `cookie`, to be set; `tried` and `props`, which are Rust's.
export function host(generated, entry, { handle, failed, loaded, identity, loaded_workers } = generated.prototype) {
	counting(loaded_workers);

	// The second half of a dispatch: the answer, on its way to the client.
	async function finish(handed, request, env, ctx, { began, guarded }) {
		const { note } = handed;
		const called = Date.now();
		let response;
		try {
			const answer = note.assets === undefined ? handed.answer : withFiles(handed, env);
			// Others may wait for what this request has begun to load, and it would end with this request.
			if (!note.loaded && !note.once) ctx.waitUntil(answer.then(nothing, nothing));
			response = await (handed.bounds === undefined ? answer : handed.bounds.answered(answer));
		} catch (error) {
			// If it loads after all, that is news again.
			if (handed.bounds?.exceeded === undefined) note.loaded = false;
			failing(handed, env);
			// Either the Response that tells the error, or the request handed to another version.
			const next = await guarded(failed(env, ctx, handed, error));
			if (!(next instanceof Response)) {
				next.after = handed.after;
				return finish(next, request, env, ctx, { began, guarded });
			}
			// Only where Rust says so: that our storage is down is no fault of the version's.
			if (handed.tally !== undefined && handed.failed) count(handed.tally, true, request);
			measured(handed, env, ctx, next, outcomeOf(next.status), began);
			const told = await detailed(next, handed, env);
			return handed.after === undefined ? told : handed.after(told, env, ctx);
		}
		const asked = handed.answer !== null;
		const cold = note.once || handed.factoryMs !== undefined;
		// Once for each version: that it loaded is news to this isolate even where another one had it loaded.
		if (asked && !note.once && !note.loaded) {
			note.loaded = true;
			loaded(note);
		}
		if (handed.tally !== undefined) count(handed.tally, handed.failed === true || response.status >= 500, request);
		const cache = asked ? (cold ? "cold" : "warm") : undefined;
		measured(handed, env, ctx, response, "ok", began);
		const answer = stamped(response, handed, cache, called, began);
		// A pattern may have a word to say to it.
		return handed.after === undefined ? answer : handed.after(answer, env, ctx);
	}

	// What came of it is counted, by whom it was handed to.
	function measured({ note, factoryMs, request }, env, ctx, response, outcome, began) {
		const { owner, version = "" } = note;
		countRequest(env, ctx, owner, version, {
			outcome,
			status: response.status,
			ms: performance.now() - began,
			coldMs: factoryMs,
			once: note.once,
			requestBytes: lengthOf(request),
			responseBytes: lengthOf(response),
		});
		if (factoryMs === undefined) return;
		note.identity ??= identity(note) ?? [note.shortKey, "{}"];
		started(env, ctx, owner, version, ...note.identity);
	}

	const worker = entry(generated, { fetch: (request, env, ctx) => handle(request, env, ctx, pulse), finish, panicked });

	return {
		...worker,
		async fetch(request, env, ctx) {
			begins(env, ctx);
			const began = performance.now();
			let status = 500;
			try {
				const response = inShape(await worker.fetch(request, env, ctx), request.url);
				({ status } = response);
				return response;
			} finally {
				const ms = performance.now() - began;
				// A script's, that was refused before it was handed over.
				if (request.owner !== undefined) countRequest(env, ctx, request.owner, "", { outcome: outcomeOf(status), status, ms, responseBytes: 0 });
				ended(env, ctx, ms, status >= 500);
			}
		},
	};
}

function nothing() {}

// Whose fault it was that the script did not answer: its own is told as a gateway's.
const outcomeOf = (status) => (status === 502 || status === 504 ? "threw" : status < 500 ? "refused" : "host_failed");

// How long a body is, where it says so.
function lengthOf({ body, headers }) {
	if (body === null) return 0;
	const length = Number(headers.get("content-length") ?? Number.NaN);
	// It may be a script's own word.
	return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

// The files of a version answer, or its worker, if it has one.
async function withFiles(handed, env) {
	const { note, request, call } = handed;
	note.files ??= served(JSON.parse(note.assets));
	try {
		return await route(env.BUNDLES, note.files, request, call ?? null);
	} catch (error) {
		if (handed.answer !== null) throw error;
		// In the words of the loader, which is told apart from a version that is broken: the bucket did not give it.
		throw new Error(`worker-loader factory: the files of ${note.shortKey} cannot be read: ${error.message}`);
	}
}

function stamped(response, handed, cache, called, began) {
	// What takes a WebSocket further is no part of what a copy is given.
	const answer = response.status === 101
		? new Response(null, { status: 101, webSocket: response.webSocket, headers: response.headers })
		: new Response(response.body, response);
	stamp(answer.headers, handed, cache, called, began);
	// Below a prefix, which only we say, it shares its host.
	if (handed.request.headers.has("x-forwarded-prefix")) for (const name of REACHING) answer.headers.delete(name);
	return answer;
}

// What is said for a whole host, or of it to others.
const REACHING = ["service-worker-allowed", "clear-site-data", "strict-transport-security", "alt-svc", "nel", "report-to"];

function stamp(headers, handed, cache, called, began) {
	const { note, factoryMs, wanted, cookie } = handed;
	put(headers, "x-worker-key", note.shortKey);
	put(headers, "x-worker-cache", cache);
	put(headers, "x-worker-version", note.version);
	put(headers, REQUEST_ID, handed.request.headers.get(REQUEST_ID) ?? undefined);
	put(headers, "x-worker-fallback", wanted?.shortKey);
	if (!note.own && setsOurs(headers)) dropOurs(headers);
	if (cookie !== undefined) setOurs(headers, cookie);

	const timing = [["total", performance.now() - began]];
	if (factoryMs !== undefined) timing.push(["factory", factoryMs]);
	// Our own workers tell when their handler was entered, so that loading and running can be told apart.
	const entered = note.own ? Number(headers.get("x-worker-entered")) : 0;
	if (entered) timing.push(["load", entered - called], ["run", Date.now() - entered]);
	headers.delete("x-worker-entered");
	const spans = timing.map(([name, ms]) => `${name};dur=${Math.max(0, Math.round(ms * 1000) / 1000)}`);
	headers.append("server-timing", spans.join(", "));
}

function put(headers, name, value) {
	if (value === undefined) headers.delete(name);
	else headers.set(name, value);
}
