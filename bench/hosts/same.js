// The JavaScript host that does what this Worker does with a request to a script, written as one would write it who has
// JavaScript alone: it finds script and version by the URL, takes what is live anew each second, chooses among the versions of
// a deployment by a signed cookie, makes the key, strips and sets headers both ways, has the calls told to a tail, and counts.
// What it counts with is this Worker's own: src/telemetry is JavaScript in both.
import { createHash } from "node:crypto";
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { countRequest, started } from "../../src/telemetry/meter.js";
import { begins, ended } from "../../src/telemetry/pulse.js";
import { tails } from "../../src/telemetry/tail.js";
import { CODE } from "./code.js";

export { Pulse } from "../../src/telemetry/pulse_store.js";
export { Telemetry } from "../../src/telemetry/telemetry.js";

// None of its scripts has secrets, or throws.
export const Tail = tails(async () => JSON.stringify({ secrets: [] }), async () => ({}));

// Where its scripts' own requests would go; none makes one.
export class Outbound extends WorkerEntrypoint {
	fetch = () => new Response("Not allowed.", { status: 403 });
}

/** Keeps what is live of a script: two versions of the same code, as the benchmark deploys them to this Worker. */
export class Script extends DurableObject {
	async fetch() {
		const incarnation = "5c1de0a2b7f94c6e";
		const version = (id, number, percentage) => ({ id, number, percentage });
		return Response.json({
			incarnation,
			cookieKey: "000102030405060708090a0b0c0d0e0f",
			sequence: 2,
			trusted: false,
			outbound: "allow",
			versions: [version("22222222-2222-4222-8222-222222222222", 2, 10), version("11111111-1111-4111-8111-111111111111", 1, 90)],
		});
	}
}

const TTL_MS = 1000;
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const VERSION = /^[0-9a-f]{8}[0-9a-f-]{0,28}$/;
const COOKIE = /(?:^|;)\s*dl_version=([^;]*)/;
const OURS = /^[\s=]*(?:dl_|CF_Authorization|CF_AppSession|CF_Binding)/;

const scripts = new Map();

async function live(env, namespace, name) {
	const id = `${namespace}/${name}`;
	const answer = await env.SCRIPTS.getByName(id).fetch("https://script/");
	const text = await answer.text();
	const known = scripts.get(id);
	if (known?.text === text) {
		known.since = Date.now();
		return known;
	}
	const script = { text, since: Date.now(), namespace, name, ...JSON.parse(text) };
	script.owner = { namespace, namespace_id: id, script: name };
	script.hmacKey = await crypto.subtle.importKey("raw", Buffer.from(script.cookieKey, "hex"), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
	scripts.set(id, script);
	return script;
}

function parse(request) {
	const url = new URL(request.url);
	const [, first, namespace, named, ...rest] = url.pathname.split("/");
	if (first !== "dispatch" || !NAME.test(namespace) || !named) return null;
	const [name, version] = named.split("@");
	if (!NAME.test(name) || (version !== undefined && !VERSION.test(version))) return null;
	return { url, namespace, name, version, prefix: `/dispatch/${namespace}/${named}`, path: `/${rest.join("/")}` };
}

const encoder = new TextEncoder();
const bytesOf = (kind, text) => encoder.encode(`${kind}\0${text}\0`);

async function signed(script, kind, text) {
	const digest = await crypto.subtle.sign("HMAC", script.hmacKey, bytesOf(kind, text));
	return Buffer.from(digest).toString("hex");
}

async function sticker(script, value) {
	const at = value.lastIndexOf(".");
	const said = value.slice(0, at);
	const signature = Buffer.from(value.slice(at + 1), "hex");
	if (!(await crypto.subtle.verify("HMAC", script.hmacKey, signature, bytesOf("cookie", said)))) return null;
	const [subject, sequence, incarnation] = said.split(".");
	return incarnation === script.incarnation ? { subject, sequence: Number(sequence) } : null;
}

// Which version a request gets, and the cookie that its visitor is to have.
async function choose(script, request, prefix) {
	if (script.versions.length === 1) return { version: script.versions[0] };
	const { headers } = request;
	const asked = /"([^"]*)"/.exec(headers.get("cloudflare-workers-version-overrides") ?? "")?.[1];
	const version = asked && script.versions.find(({ id }) => id === asked);
	if (version) return { version };
	const cookie = COOKIE.exec(headers.get("cookie") ?? "")?.[1];
	const held = cookie ? await sticker(script, cookie) : null;
	const key = headers.get("cloudflare-workers-version-key");
	const subject = key ?? held?.subject ?? (await signed(script, "address", headers.get("cf-connecting-ip") ?? crypto.randomUUID())).slice(0, 16);
	const digest = await crypto.subtle.digest("SHA-256", encoder.encode(`${script.incarnation}\0${subject}`));
	const point = Number(new DataView(digest).getBigUint64(0) % 10_000n);
	let end = 0;
	const chosen = script.versions.find(({ percentage }) => point < (end += percentage * 100)) ?? script.versions.at(-1);
	if (key !== null || held?.sequence === script.sequence) return { version: chosen };
	const said = `${subject}.${script.sequence}.${script.incarnation}`;
	const value = `${said}.${await signed(script, "cookie", said)}`;
	return { version: chosen, cookie: `dl_version=${value}; Path=${prefix}; Max-Age=31536000; HttpOnly; SameSite=Lax` };
}

