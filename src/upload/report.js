// What the runtime says of a script that does not load, made readable: its own frames only, mapped to the author's files, and
// the lines around the first.

import { codeFrame } from "./frame.js";
import { original } from "./map.js";

// The runtime leaves out a column that is 0.
const FRAME = /^\s+at (?:.* \()?([^:]+):(\d+)(?::(\d+))?\)?( in .+)?$/;
// A longer line is none of the runtime's. What a script throws can be of any length, and looking for a frame takes the square of that.
const MOST_FRAME = 2000;
const MOST_FRAMES = 8;
const MOST_CHARACTERS = 4000;

/**
 * `probed` is what the runtime said when the probe imported the script, `ran` what it said of the script by itself, which is
 * more exact; `own` is the folder of the modules that are ours.
 */
export async function report(probed, ran, kept, own) {
	const imported = split(probed, own);
	const { text, frames } = ran ? split(ran, own) : imported;
	// V8 counts the columns of a stack from 1, and those of a text that it cannot parse from 0. A stack leads to the probe.
	const thrown = imported.ours && imported.frames.length > 0;
	const first = text.startsWith("Uncaught SyntaxError: ") && !thrown ? 0 : 1;
	for (const frame of frames) frame.column = Math.max(1, frame.column + 1 - first);
	const told = [];
	const maps = new Map();
	let shown;
	for (const frame of frames.length > 0 ? frames : importOf(text, kept)) {
		const mapped = await original(kept, frame, maps);
		const place = mapped ?? { ...frame, text: textOf(kept, frame.file) };
		// Wrangler maps lines that begin with two spaces and "at" by a map of its own. One that is mapped already begins otherwise.
		told.push(`${mapped ? "" : "  "}at ${place.file}:${place.line}:${place.column}${frame.rest}`);
		shown ??= place.text === undefined ? undefined : codeFrame(place.text, place.line, place.column);
	}
	return [[text, ...told].join("\n"), ...(shown ? [shown] : [])].join("\n\n");
}

/** The frames come last; what looks like one in a message of several lines comes before them. */
function split(message, own) {
	const lines = message.replace(/^Failed to start Worker:\n/, "").trimEnd().split("\n");
	const frames = [];
	let ours = false;
	const frameOf = (line) => (line.length > MOST_FRAME ? null : FRAME.exec(line));
	for (let match = frameOf(lines.at(-1)); match && lines.length > 1; match = frameOf(lines.at(-1))) {
		lines.pop();
		const [, file, line, column = 0, rest = ""] = match;
		if (file.startsWith(`${own}/`)) ours = true;
		else frames.unshift({ file, line: Number(line), column: Number(column), rest });
	}
	const text = lines.filter((line) => !line.includes(`"${own}/`)).join("\n");
	return {
		text: text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text,
		frames: frames.slice(0, MOST_FRAMES),
		ours,
	};
}

const textOf = ({ modules }, file) => {
	const module = modules.find(({ name, kind }) => name === file && (kind === "js" || kind === "cjs"));
	return module && new TextDecoder().decode(module.bytes);
};

/** Of a missing module the runtime names the importer and no place: it is where the importer has the specifier. */
function importOf(text, kept) {
	const [, missing, importer] = /No such module "(.+)"\.\n\s+imported from "(.+)"/.exec(text) ?? [];
	const source = importer && textOf(kept, importer);
	for (const match of source?.matchAll(/(?:from|import|import\()\s*(["'])(.+?)\1/g) ?? []) {
		const [whole, quote, specifier] = match;
		if (resolved(specifier, importer) !== missing) continue;
		const before = source.slice(0, match.index + whole.lastIndexOf(`${quote}${specifier}`)).split("\n");
		return [{ file: importer, line: before.length, column: before.at(-1).length + 1, rest: "" }];
	}
	return [];
}

// As the runtime does: a path from where the importer is, anything else as it is.
function resolved(specifier, importer) {
	const path = /^\.{0,2}\//.test(specifier) && URL.parse(specifier, `https://modules/${importer}`)?.pathname.slice(1);
	return path ? decoded(path) : specifier;
}

function decoded(path) {
	try {
		return decodeURI(path);
	} catch {
		return path;
	}
}
