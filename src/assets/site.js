// The files and rules of a version, as they are kept in the bucket; each isolate keeps those that it used last.

// About what the texts take; an isolate has 128 MB for everything.
const MOST = 8 << 20;
const kept = new Map();
let bytes = 0;

/** The site under a key, and the prefix that its files have in the bucket. */
export async function site(bucket, key) {
	const known = kept.get(key);
	if (known) {
		// The last in the Map is the last used.
		kept.delete(key);
		kept.set(key, known);
		return known.site;
	}
	const object = await bucket.get(key);
	if (!object) throw new Error(`The manifest ${key} is not in the bucket.`);
	const text = await object.text();
	const read = { ...JSON.parse(text), prefix: key.slice(0, key.lastIndexOf("/manifest/")) };
	// Another request may have read it meanwhile.
	if (!kept.has(key)) bytes += text.length;
	kept.set(key, { site: read, size: text.length });
	for (const [oldest, { size }] of kept) {
		if (bytes <= MOST) break;
		kept.delete(oldest);
		bytes -= size;
	}
	return read;
}
