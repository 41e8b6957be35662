// What a dynamic worker is not shown of a request: what speaks for the client to us, which is our API token, the page's
// cookies and whatever Cloudflare Access says. In JavaScript, as there is no asking for a prefix without looking at every
// name, and each look from WebAssembly is a crossing.
const OURS = new Set(["authorization", "proxy-authorization", "cookie"]);

const isOurs = (name) => OURS.has(name) || name.startsWith("cf-access-");

// The very same object where there is nothing to take out.
export function withoutCredentials(request) {
	const carried = [...request.headers.keys()].filter(isOurs);
	if (carried.length === 0) return request;
	const headers = new Headers(request.headers);
	for (const name of carried) headers.delete(name);
	return new Request(request, { headers });
}
