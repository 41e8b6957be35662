// One file of a size that is known, from an iterator of bytes.

export class WrongSize extends Error {}

/** Writes it while it is read. */
export async function stream(bucket, key, size, options, body) {
	const { readable, writable } = new FixedLengthStream(size);
	const written = bucket.put(key, readable, options);
	const writer = writable.getWriter();
	let came = 0;
	try {
		for await (const bytes of body) {
			came += bytes.byteLength;
			if (came > size) throw new WrongSize();
			await writer.write(bytes);
		}
		if (came < size) throw new WrongSize();
		await writer.close();
	} catch (error) {
		// Then nothing is stored of it.
		await Promise.allSettled([writer.abort(error), written]);
		throw error;
	}
	await written;
}

/** Reads it whole. */
export async function whole(size, body) {
	const content = new Uint8Array(size);
	let came = 0;
	for await (const bytes of body) {
		if (came + bytes.byteLength > size) throw new WrongSize();
		content.set(bytes, came);
		came += bytes.byteLength;
	}
	if (came < size) throw new WrongSize();
	return content;
}
