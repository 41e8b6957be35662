// multipart/form-data (RFC 7578), byte for byte. Not Request.formData(): that makes text of every part without a file
// name, which ruins WebAssembly, and forgets what type it was; and its files are copied once more to be read.

const CR = 13;
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
	// The first delimiter needs no line before it.
	let at = startsWith(bytes, delimiter.subarray(2), 0) ? 0 : find(bytes, delimiter, 0) + 2;
	if (at === 1) throw new Malformed(`there is no line "--${boundary}" in it`);
	at += delimiter.length - 2;
	while (!isEnd(bytes, at)) {
		if (parts.length === mostParts) throw new Malformed(`it has more than ${mostParts} parts`);
		const head = lineEnd(bytes, at);
		// A part may have no headers at all: then the empty line is the first.
		const blank = startsWith(bytes, BREAK, head) ? head : find(bytes, BLANK, head);
		const end = blank < 0 ? -1 : find(bytes, delimiter, blank);
		if (end < 0) throw new Malformed(`it breaks off before the last line, "--${boundary}--"`);
		const start = blank + (blank === head ? 2 : 4);
		const headers = decoder.decode(bytes.subarray(head, blank));
		parts.push({ ...described(headers, parts.length), bytes: bytes.subarray(start, Math.max(start, end)) });
		at = end + delimiter.length;
	}
	return parts;
}

const BREAK = encoder.encode("\r\n");
const BLANK = encoder.encode("\r\n\r\n");

const isEnd = (bytes, at) => bytes[at] === 45 && bytes[at + 1] === 45;

/** Where the line after the delimiter begins; only white space may stand between. */
function lineEnd(bytes, at) {
	let end = at;
	while (bytes[end] === 32 || bytes[end] === 9) end += 1;
	if (!startsWith(bytes, BREAK, end)) throw new Malformed("a line with the boundary does not end where it should");
	return end + 2;
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
