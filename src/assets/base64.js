// Base64 text that comes in pieces of any length, as bytes.

export async function* fromBase64(body) {
	const decoder = new TextDecoder("latin1");
	let rest = "";
	for await (const piece of body) {
		const text = rest + decoder.decode(piece).replace(/[\t\n\f\r ]+/g, "");
		// Fours, but for the last one: only the end may be padded.
		const sure = Math.max(0, text.length - (text.length % 4) - 4);
		rest = text.slice(sure);
		if (sure === 0) continue;
		if (text[sure - 1] === "=") throw new SyntaxError("text after the end");
		yield Uint8Array.fromBase64(text.slice(0, sure));
	}
	if (rest) yield Uint8Array.fromBase64(rest);
}
