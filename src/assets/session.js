// Opening an upload session: which of its files does the bucket not have yet, and in which buckets are they to come.
import { ask, invalid, outcome, tooLarge } from "./ask.js";
import { readText } from "../api/body.js";
import { sessionKey } from "./key.js";
import { sign } from "./token.js";

const MOST_FILES = 20_000;
const LARGEST = 25 << 20;
// 20,000 entries with long paths.
const LONGEST_BODY = 8 << 20;
const MOST_PROBLEMS = 20;
// What one upload brings: its base64 is a third more. Each file is a write, and a request may make so many.
const BUCKET_BYTES = 8 << 20;
const BUCKET_FILES = 500;
const CHUNK = 2000;
const HOUR = 3_600_000;

/** `[[path, hash, size], ...]`, or throws all that is wrong. */
export function files(body) {
	let manifest;
	try {
		({ manifest } = JSON.parse(body));
	} catch {
		throw invalid("The body is no JSON object.");
	}
	if (manifest === null || typeof manifest !== "object" || Array.isArray(manifest)) {
		throw invalid('The body has to be {"manifest": {"/path": {"hash", "size"}}}.');
	}
	const entries = Object.entries(manifest);
	const problems = [];
	if (entries.length > MOST_FILES) problems.push(`There are ${entries.length} files; it can be ${MOST_FILES}.`);
	const sizes = new Map();
	for (const [path, entry] of entries) {
		const at = JSON.stringify(path);
		const { hash, size } = entry ?? {};
		if (!path.startsWith("/") || path.length > 4096 || path.includes("\0")) problems.push(`${at} has to be a path that begins with a slash.`);
		if (!/^[0-9a-f]{32,64}$/i.test(hash)) problems.push(`${at}: hash has to be 32 to 64 hexadecimal digits.`);
		if (!Number.isInteger(size) || size < 0) problems.push(`${at}: size has to be a number of bytes.`);
		else if (size > LARGEST) problems.push(`${at} is ${size} bytes; a file can be ${LARGEST}.`);
		if ((sizes.get(hash) ?? size) !== size) problems.push(`${at}: another file has the same hash and another size.`);
		sizes.set(hash, size);
	}
	if (problems.length > MOST_PROBLEMS) problems.splice(MOST_PROBLEMS, Infinity, `There are ${problems.length - MOST_PROBLEMS} more problems.`);
	if (problems.length > 0) throw invalid(...problems);
	return entries.map(([path, { hash, size }]) => [path, hash, size]);
}

/** `[[hash, size], ...]` as lists of hashes, each one upload. */
export function buckets(missing) {
	const all = [];
	let bytes = Infinity;
	for (const [hash, size] of missing) {
		if (bytes + size > BUCKET_BYTES || all.at(-1).length === BUCKET_FILES) {
			all.push([]);
			bytes = 0;
		}
		all.at(-1).push(hash);
		bytes += size;
	}
	return all;
}

/** `POST .../scripts/:name/assets-upload-session` */
export const openSession = (env, request, namespace, script) => outcome(async () => {
	const text = await readText(request, LONGEST_BODY);
	if (text === null) throw tooLarge(`The manifest is over ${LONGEST_BODY} bytes.`);
	if (text === undefined) throw invalid("The body did not arrive whole, or is no text.");
	const entries = files(text);
	const chunks = [];
	// As texts, which the Durable Object gives to SQLite as they are.
	for (let at = 0; at < entries.length; at += CHUNK) chunks.push(JSON.stringify(entries.slice(at, at + CHUNK)));
	const id = crypto.randomUUID();
	const expires = Date.now() + HOUR;
	const opened = await ask(env.SCRIPTS, `${namespace}/${script}`, { op: "asset_session", id, expires, files: chunks });
	const jwt = await sign(await sessionKey(env), { session: id, namespace, script }, expires);
	return { status: 200, result: { jwt, buckets: buckets(opened.missing.flat()) } };
});
