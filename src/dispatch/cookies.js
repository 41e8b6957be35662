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
