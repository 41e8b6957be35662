// What a script is shown of a request, and what it is not.
import { carriesOurs } from "./credentials.js";

const OVERRIDES = "cloudflare-workers-version-overrides";
const KEY = "cloudflare-workers-version-key";
const REQUEST_ID = "x-worker-request-id";
const LIMITS = "x-worker-limits";
const SAID = new Set(["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix"]);
const isForOthers = (name) => name.startsWith("cf-access-") || name.startsWith("x-forwarded-") || name === "forwarded" || name === "x-real-ip";
// Ours, and those in which Cloudflare Access keeps what it says in its headers.
const OURS = /^[\s=]*(?:dl_|CF_Authorization|CF_AppSession|CF_Binding)/;
const STICKER = /(?:^|;)\s*dl_version=([^;]*)/;

// What a request says of whom it is for, a line each: our cookie, its own limits, the two headers of Cloudflare's, the header
// that the script has chosen, the address, and a text of chance where there is none. Nothing, where only the first two matter
// and there are none.
export function visitor({ headers }, split, affinity) {
	const sticker = STICKER.exec(headers.get("cookie") ?? "")?.[1] ?? "";
	const limits = headers.get(LIMITS) ?? "";
	if (!split) return sticker === "" && limits === "" ? undefined : `${sticker}\n${limits}`;
	// As the edge tells it. x-forwarded-for is whatever a client says.
	const address = headers.get("cf-connecting-ip") ?? "";
	const said = [OVERRIDES, KEY, affinity].map((name) => (name === "" ? "" : (headers.get(name) ?? "")));
	return [sticker, limits, ...said, address, address === "" ? crypto.randomUUID() : ""].join("\n");
}

// The request as the script gets it: its own URL; who asked, and how, in x-forwarded-*, which are ours to say; without what
// speaks for the client to us; without `cf`, unless the script is trusted. Method, body and upgrade go on untouched.
export function derived(request, env, url, prefix, host, scheme, trusted) {
	const { method, headers: given, body, signal } = request;
	// A Request as the second argument brings everything, `cf` with it.
	const own = new Request(url, trusted ? request : { method, headers: given, body, signal, redirect: "manual" });
	const { headers } = own;
	put(headers, "x-forwarded-for", headers.get("cf-connecting-ip"));
	put(headers, "x-forwarded-host", host);
	put(headers, "x-forwarded-proto", scheme);
	put(headers, "x-forwarded-prefix", prefix === "" ? null : prefix);
	// By which its logs are found.
	put(headers, REQUEST_ID, crypto.randomUUID());
	// Not of `keys()`, which take the runtime longer than the whole.
	for (const [name] of [...headers]) {
		if (isForOthers(name) && !SAID.has(name)) headers.delete(name);
	}
	for (const name of ["authorization", "proxy-authorization"]) {
		const value = headers.get(name);
		if (value !== null && carriesOurs(value, [env.API_TOKEN, env.API_TOKEN_PREVIOUS])) headers.delete(name);
	}
	const cookies = headers.get("cookie");
	if (cookies?.includes("dl_") || cookies?.includes("CF_")) {
		const theirs = cookies.split(";").filter((pair) => !OURS.test(pair));
		put(headers, "cookie", theirs.length === 0 ? null : theirs.join(";").trim());
	}
	return own;
}

function put(headers, name, value) {
	if (value === null) headers.delete(name);
	else headers.set(name, value);
}
