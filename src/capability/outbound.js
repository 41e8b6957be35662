// The gateway: where the requests of a script go that has rules for them. Rust decides on each; here it is sent as it was
// decided on, and not as the script has made it.
import { WorkerEntrypoint } from "cloudflare:workers";
import { count as measure } from "../telemetry/meter.js";
import { count } from "./audit.js";
import { MOST, waiting } from "./waiting.js";

const begin = waiting(MOST);

// What says how a request travels, or where to. Of these a script has none to say.
// (`expect` has a server answer twice: workerd takes the first for the answer, and whoever is next on that connection gets the second.)
const DROPPED = ["host", "connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "http2-settings", "expect"];
// What some servers take for the method.
const METHODS = ["x-http-method-override", "x-http-method", "x-method-override"];
const DOWN = { code: "outbound_unavailable", policy: "", rule: "", message: "The outbound policy cannot be read for the moment." };
const FULL = { code: "outbound_too_many", policy: "", rule: "", message: `This script waits for ${MOST} answers already. Does it ask for itself?` };

// The class that scripts' requests arrive at. `decide(asked, env, ctx)` is Rust's; what a panic leaves of it is no text.
export function gateway(decide) {
	return class Outbound extends WorkerEntrypoint {
		async fetch(request) {
			const { env, ctx } = this;
			const url = new URL(request.url);
			const { protocol, hostname, port, pathname, username, password } = url;
			const asked = { ...ctx.props, scheme: protocol, host: hostname, port, path: pathname, user: username + password !== "", method: request.method };
			const end = begin(`${ctx.props.namespace_id}/${ctx.props.script}`);
			const text = end && (await decide(asked, env, ctx));
			const verdict = typeof text === "string" ? JSON.parse(text) : { refused: end ? DOWN : FULL, retry_after: 1 };
			const { refused, dry = false, rules = [] } = verdict;
			// A script chooses it: no name is longer.
			const seen = { host: hostname.slice(0, 253), method: request.method };
			const tell = (decision, { code = "", policy = "", rule = "" } = {}) => count(env, ctx, { decision, code, policy, rule, ...seen });
			measure(env, ctx, ctx.props, ctx.props.version, { [refused && !dry ? "subrequests.refused" : "subrequests.allowed"]: 1 });
			if (refused && !dry) {
				end?.();
				tell("refused", refused);
				// Whoever is not read to its end may close the connection.
				request.body?.cancel().catch(() => {});
				return answer(refused, verdict.retry_after);
			}
			if (refused) tell("would_refuse", refused);
			else for (const [policy, rule] of rules) tell("allowed", { policy, rule });

			let response;
			try {
				// The message of whatever fails might have in it what was put in.
				response = await fetch(sent(request, url, verdict));
			} catch {
				throw new Error(`The request to ${hostname} failed.`);
			} finally {
				end();
			}
			const own = veiled(response, verdict.secrets);
			const most = verdict.response_bytes ?? Infinity;
			if (own.body === null || most === Infinity) return own;
			const [policy, rule] = rules.at(-1);
			const large = { code: "outbound_response_too_large", policy, rule, message: `The response of ${hostname} is longer than the ${most} bytes that are let through.` };
			const over = () => tell("refused", large);
			if (Number(own.headers.get("content-length") ?? 0) > most) {
				over();
				own.body.cancel().catch(() => {});
				return answer(large);
			}
			return bounded(own, most, over, large.message);
		}
	};
}

// The request as it goes out: to the URL that was decided on, followed nowhere, without what the runtime would read of `cf`,
// such as another host to connect to.
function sent(request, url, { headers: put = [], minds_method }) {
	const headers = new Headers(request.headers);
	for (const name of minds_method ? [...DROPPED, ...METHODS] : DROPPED) headers.delete(name);
	for (const [name, value] of put) headers.set(name, value);
	// The same host for whoever resolves it, and the same name to whoever answers.
	url.hostname = url.hostname.replace(/\.$/, "");
	const { method, body } = request;
	return new Request(url.href, { method, headers, body, redirect: "manual" });
}

// The response without a secret in its headers or beside its status. What is in a body is for whoever answers to keep.
function veiled(response, secrets = []) {
	const { status, webSocket, headers, body } = response;
	const tells = (text) => secrets.some((secret) => text.includes(secret));
	const telling = [...headers].filter(([, value]) => tells(value)).map(([name]) => name);
	if (telling.length === 0 && !tells(response.statusText)) return response;
	const own = new Response(body, { status, webSocket, headers });
	for (const name of telling) own.headers.delete(name);
	return own;
}

// The response, of which so many bytes are let through, counted as they are read: what is packed is unpacked for it.
function bounded(response, most, over, message) {
	let bytes = 0;
	const counted = new TransformStream({
		transform(chunk, controller) {
			bytes += chunk.byteLength;
			if (bytes <= most) return controller.enqueue(chunk);
			over();
			controller.error(new Error(message));
		},
	});
	const own = new Response(response.body.pipeThrough(counted), response);
	for (const name of ["content-encoding", "content-length"]) own.headers.delete(name);
	return own;
}

function answer({ code, policy, rule, message }, retryAfter) {
	const status = { outbound_rate_limited: 429, outbound_too_many: 429, outbound_unavailable: 503 }[code] ?? 403;
	const headers = { "cache-control": "no-store", "x-outbound-refused": code };
	if (retryAfter) headers["retry-after"] = String(retryAfter);
	return Response.json({ error: { code, message, policy: policy || null, rule: rule || null } }, { status, headers });
}
