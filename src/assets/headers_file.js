// The text of _headers: https://developers.cloudflare.com/workers/static-assets/headers/
import { address, blanks, excess, flaw, lines } from "./lines.js";

const MOST_RULES = 100;
// All rules can match one path.
const MOST_BLANKS = 200;

const isHeader = (name, value) => {
	try {
		return Boolean(new Headers([[name, value]]));
	} catch {
		return false;
	}
};

/** Rules `[pattern, [[name, value], ...], [name to take out, ...]]`. `say(line, message)` is told what is wrong. */
export function parseHeaders(text, say) {
	const rules = new Map();
	// null before the first path; undefined under one that was wrong, where all the rest would be, too.
	let rule = null;
	let opened = 0;
	let all = 0;
	const close = () => {
		if (!rule) return;
		const [pattern, fields, unset] = rule;
		if (fields.size === 0 && unset.length === 0) say(opened, "there are no headers for this path");
		// Of a path that is there twice the last counts.
		else rules.set(pattern, [pattern, [...fields], unset]);
	};
	for (const [number, line] of lines(text, say)) {
		if (/^(\S+:\/\/|\/)/.test(line)) {
			close();
			const { value, wrong = flaw(value) } = address(line, { host: true });
			if (wrong) say(number, wrong);
			rule = wrong ? undefined : [value, new Map(), []];
			opened = number;
			continue;
		}
		if (rule === undefined) continue;
		const colon = line.indexOf(":");
		if (!rule) say(number, "a path has to come first");
		else if (colon < 0 && line.startsWith("! ")) {
			const name = line.slice(2).trim();
			if (isHeader(name, "")) rule[2].push(name);
			else say(number, `${JSON.stringify(name)} is no name of a header`);
		} else {
			const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
			const value = line.slice(colon + 1).trim();
			const known = rule[1].get(name);
			const before = all;
			all += blanks(value);
			if (colon < 0 || name === "" || value === "") say(number, "a header is its name, a colon and its value");
			else if (!isHeader(name, value)) say(number, `${JSON.stringify(name)} with this value is no header`);
			else if (excess(value)) say(number, excess(value));
			else if (before <= MOST_BLANKS && all > MOST_BLANKS) say(number, `there are more than ${MOST_BLANKS} placeholders to be filled in, up to here`);
			else rule[1].set(name, known ? `${known}, ${value}` : value);
		}
	}
	close();
	if (rules.size > MOST_RULES) say(0, `there are more than ${MOST_RULES} rules`);
	return [...rules.values()];
}
