// The text of _redirects: https://developers.cloudflare.com/workers/static-assets/redirects/
import { address, excess, flaw, lines } from "./lines.js";

const STATUSES = [200, 301, 302, 303, 307, 308];
const MOST_EXACT = 2000;
const MOST_PATTERNS = 100;

/** `{ exact, rules }` as redirect.js takes them. `say(line, message)` is told what is wrong. */
export function parseRedirects(text, htmlHandling, say) {
	const exact = {};
	const rules = [];
	const seen = new Set();
	let all = 0;
	for (const [number, line] of lines(text, say)) {
		// A comment begins with a blank before it; a fragment does not.
		const [source, target, status = "302", ...more] = line.replace(/\s+#.*$/, "").split(/\s+/);
		if (target === undefined || more.length > 0) {
			say(number, "a rule is a path, where it leads to, and perhaps a status");
			continue;
		}
		const { value: from, wrong = flaw(from) } = address(source.startsWith("/") || source.includes("://") ? source : `/${source}`);
		const { value: to, wrong: wrongTarget } = address(target, { host: true, whole: true });
		const away = to?.startsWith("https://");
		const problem = wrong
			?? wrongTarget
			?? (STATUSES.includes(Number(status)) ? undefined : `the status is one of ${STATUSES.join(", ")}`)
			?? (!away && leadsBack(from, to, htmlHandling) ? "this would redirect for ever, as index.html has its place at the folder itself" : undefined)
			?? (seen.has(from) ? "there is a rule for this path already" : undefined)
			?? excess(to)
			?? (status === "200" && away ? "a rule with status 200 leads to a path of this site" : undefined);
		if (problem) {
			say(number, problem);
			continue;
		}
		seen.add(from);
		all += 1;
		// What is exact is found at once, but not before a pattern that stands above it.
		if (rules.length === 0 && !/\*|:[A-Za-z]/.test(from)) exact[from] = [Number(status), to];
		else rules.push([from, Number(status), to]);
	}
	if (rules.length > MOST_PATTERNS) say(0, `there are more than ${MOST_PATTERNS} rules with patterns, or below one`);
	if (all - rules.length > MOST_EXACT) say(0, `there are more than ${MOST_EXACT} rules without patterns`);
	return { exact, rules };
}

const leadsBack = (from, to, htmlHandling) =>
	/\/index(.html)?$/.test(to) && (from.endsWith("/*") || (from.endsWith("/") && htmlHandling !== "none"));
