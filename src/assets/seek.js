// Looking for a text in a path, from the left or from the right, in as many steps as there are characters between: as Knuth,
// Morris and Pratt do it. What looks at each place anew takes as many steps for each of them as the text is long.

const ordered = (codes) => {
	const borders = [0];
	for (let i = 1, border = 0; i < codes.length; i += 1) {
		while (border > 0 && codes[border] !== codes[i]) border = borders[border - 1];
		if (codes[border] === codes[i]) border += 1;
		borders[i] = border;
	}
	return { codes, borders };
};

/** A text as it is looked for. */
export function wanted(text) {
	const codes = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
	return { length: codes.length, "1": ordered(codes), "-1": ordered(codes.toReversed()) };
}

const codeAt = (text, at, step) => text.charCodeAt(step > 0 ? at : at - 1);

/** Whether it stands at this place. */
export const reads = (text, { "1": { codes } }, at) => codes.every((code, i) => text.charCodeAt(at + i) === code);

/** How far it goes from `at` towards `end`, which `step` leads to, until one of these characters. */
export function until(text, stops, at, end, step) {
	while (at !== end && !stops.includes(codeAt(text, at, step))) at += step;
	return at;
}

/** The far end of the nearest place where it stands between `at` and `end`, with none of these characters before it; or -1. */
export function seek(text, word, stops, at, end, step) {
	const { length, [step]: { codes, borders } } = word;
	if (length === 0) return at;
	let found = 0;
	let came = 0;
	let stopped = Infinity;
	for (; at !== end; at += step, came += 1) {
		const code = codeAt(text, at, step);
		if (came < stopped && stops.includes(code)) stopped = came;
		while (found > 0 && codes[found] !== code) found = borders[found - 1];
		if (codes[found] === code) found += 1;
		if (came + 1 - found > stopped) return -1;
		if (found === length) return at + step;
	}
	return -1;
}

/** The same behind a name, which is one character at least. */
export const past = (text, word, stops, at, end, step) =>
	at === end || stops.includes(codeAt(text, at, step)) ? -1 : seek(text, word, stops, at + step, end, step);