function made(script, version, ctx) {
	if (version.key) return version;
	const { owner } = script;
	const props = { ...owner, version: version.id };
	const parts = JSON.stringify({ code: CODE, props, outbound: script.outbound });
	version.key = `${script.namespace}/${script.name}@${createHash("sha256").update(parts).digest("hex")}`;
	version.shortKey = version.key.slice(0, version.key.indexOf("@") + 13);
	version.code = () => ({
		...CODE,
		globalOutbound: ctx.exports.Outbound({ props }),
		tails: [ctx.exports.Tail({ props })],
	});
	return version;
}

function asked(request, env, target, trusted) {
	const { method, headers: given, body, signal } = request;
	const own = new Request(`${target.url.origin}${target.path}${target.url.search}`, trusted ? request : { method, headers: given, body, signal, redirect: "manual" });
	const { headers } = own;
	for (const [name] of [...headers]) {
		if (name.startsWith("cf-access-") || name.startsWith("x-forwarded-") || name === "forwarded" || name === "x-real-ip") headers.delete(name);
	}
	const address = headers.get("cf-connecting-ip");
	if (address !== null) headers.set("x-forwarded-for", address);
	headers.set("x-forwarded-host", target.url.host);
	headers.set("x-forwarded-proto", target.url.protocol.slice(0, -1));
	headers.set("x-forwarded-prefix", target.prefix);
	headers.set("x-worker-request-id", crypto.randomUUID());
	for (const name of ["authorization", "proxy-authorization"]) {
		const value = headers.get(name);
		if (value !== null && (value.includes("dlt_") || value.includes(env.API_TOKEN))) headers.delete(name);
	}
	const cookies = headers.get("cookie");
	if (cookies?.includes("dl_") || cookies?.includes("CF_")) {
		const theirs = cookies.split(";").filter((pair) => !OURS.test(pair)).join(";").trim();
		if (theirs === "") headers.delete("cookie");
		else headers.set("cookie", theirs);
	}
	return own;
}

const REACHING = ["service-worker-allowed", "clear-site-data", "strict-transport-security", "alt-svc", "nel", "report-to"];

function answered(response, request, version, cookie, { began, loadMs }) {
	const answer = new Response(response.body, response);
	const { headers } = answer;
	headers.set("x-worker-key", version.shortKey);
	headers.set("x-worker-cache", loadMs === undefined ? "warm" : "cold");
	headers.set("x-worker-version", version.id);
	headers.set("x-worker-request-id", request.headers.get("x-worker-request-id"));
	headers.delete("x-worker-fallback");
	headers.delete("x-worker-entered");
	if (headers.has("set-cookie")) {
		const theirs = headers.getSetCookie().filter((one) => !/^[\s=]*dl_/.test(one));
		headers.delete("set-cookie");
		for (const one of theirs) headers.append("set-cookie", one);
	}
	if (cookie) {
		headers.append("set-cookie", cookie);
		headers.set("cache-control", "private");
	}
	for (const name of REACHING) headers.delete(name);
	headers.append("server-timing", `total;dur=${(performance.now() - began).toFixed(3)}`);
	return answer;
}

async function serve(request, env, ctx, began) {
	const target = parse(request);
	if (target === null) return new Response("There is no such script.", { status: 404 });
	let script = scripts.get(`${target.namespace}/${target.name}`);
	if (script === undefined) script = await live(env, target.namespace, target.name);
	else if (Date.now() - script.since >= TTL_MS) {
		script.since = Date.now();
		ctx.waitUntil(live(env, target.namespace, target.name));
	}
	const { version, cookie } = await choose(script, request, target.prefix);
	const { key, code } = made(script, version, ctx);
	const own = asked(request, env, target, script.trusted);
	let loadMs;
	const factory = () => {
		loadMs = 0;
		return code();
	};
	let response;
	try {
		response = await env.LOADER.get(key, factory).getEntrypoint().fetch(own);
	} catch (error) {
		countRequest(env, ctx, script.owner, version.id, { outcome: "threw", status: 502, ms: performance.now() - began });
		return new Response(`The script failed: ${error.message}`, { status: 502 });
	}
	const length = response.headers.get("content-length");
	countRequest(env, ctx, script.owner, version.id, {
		outcome: "ok",
		status: response.status,
		ms: performance.now() - began,
		coldMs: loadMs,
		requestBytes: request.body === null ? 0 : Number(request.headers.get("content-length") ?? Number.NaN),
		responseBytes: response.body === null ? 0 : length === null ? undefined : Number(length),
	});
	if (loadMs !== undefined) started(env, ctx, script.owner, version.id, key, "{}");
	return answered(response, own, version, cookie, { began, loadMs });
}

export default {
	async fetch(request, env, ctx) {
		begins(env, ctx);
		const began = performance.now();
		let status = 500;
		try {
			const response = await serve(request, env, ctx, began);
			({ status } = response);
			return response;
		} finally {
			ended(env, ctx, performance.now() - began, status >= 500);
		}
	},
};
