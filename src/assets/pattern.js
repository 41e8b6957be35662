// The patterns of _headers, _redirects and run_worker_first: `*` for anything, `:name` for a segment of a path or a label
// of a host. They are a tenant's and the paths are anybody's, so they are not made into regular expressions: what those
// do in the worst case grows with a power of the path's length, and this with the length.

/** A pattern as its parts: texts, and `{ name, stops }` for what may be anything but the characters that end it. */
export function parse(pattern, names = true) {
	const host = pattern.startsWith("https://") ? pattern.indexOf("/", 8) : 0;
	const parts = [];
	for (const { 0: text, 1: name, index } of pattern.matchAll(names ? /\*|:([A-Za-z]\w*)|(?:[^*:]|:(?![A-Za-z]))+/g : /\*|[^*]+/g)) {
		if (text === "*") parts.push({ name: "splat", stops: "", least: 0 });
		else if (name) parts.push({ name, stops: index < host ? "/." : "/", least: 1 });
		else parts.push(text);
	}
	return parts;
}

/** What the names stand for, each as long as it can be and the first ones first; null where the text does not match. */
export function match(parts, text) {
	const last = parts.length - 1;
	if (last < 0) return text === "" ? {} : null;
	if (typeof parts[0] === "string" && !text.startsWith(parts[0])) return null;
	if (typeof parts[last] === "string" && !text.endsWith(parts[last])) return null;
	// From the last part to the first: for each place of the text, where the part ends if it begins there and all the
	// rest matches; -1 where it does not.
	const ends = [];
	let next = null;
	const follows = (at) => (next ? next[at] >= 0 : at === text.length);
	for (let i = last; i >= 0; i -= 1) {
		const part = parts[i];
		const here = new Int32Array(text.length + 1).fill(-1);
		let furthest = -1;
		for (let at = text.length; at >= 0; at -= 1) {
			if (typeof part === "string") {
				if (text.startsWith(part, at) && follows(at + part.length)) here[at] = at + part.length;
				continue;
			}
			if (at < text.length && part.stops.includes(text[at])) furthest = -1;
			if (furthest < 0 && follows(at)) furthest = at;
			if (furthest >= at + part.least) here[at] = furthest;
		}
		ends[i] = next = here;
	}
	if (ends[0][0] < 0) return null;
	const names = {};
	let at = 0;
	for (const [i, part] of parts.entries()) {
		if (typeof part !== "string") names[part.name] = text.slice(at, ends[i][at]);
		at = ends[i][at];
	}
	return names;
}

/** Puts what the names stand for into a text, each once: what came in is not looked at again. */
export function fill(text, names) {
	const known = Object.keys(names).sort((a, b) => b.length - a.length);
	return known.length === 0 ? text : text.replace(new RegExp(`:(${known.join("|")})`, "g"), (_, name) => names[name]);
}

const parsed = new WeakMap();

/** The rules that match, in their order, each with what its names stand for. A rule is `[pattern, ...]`; one with a host is
 * compared with the host, whatever the scheme of the request. */
export function* matches(rules, url) {
	let patterns = parsed.get(rules);
	if (!patterns) parsed.set(rules, (patterns = rules.map(([pattern]) => parse(pattern))));
	for (const [i, parts] of patterns.entries()) {
		const subject = rules[i][0].startsWith("https://") ? `https://${url.hostname}${url.pathname}` : url.pathname;
		const names = match(parts, subject);
		if (names) yield [rules[i], names];
	}
}

/** Whether one of the patterns, which have no names, matches. */
export function matchesAny(patterns, path) {
	let compiled = parsed.get(patterns);
	if (!compiled) parsed.set(patterns, (compiled = patterns.map((pattern) => parse(pattern, false))));
	return compiled.some((parts) => match(parts, path) !== null);
}
