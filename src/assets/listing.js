// The files of an upload session, `[[path, hash, size], ...]`: kept in the bucket beside the manifests, under the digest of
// the list, which is what the session's token has of it.
import { Refused, ask } from "./ask.js";

const EXPIRED = 190004;

export async function digestOf(text) {
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
	return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The keys of a list or a manifest and of its files, below the script's prefix; the first is what holds the others. */
export function keysOf(digest, files) {
	const owner = `manifest/${digest}`;
	return { owner, objects: [owner, ...new Set(files.map(([, hash]) => `asset/${hash}`))] };
}

/** The list of a session, and which of its files are still missing, by their full keys; all are kept for an hour again. */
export async function reopen(env, object, digest) {
	const list = await env.BUNDLES.get(`${object}/manifest/${digest}`);
	if (!list) throw new Refused(409, [{ code: EXPIRED, message: "The files of this upload session are cleaned up: open a new one." }]);
	const text = await list.text();
	if ((await digestOf(text)) !== digest) throw new Error(`The list of files ${digest} of ${object} is damaged.`);
	const files = JSON.parse(text);
	const { objects, owner } = keysOf(digest, files);
	const { missing } = await ask(env.SCRIPTS, object, { op: "begin", objects, owner });
	return { files, owner, missing: new Set(missing) };
}
