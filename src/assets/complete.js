// A session that is complete, and what a client asks of its files, become what a version has: its manifest.
import { Refused, ask, invalid, outcome } from "./ask.js";
import { parseConfig } from "./config.js";
import { sessionKey } from "./key.js";
import { digestOf, keysOf, reopen } from "./listing.js";
import { verify } from "./token.js";

const CONFIGURATION = 100324;

/** What site.js reads. The list is sorted, so that the same files and rules are the same text. */
function documentOf(config, list, typeOf) {
	const types = [...new Set(list.map(([, hash]) => typeOf(hash)))].filter((type) => type !== null).sort();
	const files = list.map(([path, hash]) => [path, [hash, types.indexOf(typeOf(hash))]]);
	return JSON.stringify({ config, types, files: Object.fromEntries(files) });
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
	const session = await reopen(env, object, claims.files);
	if (session.missing.size > 0) throw invalid(`assets.jwt is of an upload session that is not complete: ${session.missing.size} files are missing.`);
	const types = await ask(env.SCRIPTS, object, { op: "types", owner: session.owner });
	const text = documentOf(config, session.files, (hash) => types[`asset/${hash}`] ?? null);
	const digest = await digestOf(text);
	const { objects, owner } = keysOf(digest, session.files);
	const manifest = `${object}/${owner}`;
	// What the bucket is given is in the script's own journal first, and with it what it names.
	await ask(env.SCRIPTS, object, { op: "begin", objects, owner });
	await env.BUNDLES.put(manifest, text);
	await ask(env.SCRIPTS, object, { op: "stored", objects: [owner] });
	return { status: 200, result: { manifest, digest, files: session.files.length, config: brief } };
});
