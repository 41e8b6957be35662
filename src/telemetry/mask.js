// Secrets that the host knows, taken out of what scripts write.

// What is shorter is in any text.
const SHORTEST = 4;

/** A function that puts `[secret NAME]` in the place of each secret, of `[name, value]`, as it is, as JSON has it, in a URL, or in base64. */
export function masking(secrets) {
	const forms = [];
	for (const [name, value] of secrets) {
		if (value.length < SHORTEST) continue;
		const json = JSON.stringify(value).slice(1, -1);
		for (const form of new Set([value, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(value), base64(value)])) forms.push([form, `[secret ${name}]`]);
	}
	// The longest first: one secret may be the begin of another.
	forms.sort(([one], [other]) => other.length - one.length);
	return (text) => forms.reduce((text, [form, mark]) => (text.includes(form) ? text.replaceAll(form, () => mark) : text), text);
}

function base64(text) {
	return btoa(String.fromCharCode(...new TextEncoder().encode(text.slice(0, 8192))));
}
