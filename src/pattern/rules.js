// The language of feature flags: what is wrong with a flag's document, and what the flag is for somebody. One file, so that
// what is checked is what is evaluated. It runs in the host (the check) and in the flag's worker (the evaluation).
//
//	{ "variants": { "on": true, "off": false }, "default": "off", "enabled": true, "rules": [
//	  { "name": "staff", "when": { "attribute": "email", "op": "ends_with", "value": "@example.com" }, "serve": "on" },
//	  { "name": "10 %", "serve": { "by": "user", "split": { "on": 10 } } } ] }
//
// The first rule that holds decides. A condition is { attribute, op, value }, or { all: [...] }, { any: [...] }, { not: ... }.

const VARIANTS = { on: true, off: false };
const MOST = { rules: 100, variants: 50, conditions: 500, depth: 8, text: 1000 };

const has = Object.hasOwn;
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value.length > 0 && value.length <= MOST.text;
const isPlain = (value) => typeof value === "boolean" || typeof value === "string" || Number.isFinite(value);
const isNumberOrText = (value) => typeof value === "string" || Number.isFinite(value);

// What a value of each operator has to be, and whether one value of the attribute fulfils it. `given` is of the type of
// `value` already, where that could be.
const text = (test) => ({ wants: "a text", is: (value) => typeof value === "string", test: (given, value) => typeof given === "string" && test(given, value) });
const order = (test) => ({ wants: "a number or a text", is: isNumberOrText, test: (given, value) => typeof given === typeof value && test(given < value ? -1 : given > value ? 1 : 0) });
const semver = (test) => ({
	wants: "a version such as 1.2.3",
	is: (value) => parsed(value) !== undefined,
	test(given, value) {
		const version = parsed(given);
		return version !== undefined && test(compared(version, parsed(value)));
	},
});
const OPERATORS = {
	eq: { wants: "a text, a number, true or false", is: isPlain, test: (given, value) => given === value },
	ne: { negates: "eq" },
	in: { wants: "a list of texts, numbers, true or false", is: (value) => Array.isArray(value) && value.length > 0 && value.every(isPlain), test: (given, value) => value.some((one) => typed(given, one) === one) },
	not_in: { negates: "in" },
	contains: text((given, value) => given.includes(value)),
	starts_with: text((given, value) => given.startsWith(value)),
	ends_with: text((given, value) => given.endsWith(value)),
	gt: order((sign) => sign > 0),
	gte: order((sign) => sign >= 0),
	lt: order((sign) => sign < 0),
	lte: order((sign) => sign <= 0),
	semver_eq: semver((sign) => sign === 0),
	semver_gt: semver((sign) => sign > 0),
	semver_gte: semver((sign) => sign >= 0),
	semver_lt: semver((sign) => sign < 0),
	semver_lte: semver((sign) => sign <= 0),
	exists: { wants: "true or false", is: (value) => typeof value === "boolean" },
};

/** What the flag is for somebody with these attributes: `{ variant, value, reason, rule? }`. */
export function evaluate(flag, name, attributes) {
	const variants = flag.variants ?? VARIANTS;
	const told = (variant, reason, rule) => ({ flag: name, variant, value: variants[variant], reason, ...(rule !== undefined && { rule }) });
	if (flag.enabled === false) return told(flag.default, "disabled");
	for (const [at, rule] of (flag.rules ?? []).entries()) {
		if (rule.when !== undefined && !holds(rule.when, attributes)) continue;
		const variant = typeof rule.serve === "string" ? rule.serve : share(rule.serve, name, attributes);
		if (variant !== undefined) return told(variant, typeof rule.serve === "string" ? "rule" : "split", rule.name ?? at + 1);
	}
	return told(flag.default, "default");
}

function holds(condition, attributes) {
	if (condition.all) return condition.all.every((one) => holds(one, attributes));
	if (condition.any) return condition.any.some((one) => holds(one, attributes));
	if (condition.not) return !holds(condition.not, attributes);
	const { attribute, op, value } = condition;
	const given = has(attributes, attribute) ? attributes[attribute] : undefined;
	const there = given !== undefined && given !== null;
	if (op === "exists") return there === value;
	// Nothing is known of who has not this attribute: no rule about its value is for them, be it a negation.
	if (!there) return false;
	const { negates } = OPERATORS[op];
	const { test } = OPERATORS[negates ?? op];
	const any = (Array.isArray(given) ? given : [given]).some((one) => test(typed(one, value), value));
	return negates ? !any : any;
}

// A query has only texts: one that reads as the type that the rule has is taken for that.
function typed(given, value) {
	if (typeof given !== "string") return given;
	if (typeof value === "number" && given.trim() !== "" && Number.isFinite(Number(given))) return Number(given);
	if (typeof value === "boolean" && (given === "true" || given === "false")) return given === "true";
	return given;
}

// The variant of whom the hash of the attribute falls into; nothing beyond all shares, or where there is no attribute.
function share({ by, split, salt }, name, attributes) {
	const given = has(attributes, by) ? attributes[by] : undefined;
	if (!isPlain(given) || given === "") return undefined;
	const point = bucket(`${salt ?? name}/${given}`);
	let top = 0;
	for (const [variant, percentage] of Object.entries(split)) {
		top += percentage * 1000;
		// Percentages have three decimals at most, their sums do not always.
		if (point < Math.round(top)) return variant;
	}
	return undefined;
}

/** 0 to 99,999: FNV-1a of the UTF-8 bytes, mixed as MurmurHash3 ends. The same for ever, or people would change sides. */
export function bucket(text) {
	let hash = 0x811c9dc5;
	for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return ((hash ^ (hash >>> 16)) >>> 0) % 100_000;
}

