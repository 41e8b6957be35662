// The bodies of the control API's JSON calls: read whole, as they are small, and no further than they may be.

// The text; null if it is over `limit` bytes; undefined if it is not UTF-8, or broke off.
export async function readText(request, limit) {
	if (!request.body) return "";
	if (Number(request.headers.get("content-length")) > limit) return null;
	const decoder = new TextDecoder("utf-8", { fatal: true });
	let size = 0;
	let text = "";
	try {
		// Leaving the loop early cancels what is still to come.
		for await (const chunk of request.body) {
			size += chunk.byteLength;
			if (size > limit) return null;
			text += decoder.decode(chunk, { stream: true });
		}
		return text + decoder.decode();
	} catch {
		return undefined;
	}
}
