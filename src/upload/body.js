// Reads a body whole, and no further than it may be. What is over is not waited for: the rest stays with the client.

// `{ bytes }`; or `{ atLeast }`, how many bytes there are at least, where that is over the limit. Rejects when the body breaks off.
export async function readBody(request, limit) {
	const told = Number(request.headers.get("content-length"));
	if (told > limit) {
		await request.body?.cancel();
		return { atLeast: told };
	}
	const chunks = [];
	let size = 0;
	// Leaving the loop cancels the stream.
	for await (const chunk of request.body ?? []) {
		size += chunk.byteLength;
		if (size > limit) return { atLeast: size };
		chunks.push(chunk);
	}
	return { bytes: joined(chunks, size) };
}

function joined(chunks, size) {
	if (chunks.length === 1) return chunks[0];
	const bytes = new Uint8Array(size);
	let at = 0;
	// Each chunk is let go of as soon as it is copied: an isolate has 128 MB in all.
	for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
		bytes.set(chunk, at);
		at += chunk.byteLength;
	}
	return bytes;
}
