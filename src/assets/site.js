// The files and rules of a version, as they are kept in the bucket; each isolate keeps those that it used last.

// About what the texts take; an isolate has 128 MB for everything.
const MOST = 8 << 20;
const kept = new Map();
let bytes = 0;

/**
 * The site under a key: its `config`; its `files`, `[digest, place in types]` under their paths; its `types`; the `prefix`
 * that the files have in the bucket; and the folders with a page for what is `notFound`.
 */
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
	read.notFound = foldersOf(read.files);
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

// Those that have a page of their own for what is not there, the deepest first. A path can have more folders than that by
// thousands, and anybody can ask for it.
const PAGE = "/404.html";
const foldersOf = (files) => Object.keys(files).filter((path) => path.endsWith(PAGE)).map((path) => path.slice(0, -PAGE.length)).sort((a, b) => b.length - a.length);
