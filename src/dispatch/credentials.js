// What speaks for the client to us: our API tokens, our cookies, and whatever Cloudflare Access says. In JavaScript, as there
// is no asking for a prefix without looking at every name, and each look from WebAssembly is a crossing.
const OURS = new Set(["authorization", "proxy-authorization", "cookie"]);

const isOurs = (name) => OURS.has(name) || name.startsWith("cf-access-");

// For our own workers, none of which has a use for any. The very same object where there is nothing to take out.
export function withoutCredentials(request) {
	const carried = [...request.headers.keys()].filter(isOurs);
	if (carried.length === 0) return request;
	const headers = new Headers(request.headers);
	for (const name of carried) headers.delete(name);
	return new Request(request, { headers });
}

// Whether an Authorization header has a token of ours in it: one of the operator's, or one that we have issued.
export function carriesOurs(authorization, tokens) {
	const given = [authorization, decoded(authorization)].flatMap(words);
	return given.some((word) => word.startsWith("dlt_") || tokens.some((token) => token && same(word, token)));
}

// Whatever could be a token: what is between spaces and commas (several headers are one, with commas), around the colon of
// Basic credentials, and all that comes after the scheme.
function words(text) {
	const plain = text.split(/[\s,]+/);
	const around = plain.filter((word) => word.includes(":")).flatMap((word) => [word.slice(0, word.indexOf(":")), word.slice(word.indexOf(":") + 1)]);
	return [...plain, ...around, text.replace(/^\s*\S+\s+/, "").trim()];
}

// Basic credentials are base64 of `user:password`.
function decoded(authorization) {
	const [, basic] = /^\s*basic\s+([\w+/=-]+)\s*$/i.exec(authorization) ?? [];
	try {
		return basic ? atob(basic) : "";
	} catch {
		return "";
	}
}

// In a time that says nothing of where they differ.
function same(word, token) {
	if (word.length !== token.length) return false;
	let difference = 0;
	for (let i = 0; i < token.length; i += 1) difference |= word.charCodeAt(i) ^ token.charCodeAt(i);
	return difference === 0;
}
