// The files and rules of a version, as they are kept in the bucket; each isolate keeps those that it used last.

import { digestOf } from "./listing.js";

// About what the texts take; an isolate has 128 MB for everything.
const MOST = 8 << 20;
// Whoever finds another request reading waits for it so long. That one can end before it has read all, and then it says nothing.
const PATIENCE_MS = 250;
const kept = new Map();
const reading = new Map();
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
	// Nothing is touched of another request's read but what came of it. Who has waited in vain reads, too: one that waits for
	// the next would wait as often as there are others before it.
	const other = reading.get(key);
	return (other && (await Promise.race([other.catch(() => null), later()]))) || fresh(bucket, key);
}

const later = () => new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, null));

function fresh(bucket, key) {
	const read = load(bucket, key).finally(() => reading.get(key) === read && reading.delete(key));
	reading.set(key, read);
	return read;
}

async function load(bucket, key) {
	const object = await bucket.get(key);
	if (!object) throw new Error(`The manifest ${key} is not in the bucket.`);
	const text = await object.text();
	// What it says goes to visitors as it is: which file is under which path, and with which headers.
	if ((await digestOf(text)) !== key.slice(key.lastIndexOf("/") + 1)) throw new Error(`The manifest ${key} is damaged: it is not what was stored under this digest.`);
	const read = { ...JSON.parse(text), prefix: key.slice(0, key.lastIndexOf("/manifest/")) };
	read.notFound = foldersOf(read.files);
	keep(key, read, text.length);
	return read;
}

function keep(key, read, size) {
	// One that no room could be made for takes none of the others' places. Another request may have read it meanwhile.
	if (size > MOST || kept.has(key)) return;
	bytes += size;
	kept.set(key, { site: read, size });
	for (const [oldest, { size }] of kept) {
		if (bytes <= MOST) break;
		kept.delete(oldest);
		bytes -= size;
	}
}

// Those that have a page of their own for what is not there, the deepest first. A path can have more folders than that by
// thousands, and anybody can ask for it.
const PAGE = "/404.html";
const foldersOf = (files) => Object.keys(files).filter((path) => path.endsWith(PAGE)).map((path) => path.slice(0, -PAGE.length)).sort((a, b) => b.length - a.length);
