// A question that is refused, as the host's API tells it.

// As registry/problem.rs has it.
const MALFORMED = 10_004;

export class Refusal extends Error {
	constructor(message, status = 400, code = MALFORMED) {
		super(message);
		this.status = status;
		this.code = code;
	}
}

/** A parameter that is a whole number of this range, or this where there is none. */
export function whole(name, value, least, most, otherwise) {
	if (value === undefined || value === null) return otherwise;
	const number = Number(value);
	if (Number.isInteger(number) && number >= least && number <= most) return number;
	throw new Refusal(`${name} has to be a whole number from ${least} to ${most}.`);
}

/** A parameter that is a time, in milliseconds since 1970: RFC 3339, or that number. Its year has four digits, as those that are told. */
export function time(name, value, otherwise) {
	if (value === undefined || value === null) return otherwise;
	const at = /^\d{11,14}$/.test(value) ? Number(value) : /^(?!0000)\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
	if (!Number.isNaN(at)) return at;
	throw new Refusal(`${name} has to be a time such as 2026-01-31T12:00:00Z.`);
}

/** A parameter that is one of these words. */
export function word(name, value, words, otherwise) {
	if (value === undefined || value === null) return otherwise;
	if (words.includes(value)) return value;
	throw new Refusal(`${name} has to be one of ${words.join(", ")}.`);
}
