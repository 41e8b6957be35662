// A session that is complete, and what a client asks of its files, become what a version has: its manifest.
import { Refused, ask, invalid, outcome } from "./ask.js";
import { parseConfig } from "./config.js";
import { sessionKey } from "./key.js";
import { verify } from "./token.js";

const CONFIGURATION = 100324;
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** What site.js reads. Sorted, so that the same files and rules are the same text. */
function documentOf(config, entries) {
	const types = [...new Set(entries.map(([, , type]) => type))].filter((type) => type !== null).sort();
	const files = entries.map(([path, hash, type]) => [path, [hash, types.indexOf(type)]]);
	return JSON.stringify({ config, types, files: Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1))) });
}

/** `given` is `metadata.assets` as it was sent, `{ jwt, config }`. The result is the draft's `assets`. */
export const complete = (env, namespace, script, given, hasWorker) => outcome(async () => {
	const { jwt, config: asked } = JSON.parse(given);
	if (typeof jwt !== "string") throw invalid("assets.jwt is missing: the token that the last upload of an upload session gave.");
	const claims = await verify(await sessionKey(env), jwt, Date.now());
	if (!claims) throw invalid("assets.jwt is no token of an upload session, or it is older than an hour.");
	if (claims.namespace !== namespace || claims.script !== script) throw invalid("assets.jwt is the token of another script's upload session.");
	const { config, brief, problems } = parseConfig(asked ?? {}, hasWorker);
	if (problems.length > 0) throw new Refused(400, problems.map((message) => ({ code: CONFIGURATION, message })));

	const object = `${namespace}/${script}`;
	const files = (await ask(env.SCRIPTS, object, { op: "asset_files", id: claims.session })).files.flat();
	const text = documentOf(config, files);
	const digest = hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
	const manifest = `${object}/manifest/${digest}`;
	// What the bucket is given is in the script's own journal first, and so are the files that it names.
	await ask(env.SCRIPTS, object, { op: "begin", objects: [manifest] });
	await ask(env.SCRIPTS, object, { op: "asset_use", id: claims.session, manifest });
	await env.BUNDLES.put(manifest, text);
	return { status: 200, result: { manifest, digest, files: files.length, config: brief } };
});
