// The patterns of _headers, _redirects and run_worker_first: `*` for anything, `:name` for a segment of a path or a label
// of a host. They are a tenant's and the paths are anybody's: a path is read a few times for each, whatever the pattern is,
// where a regular expression would try one way after another.
import { past, reads, seek, until, wanted } from "./seek.js";

const PATH = [..."/"].map((stop) => stop.charCodeAt(0));
const HOST = [..."/."].map((stop) => stop.charCodeAt(0));

/**
 * A pattern as what is before its star and what is after it (null where there is no star; there is one at most): texts, at
 * each end, too, though that may be empty, and the names between them with the characters that end what they stand for.
 */
export function parse(pattern) {
	const host = pattern.startsWith("https://") ? pattern.indexOf("/", 8) : 0;
	const sides = [{ texts: [""], names: [] }];
	for (const { 0: text, 1: name, index } of pattern.matchAll(/\*|:([A-Za-z]\w*)|(?:[^*:]|:(?![A-Za-z]))+/g)) {
		const { texts, names } = sides.at(-1);
		if (text === "*") sides.push({ texts: [""], names: [] });
		else if (name) texts.push(""), names.push({ name, stops: index < host ? HOST : PATH });
		else texts[texts.length - 1] = text;
	}
	const [before, after = null] = sides.map(({ texts, names }) => ({ texts: texts.map(wanted), names }));
	return { before, after };
}

/**
 * What the names stand for, each as long as it can be and the first ones first; null where the text does not match.
 *
 * A text that can stand in several places behind a name has none of the name's stops between them, and what is before it fits
 * with each of them. So the last place is the one to take, and none is left to be tried.
 */
export function match({ before, after }, text) {
	const found = {};
	const [first] = before.texts;
	const last = (after ?? before).texts.at(-1);
	const open = after || before.names.length > 0;
	let to = text.length - last.length;
	if (to < (open ? first.length : 0) || !reads(text, first, 0) || !reads(text, last, to)) return null;
	if (!open) return to === 0 ? found : null;
	if (after) {
		const end = backwards(after, 0, text, to, first.length, found);
		const from = end < 0 ? -1 : furthest(before, text, end);
		if (from < 0) return null;
		found.splat = text.slice(from, end);
		to = from - before.texts.at(-1).length;
	}
	if (before.names.length === 0) return found;
	to = backwards(before, 1, text, to, first.length, found);
	const { name, stops } = before.names[0];
	if (to <= first.length || until(text, stops, first.length, to, 1) !== to) return null;
	found[name] = text.slice(first.length, to);
	return found;
}

// From where the last name of a side ends back over its names from this one on, and the text before each: where that begins.
function backwards({ texts, names }, least, text, to, end, found) {
	for (let i = names.length - 1; i >= least && to >= 0; i -= 1) {
		const { name, stops } = names[i];
		const begins = past(text, texts[i], stops, to, end, -1);
		found[name] = text.slice(begins + texts[i].length, to);
		to = begins;
	}
	return to;
}

// How far what is before the star can reach up to `to`, or -1. Where its texts stand at the soonest tells where the last name
// can begin, and its stops tell how far it can go.
function furthest({ texts, names }, text, to) {
	let at = texts[0].length;
	if (names.length === 0) return at;
	for (let i = 1; i < names.length; i += 1) {
		at = past(text, texts[i], names[i - 1].stops, at, to, 1);
		if (at < 0) return -1;
	}
	const last = texts.at(-1);
	const end = until(text, names.at(-1).stops, at, to, 1);
	const begins = end > at ? seek(text, last, [], Math.min(end + last.length, to), at + 1, -1) : -1;
	return begins < 0 ? -1 : begins + last.length;
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

/** Whether a text is these ones, in this order, with anything between them. */
export function spans(texts, text) {
	const [first, last] = [texts[0], texts.at(-1)];
	const end = text.length - last.length;
	if (end < 0 || !reads(text, first, 0) || !reads(text, last, end)) return false;
	if (texts.length === 1) return end === 0;
	let at = first.length;
	for (const middle of texts.slice(1, -1)) {
		if (at < 0 || at > end) return false;
		at = seek(text, middle, [], at, end, 1);
	}
	return at >= 0 && at <= end;
}

/** What `spans` takes, of a pattern that has stars and no names. */
export const stars = (pattern) => pattern.split("*").map(wanted);

/** Whether one of the patterns, which have no names, matches. */
export function matchesAny(patterns, path) {
	let compiled = parsed.get(patterns);
	if (!compiled) parsed.set(patterns, (compiled = patterns.map(stars)));
	return compiled.some((texts) => spans(texts, path));
}
