// What is in the bucket is not written again: of one key R2 takes a write in a second
// (https://developers.cloudflare.com/r2/platform/limits/), and the same code may be uploaded twice in that time.

/** Whether these bytes, and no others, are under a key. What was lost or damaged is not. */
export async function has(bucket, key, pieces) {
	const there = await bucket.head(key);
	if (there?.checksums.md5 === undefined || there.size !== pieces.reduce((sum, { length }) => sum + length, 0)) return false;
	const stream = new crypto.DigestStream("MD5");
	const writer = stream.getWriter();
	for (const piece of pieces) await writer.write(piece);
	await writer.close();
	const [is, was] = [new Uint8Array(await stream.digest), new Uint8Array(there.checksums.md5)];
	return is.every((byte, at) => byte === was[at]);
}
