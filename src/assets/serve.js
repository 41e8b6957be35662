// A request for a file, as Cloudflare answers it.
import { fill, matches } from "./pattern.js";
import { page } from "./page.js";
import { redirect } from "./redirect.js";

const decode = (part) => {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
};
// Slashes that become one cannot make a Location that names another host.
const decoded = (path) => path.split("/").map(decode).join("/").replace(/\/+/g, "/");
const encoded = (path) => path.split("/").map(encodeURIComponent).join("/");

/**
 * What answers: `{ file, status }`, `{ status, location }`, `{ status }`, or null where the files have nothing to do with
 * it. `missing` is what is done for a path that is not there.
 */
export function decide(site, method, url, missing = site.config.not_found_handling) {
	const rule = redirect(site.config.redirects, url);
	if (rule?.location !== undefined) return rule;
	const asked = rule?.path ?? url.pathname;
	const path = decoded(asked);
	const found = page(site, missing, path);
	if (!found) return rule && { status: 404 };
	if (method !== "GET" && method !== "HEAD") return { status: 405 };
	// Each file has one place, and each path one spelling.
	const place = encoded(found.place ?? path);
	return found.place !== undefined || place !== asked ? { status: 307, location: place + url.search } : found;
}

/** The answer that was decided, with what _headers says of this path. */
export async function answer(site, bucket, request, url, decision) {
	const response = await respond(site, bucket, request, decision ?? { status: 404 });
	const set = new Set();
	for (const [[, fields, unset], names] of matches(site.config.headers, url)) {
		for (const name of unset) response.headers.delete(name);
		for (const [name, value] of fields) {
			// The first takes the place of ours, further ones go beside it.
			response.headers[set.has(name) ? "append" : "set"](name, fill(value, names));
			set.add(name);
		}
	}
	return response;
}

// A path of the site is below the prefix where the script is served under one, which the dispatch says.
const located = (location, request) => (location.startsWith("/") ? (request.headers.get("x-forwarded-prefix") ?? "") : "") + location;

// If-None-Match (RFC 9110, 13.1.2): a list of tags, which are compared weakly, or a star for any. The page that stands for what
// is not there is not what a star asks about. Our own tags have neither commas nor quotes in them, so that a list that is split
// at each comma still has ours whole.
const knows = (given, etag, status) => given?.trim() === "*"
	? status === 200
	: Boolean(given?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag));

async function respond({ prefix, types }, bucket, request, { status, location, file }) {
	if (!file) return new Response(null, { status, headers: location === undefined ? {} : { location: located(location, request) } });
	const [digest, type] = file;
	const etag = `"${digest}"`;
	const headers = new Headers({ etag });
	if (type >= 0) headers.set("content-type", types[type]);
	// A browser keeps it and asks each time; but not what was asked for with credentials, or in part.
	if (!request.headers.has("authorization") && !request.headers.has("range")) {
		headers.set("cache-control", "public, max-age=0, must-revalidate");
	}
	if (knows(request.headers.get("if-none-match"), etag, status)) return new Response(null, { status: 304, headers });
	if (request.method === "HEAD") return new Response(null, { status, headers });
	const object = await bucket.get(`${prefix}/asset/${digest}`);
	if (!object) throw new Error(`The bucket has no asset ${digest} of ${prefix}.`);
	return new Response(object.body, { status, headers });
}
