// multipart/form-data (RFC 7578) as it comes: no more of it is held than a line and a chunk.

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const CR = 13;
const LONGEST_HEAD = 16_384;

/** What is wrong with a body. */
export class Malformed extends Error {}

function find(bytes, needle) {
	for (let at = bytes.indexOf(CR); at >= 0 && at + needle.length <= bytes.length; at = bytes.indexOf(CR, at + 1)) {
		let same = 1;
		while (same < needle.length && bytes[at + same] === needle[same]) same += 1;
		if (same === needle.length) return at;
	}
	return -1;
}

function joined(a, b) {
	if (a.length === 0) return b;
	const bytes = new Uint8Array(a.length + b.length);
	bytes.set(a);
	bytes.set(b, a.length);
	return bytes;
}

/** The parts, `{ name, type, body }`, one after the other: each body is an async iterator that has to be read to its end. */
export async function* parts(stream, boundary) {
	const chunks = stream.getReader();
	const delimiter = encoder.encode(`\r\n--${boundary}`);
	// The first delimiter needs no line before it.
	let rest = encoder.encode("\r\n");
	const more = async () => {
		const { value, done } = await chunks.read();
		if (done) throw new Malformed(`it breaks off before the last line, "--${boundary}--"`);
		rest = joined(rest, value);
	};
	async function* until(needle) {
		for (;;) {
			const at = find(rest, needle);
			// Without a find all may go but what can be the beginning of one.
			const sure = at < 0 ? rest.length - needle.length + 1 : at;
			if (sure > 0) yield rest.subarray(0, sure);
			rest = rest.subarray(Math.max(sure, 0) + (at < 0 ? 0 : needle.length));
			if (at >= 0) return;
			await more();
		}
	}
	async function text(needle) {
		let text = "";
		for await (const bytes of until(encoder.encode(needle))) {
			text += decoder.decode(bytes);
			if (text.length > LONGEST_HEAD) throw new Malformed(`there is no line "--${boundary}" where it should be, or its headers are too long`);
		}
		return text;
	}
	await text(`\r\n--${boundary}`);
	for (;;) {
		// The line break of the delimiter's own line belongs to the headers, which may be none.
		while (rest.length < 2) await more();
		if (rest[0] === 45 && rest[1] === 45) return void (await chunks.cancel());
		const head = await text("\r\n\r\n");
		const [, quoted, name = quoted] = /^content-disposition:.*;[ \t]*name=(?:"([^"]*)"|([^\s;]+))/im.exec(head) ?? [];
		if (name === undefined) throw new Malformed("a part has no name");
		const body = until(delimiter);
		// Without a `return`, so that who stops reading it can go on later.
		const next = () => body.next();
		yield { name, type: /^content-type:[ \t]*(.*)$/im.exec(head)?.[1].trim(), body: { next, [Symbol.asyncIterator]() { return this; } } };
	}
}
