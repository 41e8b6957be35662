// multipart/form-data (RFC 7578), byte for byte. Not Request.formData(): that makes text of every part without a file
// name, which ruins WebAssembly, and forgets what type it was; and its files are copied once more to be read.

const [TAB, CR, SPACE, DASH] = [9, 13, 32, 45];
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What is wrong with a body. */
export class Malformed extends Error {}

/** The boundary that a Content-Type names. */
export function boundaryOf(contentType) {
	const match = /;\s*boundary=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/i.exec(contentType);
	return match && (match[1]?.replace(/\\(.)/g, "$1") ?? match[2]);
}

/** The boundary that the body itself begins with: the npm package `cloudflare` sends such bodies under a type without one. */
export function boundaryIn(bytes) {
	const beginning = decoder.decode(bytes.subarray(0, 512));
	return /^--([0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?])[ \t]*\r\nContent-Disposition:/i.exec(beginning)?.[1];
}

/** The parts, `{ name, filename, type, bytes }`; file name and type may be undefined. The bytes are views, not copies. */
export function parse(bytes, boundary, mostParts) {
	const delimiter = encoder.encode(`\r\n--${boundary}`);
	const parts = [];
	// The first line needs no line before it.
	const first = delimiter.subarray(2);
	let line = startsWith(bytes, first, 0) ? lineAfter(bytes, first.length) : undefined;
	line ??= next(bytes, delimiter, 0)?.line;
	if (!line) throw new Malformed(`there is no line "--${boundary}" in it`);
	while (!line.last) {
		if (parts.length === mostParts) throw new Malformed(`it has more than ${mostParts} parts`);
		// A part may have no headers at all: then the empty line is the first.
		const head = line.end;
		const blank = startsWith(bytes, BREAK, head) ? head : find(bytes, BLANK, head);
		// Right behind this one can be the next boundary, too.
		const end = blank < 0 ? undefined : next(bytes, delimiter, head - 2);
		if (!end) throw new Malformed(`it breaks off before the last line, "--${boundary}--"`);
		if (end.at < blank) throw new Malformed(`part ${parts.length + 1} has no empty line after its headers`);
		const start = blank + (blank === head ? 2 : 4);
		const headers = decoder.decode(bytes.subarray(head, blank));
		parts.push({ ...described(headers, parts.length), bytes: bytes.subarray(start, Math.max(start, end.at)) });
		({ line } = end);
	}
	return parts;
}

const BREAK = encoder.encode("\r\n");
const BLANK = encoder.encode("\r\n\r\n");

/** The next line that is the boundary and nothing else. */
function next(bytes, delimiter, from) {
	for (let at = find(bytes, delimiter, from); at >= 0; at = find(bytes, delimiter, at + 1)) {
		const line = lineAfter(bytes, at + delimiter.length);
		if (line) return { at, line };
	}
	return undefined;
}

/** Where the line ends that goes on after the boundary, and whether it is the last one. */
function lineAfter(bytes, at) {
	if (bytes[at] === DASH && bytes[at + 1] === DASH) return { last: true };
	let end = at;
	while (bytes[end] === SPACE || bytes[end] === TAB) end += 1;
	return startsWith(bytes, BREAK, end) ? { last: false, end: end + 2 } : undefined;
}

function described(headers, place) {
	const header = (name) => new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(headers)?.[1].trim();
	const disposition = header("content-disposition") ?? "";
	const { name, filename } = parameters(disposition);
	if (!/^form-data\b/i.test(disposition) || name === undefined) {
		throw new Malformed(`part ${place + 1} has no header like Content-Disposition: form-data; name="..."`);
	}
	return { name, filename, type: header("content-type") };
}

/** One after the other, as a quoted value may hold what looks like a parameter. */
function parameters(header) {
	const found = {};
	for (const [, name, quoted, plain] of header.matchAll(/;\s*([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/g)) {
		// Browsers write three characters by number, curl writes two with a backslash.
		const unquoted = quoted?.replace(/\\(["\\])/g, "$1").replace(/%(22|0D|0A)/gi, (code) => decodeURIComponent(code));
		found[name.toLowerCase()] ??= unquoted ?? plain;
	}
	return found;
}

function startsWith(bytes, needle, at) {
	for (let i = 0; i < needle.length; i += 1) if (bytes[at + i] !== needle[i]) return false;
	return true;
}

/** Where the needle, which begins with a line break, is found; -1 if it is not. */
function find(bytes, needle, from) {
	for (let at = bytes.indexOf(CR, from); at >= 0; at = bytes.indexOf(CR, at + 1)) if (startsWith(bytes, needle, at)) return at;
	return -1;
}
