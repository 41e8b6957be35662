// JSON that somebody sent. How deep it may be is one number for all of it: what we read, keep and pass on is wrapped by us, and
// the parser of the WebAssembly ends at 128.

const DEEPEST = 64;

export const NESTED = `nested too deeply: ${DEEPEST} levels are the most`;

/** Whether a text, if it is JSON, has more levels of lists and objects than there may be. */
export function isDeep(text) {
	let depth = 0;
	for (let at = 0; at < text.length; at++) {
		const char = text[at];
		if (char === '"') {
			for (at = text.indexOf('"', at + 1); at >= 0 && escaped(text, at); at = text.indexOf('"', at + 1));
			if (at < 0) return false;
		} else if (char === "[" || char === "{") {
			if (++depth > DEEPEST) return true;
		} else if (char === "]" || char === "}") depth--;
	}
	return false;
}

function escaped(text, at) {
	let before = at;
	while (text[before - 1] === "\\") before--;
	return (at - before) % 2 === 1;
}
