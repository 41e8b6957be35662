// Secrets that the host knows, taken out of what scripts write.

// What is shorter is in any text.
const SHORTEST = 4;
// As much of a secret in base64 as tells it, where it is in the midst of something longer.
const SHORTEST_CORE = 8;

/**
 * A function that puts `[secret NAME]` in the place of each secret, of `[name, value]`: as it is, as JSON has it, in a URL in each of
 * the ways to write one, and in base64, by itself or within more, such as a user and a password.
 */
export function masking(secrets) {
	const forms = [];
	for (const [name, value] of secrets) {
		if (value.length < SHORTEST) continue;
		for (const form of formsOf(value)) forms.push([form, `[secret ${name}]`]);
	}
	// The longest first: one secret may be the begin of another.
	forms.sort(([one], [other]) => other.length - one.length);
	return (text) => forms.reduce((text, [form, mark]) => (text.includes(form) ? text.replaceAll(form, () => mark) : text), text);
}

function formsOf(value) {
	const json = JSON.stringify(value).slice(1, -1);
	const forms = new Set([value, json, JSON.stringify(json).slice(1, -1), new URLSearchParams({ "": value }).toString().slice(1)]);
	// Half a surrogate pair has no form in a URL.
	if (value.isWellFormed()) for (const encoded of [encodeURIComponent(value), encodeURI(value)]) forms.add(encoded);
	const bytes = new TextEncoder().encode(value.slice(0, 8192));
	const whole = base64(bytes);
	for (const form of [whole, ...[0, 1, 2].map((before) => core(bytes, before)).filter(({ length }) => length >= SHORTEST_CORE)]) {
		forms.add(form);
		forms.add(form.replaceAll("+", "-").replaceAll("/", "_"));
	}
	return forms;
}

// What of the base64 depends on these bytes alone, where so many stand before them in their group of three.
function core(bytes, before) {
	const padded = new Uint8Array(before + bytes.length);
	padded.set(bytes, before);
	const skipped = [0, 2, 3][before];
	return base64(padded).slice(skipped, Math.floor((padded.length * 8) / 6));
}

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
