// The cookies of a script's answer: a script has no say in those whose names are ours.
// A cookie that has no name comes back as its value alone: `=dl_x=1` as `dl_x=1`.
const isOurs = (cookie) => /^[\s=]*dl_/.test(cookie);

/** Whether an answer sets a cookie of ours. */
export const setsOurs = (headers) => headers.has("set-cookie") && headers.getSetCookie().some(isOurs);

/** Takes those out. */
export function dropOurs(headers) {
	const theirs = headers.getSetCookie().filter((cookie) => !isOurs(cookie));
	headers.delete("set-cookie");
	for (const cookie of theirs) headers.append("set-cookie", cookie);
}

// For caches that many share, and that would keep one visitor's cookie for all of them.
const SHARED = /^(?:|public|private|s-maxage\b.*)$/i;

/** Sets one of ours. The answer is then for this visitor alone. */
export function setOurs(headers, cookie) {
	headers.append("set-cookie", cookie);
	const said = (headers.get("cache-control") ?? "").split(",").map((directive) => directive.trim());
	headers.set("cache-control", ["private", ...said.filter((directive) => !SHARED.test(directive))].join(", "));
	for (const name of ["cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control"]) headers.delete(name);
}
