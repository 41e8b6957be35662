// What a client asks of its files, `metadata.assets.config`: https://developers.cloudflare.com/workers/static-assets/
import { parseHeaders } from "./headers_file.js";
import { parseRedirects } from "./redirects_file.js";

const CHOICES = {
	html_handling: ["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"],
	not_found_handling: ["none", "404-page", "single-page-application"],
};
const KNOWN = ["html_handling", "not_found_handling", "run_worker_first", "_headers", "_redirects"];
const MOST_RULES = 100;
const LONGEST_RULE = 100;

/**
 * `{ config, brief, problems }`: what is served by, what of it the version's own document says, and all that is wrong.
 * `hasWorker`: whether there is one that could run first.
 */
export function parseConfig(given, hasWorker) {
	const problems = [];
	if (given === null || typeof given !== "object" || Array.isArray(given)) return { problems: ["assets.config has to be an object."] };
	for (const name of Object.keys(given)) {
		if (!KNOWN.includes(name)) problems.push(`assets.config.${name} is not supported here; it takes ${KNOWN.join(", ")}.`);
	}
	const config = {};
	for (const [name, choices] of Object.entries(CHOICES)) {
		config[name] = given[name] ?? choices[0];
		if (!choices.includes(config[name])) problems.push(`assets.config.${name} is one of ${choices.join(", ")}.`);
	}
	const brief = { ...config };
	const first = given.run_worker_first ?? false;
	if (first !== false && !hasWorker) problems.push("assets.config.run_worker_first needs a Worker: there is no main_module.");
	else if (typeof first === "boolean") brief.run_worker_first = first;
	else brief.run_worker_first = parseFirst(first, problems);

	const file = (name, parse) => {
		const text = given[name] ?? "";
		if (typeof text !== "string") return void problems.push(`assets.config.${name} has to be the text of that file.`);
		const wrong = [];
		const parsed = parse(text, (line, message) => wrong.push(line ? `Line ${line}: ${message}` : message));
		if (wrong.length > 0) problems.push([`Invalid ${name} configuration:`, ...wrong].join("\n"));
		return parsed;
	};
	config.headers = file("_headers", parseHeaders);
	config.redirects = file("_redirects", (text, say) => parseRedirects(text, config.html_handling, say));
	return { config, brief, problems };
}

// Patterns `/…` go to the worker, `!/…` to the files, whatever the others say.
function parseFirst(rules, problems) {
	const wrong = (message) => problems.push(`assets.config.run_worker_first: ${message}.`);
	if (!Array.isArray(rules) || rules.length === 0 || rules.length > MOST_RULES) {
		wrong(`it is true, false, or a list of 1 to ${MOST_RULES} patterns`);
		return false;
	}
	const sides = { worker: [], files: [] };
	for (const rule of rules) {
		if (typeof rule !== "string" || !/^!?\//.test(rule)) wrong(`${JSON.stringify(rule)} has to begin with / or with !/`);
		else if (rule.length > LONGEST_RULE) wrong(`${JSON.stringify(rule)} is longer than ${LONGEST_RULE} characters`);
		else (rule[0] === "!" ? sides.files : sides.worker).push(rule.replace("!", ""));
	}
	if (sides.worker.length === 0) wrong("there has to be a pattern without a !");
	for (const side of Object.values(sides)) {
		for (const [i, rule] of side.entries()) {
			const covers = (other) => other.endsWith("*") && other !== rule && rule.startsWith(other.slice(0, -1));
			if (side.indexOf(rule) < i) wrong(`${JSON.stringify(rule)} is there twice`);
			else if (side.some(covers)) wrong(`${JSON.stringify(rule)} is covered by ${JSON.stringify(side.find(covers))}`);
		}
	}
	return sides;
}
