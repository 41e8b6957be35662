// Opening an upload session: which of its files does the bucket not have yet, and in which uploads are they to come.
import { readText } from "../api/body.js";
import { has } from "../upload/has.js";
import { NESTED } from "../upload/json.js";
import { Refused, ask, invalid, outcome, tooLarge } from "./ask.js";
import { sessionKey } from "./key.js";
import { digestOf, keysOf } from "./listing.js";
import { lifetime, sign } from "./token.js";

const encoder = new TextEncoder();
const UNREADABLE = 10006;
const MOST_FILES = 20_000;
const LARGEST = 25 << 20;
// So many entries, with long paths.
const LONGEST_BODY = 8 << 20;
const MOST_PROBLEMS = 20;
// What one upload brings: its base64 is a third more. Each file is a write, and a request may make so many.
const BUCKET_BYTES = 8 << 20;
const BUCKET_FILES = 500;

/** `[[path, hash, size], ...]`, sorted, so that the same files are the same list; or throws all that is wrong. */
export function listed(body) {
	let manifest;
	try {
		({ manifest } = JSON.parse(body));
	} catch {
		throw invalid("The body is no JSON object.");
	}
	if (manifest === null || typeof manifest !== "object" || Array.isArray(manifest)) {
		throw invalid('The body has to be {"manifest": {"/path": {"hash": "...", "size": 1}}}.');
	}
	const entries = Object.entries(manifest);
	const problems = [];
	if (entries.length > MOST_FILES) problems.push(`There are ${entries.length} files: a script can have ${MOST_FILES}.`);
	const sizes = new Map();
	for (const [path, entry] of entries) {
		const at = JSON.stringify(path);
		const { hash, size } = entry ?? {};
		if (!path.startsWith("/") || path.length > 4096 || path.includes("\0")) problems.push(`${at} has to be a path that begins with a slash.`);
		if (typeof hash !== "string" || !/^[0-9a-f]{32,64}$/i.test(hash)) problems.push(`${at}: hash has to be 32 to 64 hexadecimal digits.`);
		if (!Number.isInteger(size) || size < 0) problems.push(`${at}: size has to be a number of bytes.`);
		else if (size > LARGEST) problems.push(`${at} is of ${size} bytes: a file can be of ${LARGEST}.`);
		if ((sizes.get(hash) ?? size) !== size) problems.push(`${at} has the hash of another file, and another size.`);
		sizes.set(hash, size);
	}
	if (problems.length > MOST_PROBLEMS) problems.splice(MOST_PROBLEMS, Infinity, `There are ${problems.length - MOST_PROBLEMS} more problems.`);
	if (problems.length > 0) throw invalid(...problems);
	return entries.map(([path, { hash, size }]) => [path, hash, size]).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `[[hash, size], ...]` as lists of hashes, one for each upload. */
export function buckets(files) {
	const all = [];
	let bytes = Infinity;
	for (const [hash, size] of files) {
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
	const body = await readText(request, LONGEST_BODY);
	if (body === null) throw tooLarge(`The manifest is over ${LONGEST_BODY} bytes.`);
	if (body === false) throw new Refused(400, [{ code: UNREADABLE, message: `The body is ${NESTED}.` }]);
	if (body === undefined) throw invalid("The body did not arrive whole, or is no text.");
	const files = listed(body);
	const text = JSON.stringify(files);
	const digest = await digestOf(text);
	const object = `${namespace}/${script}`;
	// The script's own object is told of all that is about to be in the bucket, and says what is not there yet.
	const { objects, owner } = keysOf(digest, files);
	const bytes = Object.fromEntries(files.map(([, hash, size]) => [`asset/${hash}`, size]));
	const missing = new Set((await ask(env.SCRIPTS, object, { op: "begin", objects, bytes, owner })).missing);
	// Also where it is there already, as far as is known: a bucket that has lost or damaged it has it again.
	const list = `${object}/${owner}`;
	if (missing.has(list) || !(await has(env.BUNDLES, list, [encoder.encode(text)]))) await env.BUNDLES.put(list, text);
	if (missing.has(list)) await ask(env.SCRIPTS, object, { op: "stored", objects: [owner] });
	const wanted = new Map(files.filter(([, hash]) => missing.has(`${object}/asset/${hash}`)).map(([, hash, size]) => [hash, size]));
	const more = [...wanted.values()].reduce((sum, size) => sum + size, 0);
	if (more > 0) await ask(env.NAMESPACES, namespace, { op: "admit", script, bytes: more });
	const jwt = await sign(await sessionKey(env), { namespace, script, files: digest }, lifetime());
	return { status: 200, result: { jwt, buckets: buckets(wanted) } };
});