function parsed(version) {
	const match = /^v?(\d{1,15})\.(\d{1,15})\.(\d{1,15})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(version);
	return match ? { numbers: match.slice(1, 4).map(Number), before: match[4]?.split(".") } : undefined;
}

// By the rules of semver.org, 11.
function compared(a, b) {
	for (let at = 0; at < 3; at++) if (a.numbers[at] !== b.numbers[at]) return a.numbers[at] - b.numbers[at];
	if (!a.before || !b.before) return (a.before ? 0 : 1) - (b.before ? 0 : 1);
	for (let at = 0; at < Math.max(a.before.length, b.before.length); at++) {
		const [one, other] = [a.before[at], b.before[at]];
		if (one === other) continue;
		if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
		const [number, otherNumber] = [one, other].map((part) => /^\d+$/.test(part));
		if (number && otherNumber) return Number(one) - Number(other);
		if (number !== otherNumber) return number ? -1 : 1;
		return one < other ? -1 : 1;
	}
	return 0;
}

/** All that is wrong with a flag's document, a sentence each. */
export function problems(flag) {
	if (!isObject(flag)) return ["a flag has to be a JSON object"];
	const found = [];
	const wrong = (where, message) => found.push(`${where} ${message}`);
	known(flag, ["description", "enabled", "variants", "default", "rules"], "the flag", wrong);
	if (flag.description !== undefined && typeof flag.description !== "string") wrong("description", "has to be a text");
	if (flag.enabled !== undefined && typeof flag.enabled !== "boolean") wrong("enabled", "has to be true or false");
	const variants = flag.variants ?? VARIANTS;
	const names = isObject(variants) ? Object.keys(variants) : [];
	if (names.length === 0 || names.length > MOST.variants || !names.every(isText)) wrong("variants", `has to be an object of 1 to ${MOST.variants} names and their values`);
	const variant = (name, where) => names.includes(name) || wrong(where, `has to be the name of a variant: ${names.join(", ")}`);
	variant(flag.default, "default");
	const rules = flag.rules ?? [];
	if (!Array.isArray(rules) || rules.length > MOST.rules) wrong("rules", `has to be a list of at most ${MOST.rules}`);
	else rules.forEach((rule, at) => checkRule(rule, `rules[${at}]`, variant, wrong));
	return found;
}

function checkRule(rule, where, variant, wrong) {
	if (!isObject(rule)) return wrong(where, "has to be an object");
	known(rule, ["name", "when", "serve"], where, wrong);
	if (rule.name !== undefined && !isText(rule.name)) wrong(`${where}.name`, "has to be a text");
	if (rule.when !== undefined) checkCondition(rule.when, `${where}.when`, wrong, 0, { count: 0 });
	if (!isObject(rule.serve)) return variant(rule.serve, `${where}.serve`);
	const { by, split, salt } = rule.serve;
	known(rule.serve, ["by", "split", "salt"], `${where}.serve`, wrong);
	if (!isText(by)) wrong(`${where}.serve.by`, "has to be the name of the attribute that is hashed, such as \"user\"");
	if (salt !== undefined && !isText(salt)) wrong(`${where}.serve.salt`, "has to be a text");
	if (!isObject(split) || Object.keys(split).length === 0) return wrong(`${where}.serve.split`, "has to be an object of variants and their percentages");
	let sum = 0;
	for (const [name, percentage] of Object.entries(split)) {
		variant(name, `${where}.serve.split: ${JSON.stringify(name)}`);
		if (!Number.isFinite(percentage) || percentage < 0 || percentage > 100) wrong(`${where}.serve.split.${name}`, "has to be a number from 0 to 100");
		else sum += percentage;
	}
	if (Math.round(sum * 1000) > 100_000) wrong(`${where}.serve.split`, `adds up to more than 100: ${sum}`);
}

function checkCondition(condition, where, wrong, depth, seen) {
	seen.count += 1;
	if (depth > MOST.depth || seen.count > MOST.conditions) return wrong(where, `is too much: at most ${MOST.depth} deep, and ${MOST.conditions} conditions a rule`);
	if (!isObject(condition)) return wrong(where, "has to be an object");
	const kinds = ["all", "any", "not", "attribute"].filter((kind) => has(condition, kind));
	if (kinds.length !== 1) return wrong(where, "has to have one of all, any, not, attribute");
	const [kind] = kinds;
	if (kind === "not") {
		known(condition, ["not"], where, wrong);
		return checkCondition(condition.not, `${where}.not`, wrong, depth + 1, seen);
	}
	if (kind !== "attribute") {
		known(condition, [kind], where, wrong);
		if (!Array.isArray(condition[kind]) || condition[kind].length === 0) return wrong(`${where}.${kind}`, "has to be a list of conditions");
		return condition[kind].forEach((one, at) => checkCondition(one, `${where}.${kind}[${at}]`, wrong, depth + 1, seen));
	}
	const { attribute, op, value } = condition;
	known(condition, ["attribute", "op", "value"], where, wrong);
	if (!isText(attribute)) wrong(`${where}.attribute`, "has to be a text");
	if (!has(OPERATORS, op)) return wrong(`${where}.op`, `has to be one of ${Object.keys(OPERATORS).join(", ")}`);
	const { wants, is } = OPERATORS[OPERATORS[op].negates ?? op];
	if (!is(value)) wrong(`${where}.value`, `has to be ${wants}, for ${op}`);
}

function known(object, names, where, wrong) {
	for (const name of Object.keys(object)) if (!names.includes(name)) wrong(where, `has no field ${JSON.stringify(name)}: there are ${names.join(", ")}`);
}
