// What a script threw, as whoever wrote it can act on it: where that is in its own source, the lines around it, and a fingerprint
// by which the same fault is known again, in another version too.

import { readKept } from "../upload/bundle.js";
import { codeFrame } from "../upload/frame.js";
import { original } from "../upload/map.js";

const MOST_FRAMES = 10;
const MOST_KNOWN = 200;
// So many stacks of a version are traced in a minute, by an isolate.
const MOST_LOOKED = 20;
// So many frames tell one fault from another.
const TELLING = 5;
// One line of a stack: `at name (file:line:column)`, or without a name. Both ends by themselves: a script can make a stack of any
// length, and an expression for all of it takes the square of that.
// What is longer than a path can be is none.
const MOST_LINE = 1000;
const BEGIN = /^\s*at /;
const PLACE = /:(\d+):(\d+)\)?$/;

const known = new Map();
let looked = { minute: 0, times: new Map() };

/**
 * A fault of an exception `{ name, message, stack }`: `{ fingerprint, name, message, stack, file, line, column, frame }`. `place` is
 * where the version's code and its source maps are in the bucket, `{ bundle, maps }`; nothing where it has none.
 */
export async function faultAt(bucket, exception, place) {
	const id = JSON.stringify([place?.bundle, place?.maps, exception.stack]);
	if (known.has(id)) return told(exception, known.get(id));
	// A stack is the script's to choose: one that is ever another is not looked at ever again.
	if (!place || !exception.stack || !mayLook(place.bundle)) return told(exception, await located(exception));
	let kept;
	try {
		kept = await readKept(bucket, place.bundle, place.maps);
	} catch {
		// It may be there the next time.
		return told(exception, await located(exception));
	}
	if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value);
	const found = await located(exception, kept);
	known.set(id, found);
	return told(exception, found);
}

function mayLook(bundle) {
	const minute = Math.floor(Date.now() / 60_000);
	if (looked.minute !== minute) looked = { minute, times: new Map() };
	const times = (looked.times.get(bundle) ?? 0) + 1;
	looked.times.set(bundle, times);
	return times <= MOST_LOOKED;
}

/** The same, where modules and source maps are at hand. */
export const faultOf = async (exception, kept) => told(exception, await located(exception, kept));

async function told({ name, message }, { fault, telling }) {
	// Without a place, it is what is said that tells it: but for numbers, which are of the moment.
	const said = telling.length > 0 ? telling : [message.replace(/[0-9a-f]{8,}|\d+/gi, "#").slice(0, 200)];
	return { ...fault, name, message, fingerprint: await digest(JSON.stringify([name, ...said])) };
}

async function located({ stack = "" }, kept) {
	const frames = stack.split("\n").slice(0, MOST_FRAMES).map(parsed).filter((frame) => frame !== undefined);
	const mapped = [];
	const maps = new Map();
	for (const frame of frames) mapped.push({ ...frame, ...(kept && ((await original(kept, frame, maps)) ?? own(kept, frame))) });
	// The first that is the author's own, and not of the runtime.
	const first = mapped.find(({ text }) => text !== undefined) ?? mapped[0];
	const shown = mapped.map(({ name, file, line, column }) => `    at ${name ? `${name} (${file}:${line}:${column})` : `${file}:${line}:${column}`}`);
	return {
		fault: {
			stack: shown.join("\n"),
			file: first?.file ?? null,
			line: first?.line ?? null,
			column: first?.column ?? null,
			frame: (first?.text !== undefined && codeFrame(first.text, first.line, first.column)) || null,
		},
		telling: mapped.slice(0, TELLING).map(({ name, file }) => `${name ?? ""} ${file}`),
	};
}

export function parsed(line) {
	if (line.length > MOST_LINE) return undefined;
	const [begin] = BEGIN.exec(line) ?? [];
	const place = PLACE.exec(line);
	if (begin === undefined || place === null || place.index <= begin.length) return undefined;
	const told = line.slice(begin.length, place.index);
	// A file has a name, too.
	const at = told.slice(0, -1).indexOf(" (");
	const [name, file] = at < 0 ? [undefined, told] : [told.slice(0, at), told.slice(at + 2)];
	return { name, file: file.replace(/^(file|worker):\/\/\/?/, ""), line: Number(place[1]), column: Number(place[2]) };
}

// A module without a source map is what its author wrote.
function own({ modules }, { file }) {
	const module = modules.find(({ name, kind }) => name === file && (kind === "js" || kind === "cjs"));
	return module && { text: new TextDecoder().decode(module.bytes) };
}

// The begin of a SHA-256, which is enough to tell some hundred faults apart.
async function digest(text) {
	const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
	return [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
