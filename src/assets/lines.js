// What the texts of _headers and _redirects have in common.

/** The longest line, in characters. */
const LONGEST = 2000;
/** The most names in one pattern, and in one text that they are put into: each can stand for the whole of a long path. */
const MOST_NAMES = 20;

/** The lines that say something, without blanks at their ends: `[number, line]`. `say(number, message)` is told of others. */
export function* lines(text, say) {
	for (const [index, raw] of text.split("\n").entries()) {
		const line = raw.trim();
		if (line === "" || line.startsWith("#")) continue;
		if (line.length > LONGEST) say(index + 1, `the line is longer than ${LONGEST} characters`);
		else yield [index + 1, line];
	}
}

/**
 * A path, or a URL where `host` allows it, in the spelling that requests have. `{ value }` or `{ wrong }`; `whole` keeps its
 * query and fragment.
 */
export function address(token, { host = false, whole = false } = {}) {
	const [, name, rest] = /^https:\/\/+([^/]+)(.*)/.exec(token) ?? [];
	if (name && !host) return { wrong: "only a path is taken here, no URL with a host" };
	if (name && !whole && /:\d+$/.test(name)) return { wrong: "a host is taken without a port" };
	const below = rest?.replace(/^\//, "");
	const path = !name ? token : below.startsWith("/") ? below : `/${below}`;
	// Of no scheme that is known, so that nothing is read as a host.
	const url = path.startsWith("/") ? URL.parse(`path://${path}`) : null;
	if (!url) return { wrong: host ? "it has to begin with a slash or with https://" : "it has to begin with a slash" };
	return { value: (name ? `https://${name}` : "") + url.pathname + (whole ? url.search + url.hash : "") };
}

/** What is wrong with a pattern, or nothing: `*` is the name `splat`, and a name stands for one thing. */
export function flaw(pattern) {
	const names = pattern.match(/\*|:[A-Za-z]\w*/g)?.map((name) => (name === "*" ? ":splat" : name)) ?? [];
	if (names.length > MOST_NAMES) return `there are more than ${MOST_NAMES} placeholders`;
	const twice = names.find((name, i) => names.indexOf(name) < i);
	if (twice === ":splat") return "there can be one wildcard, which is :splat";
	return twice && `the placeholder ${twice} is there twice`;
}

/** How many names a text can be given. */
export const blanks = (text) => text.match(/:[A-Za-z]/g)?.length ?? 0;

/** What is wrong with a text that names are put into, or nothing. */
export const excess = (text) => (blanks(text) > MOST_NAMES ? `there are more than ${MOST_NAMES} placeholders to be filled in` : undefined);
