// A proxy to one origin, which is all that this worker can reach: the gateway of the host lets nothing else out.
export default {
	async fetch(request, env) {
		const { origin, request_headers: asked = {}, response_headers: told = {} } = env.TUNNEL;
		const base = origin.replace(/\/+$/, "");
		const { pathname, search } = new URL(request.url);
		const { method, body, headers: given } = request;
		const sent = changed(given, asked);
		// The runtime says for each client that it takes everything, and encodes an answer anew only where it is deployed.
		sent.set("accept-encoding", "identity");
		let response;
		try {
			response = await fetch(base + pathname + search, { method, headers: sent, body, redirect: "manual" });
		} catch (error) {
			return Response.json({ error: { code: "origin_unreachable", message: `The origin of this tunnel does not answer: ${error.message}` } }, { status: 502 });
		}
		const headers = changed(response.headers, told);
		const location = headers.get("location");
		if (location !== null) headers.set("location", here(location, base, given));
		const { status, statusText, webSocket } = response;
		return webSocket ? new Response(null, { status, webSocket, headers }) : new Response(response.body, { status, statusText, headers });
	},
};

function changed(given, { set, remove }) {
	const headers = new Headers(given);
	for (const name of remove ?? []) headers.delete(name);
	for (const [name, value] of Object.entries(set ?? {})) headers.set(name, value);
	return headers;
}

// Where the origin sends to itself, it is sent to this tunnel.
function here(location, base, given) {
	const own = location.startsWith("/") && !location.startsWith("//") ? new URL(location, base).href : location;
	if (own !== base && !own.startsWith(`${base}/`)) return location;
	const at = `${given.get("x-forwarded-proto")}://${given.get("x-forwarded-host")}${given.get("x-forwarded-prefix") ?? ""}`;
	return at + own.slice(base.length);
}
