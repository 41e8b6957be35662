// The lines of a source around a place, as compilers show them.

const AROUND = 2;
const WIDTH = 120;

/** Line and column count from 1. Undefined where the text has no such line. */
export function codeFrame(text, line, column) {
	const lines = text.split(/\r\n|[\n\r\u2028\u2029]/);
	if (!(line >= 1 && line <= lines.length)) return undefined;
	const from = Math.max(1, line - AROUND);
	const to = Math.min(lines.length, line + AROUND);
	const digits = `${to}`.length;
	// All lines are cut alike, so that they stay below one another; a line of a minified file can have megabytes.
	const skipped = column > WIDTH - 20 ? column - WIDTH / 2 : 0;
	const shown = [];
	for (let number = from; number <= to; number += 1) {
		const content = visible(lines[number - 1].slice(skipped, skipped + WIDTH));
		shown.push(`${number === line ? ">" : " "} ${`${number}`.padStart(digits)} | ${content}`.trimEnd());
		if (number !== line) continue;
		// Tabs stay tabs, or the mark would not stand below its place.
		const before = lines[number - 1].slice(skipped, Math.max(skipped, column - 1)).replace(/[^\t]/g, " ");
		shown.push(`  ${" ".repeat(digits)} | ${before}^`);
	}
	return shown.join("\n");
}

// What a terminal would obey is shown as one character.
const visible = (text) => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
