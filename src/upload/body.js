// Reads a body whole, and keeps no more of it than it may have.

// Who is told while it still sends finds the connection closed, and most clients then have no eye for the answer. So of a
// body that is over the limit the rest is passed over, if all of it is no more than twice the limit, and if it comes soon.
const PASSED_OVER = 2;
const PASSED_OVER_MS = 2000;

/** `{ bytes }`; or `{ atLeast }`, how many bytes there are at least, where that is over the limit. Rejects when it breaks off. */
export async function readBody(request, limit) {
	const reader = request.body?.getReader();
	const told = Number(request.headers.get("content-length"));
	if (told > limit) {
		await passOver(reader, told > limit * PASSED_OVER ? 0 : told);
		return { atLeast: told };
	}
	const chunks = [];
	let size = 0;
	for (let next = await reader?.read(); next && !next.done; next = await reader.read()) {
		size += next.value.byteLength;
		if (size > limit) {
			chunks.length = 0;
			await passOver(reader, limit * PASSED_OVER - size);
			return { atLeast: size };
		}
		chunks.push(next.value);
	}
	return { bytes: joined(chunks, size) };
}

async function passOver(reader, most) {
	const cancel = () => reader?.cancel().catch(() => {});
	const timer = setTimeout(cancel, PASSED_OVER_MS);
	try {
		for (let left = most; left > 0; ) {
			const { done, value } = await reader.read();
			if (done) return;
			left -= value.byteLength;
		}
	} catch {
		// It broke off, or it took too long.
	} finally {
		clearTimeout(timer);
		await cancel();
	}
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
