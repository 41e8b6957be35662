// A worker for each flag: its rules are part of its env, so other rules are another worker, and older ones are a rollback away.
import { WorkerEntrypoint } from "cloudflare:workers";
import { evaluate } from "./rules.js";

export default class extends WorkerEntrypoint {
	/** For other scripts, by a service binding: `await env.CHECKOUT.evaluate({ user: "42" })`. */
	evaluate(attributes) {
		const isObject = typeof attributes === "object" && attributes !== null && !Array.isArray(attributes);
		return evaluate(this.env.FLAG, this.env.NAME, isObject ? attributes : {});
	}

	async fetch(request) {
		if (!["GET", "HEAD", "POST"].includes(request.method)) return refused(405, "method_not_allowed", "A flag takes GET and POST.", { allow: "GET, HEAD, POST" });
		if (new URL(request.url).pathname !== "/") return refused(404, "not_found", "A flag has nothing below its name.");
		const attributes = request.method === "POST" ? await json(request) : query(request.url);
		if (attributes === undefined) return refused(400, "invalid_attributes", "The body has to be a JSON object of attributes.");
		return Response.json(this.evaluate(attributes), { headers: { "cache-control": "no-store" } });
	}
}

// An attribute that is there more than once is a list.
function query(url) {
	const attributes = Object.create(null);
	for (const [name, value] of new URL(url).searchParams) attributes[name] = name in attributes ? [attributes[name], value].flat() : value;
	return attributes;
}

async function json(request) {
	try {
		const body = await request.json();
		return typeof body === "object" && body !== null && !Array.isArray(body) ? body : undefined;
	} catch {
		return undefined;
	}
}

function refused(status, code, message, headers = {}) {
	return Response.json({ error: { code, message } }, { status, headers });
}
