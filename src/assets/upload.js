// The files of a session, as they come: each is written to the bucket while it is read, none is held whole but small ones.
import { boundaryOf } from "../upload/multipart.js";
import { Refused, ask, invalid, outcome, tooLarge } from "./ask.js";
import { fromBase64 } from "./base64.js";
import { sessionKey } from "./key.js";
import { reopen } from "./listing.js";
import { Malformed, parts } from "./parts.js";
import { sign, verify } from "./token.js";
import { WrongSize, stream, whole } from "./write.js";

const UNAUTHORIZED = 10023;
// A file of up to so many bytes is put together first, so that several can be written at a time.
const SMALL = 512 * 1024;
// A request has six connections.
const AT_A_TIME = 5;
const MOST_PROBLEMS = 20;
// The largest file there can be, as base64, and what is around it.
const LARGEST_BODY = 48 << 20;

/** `POST /accounts/:account/workers/assets/upload`, whose bearer is the token of the session. */
export const upload = (env, request) => outcome(async () => {
	const bearer = /^bearer +(\S+) *$/i.exec(request.headers.get("authorization"))?.[1] ?? "";
	const key = await sessionKey(env);
	const claims = await verify(key, bearer, Date.now());
	if (!claims) {
		const message = "This takes the token of an upload session, `Authorization: Bearer <jwt>`, which is valid for an hour from when the session was opened: open another one.";
		throw new Refused(401, [{ code: UNAUTHORIZED, message }]);
	}
	const { namespace, script, files: digest, exp } = claims;
	const object = `${namespace}/${script}`;
	const { files, owner, missing } = await reopen(env, object, digest);
	const { stored, problems } = await receive(request, env.BUNDLES, `${object}/`, new Map(files.map(([, hash, size]) => [hash, size])), missing);
	// What has arrived is not asked for again, whatever is wrong with the rest.
	const { missing: left } = await ask(env.SCRIPTS, object, { op: "stored", objects: Object.keys(stored), types: stored, owner });
	if (problems.length > 0) throw invalid(...problems.slice(0, MOST_PROBLEMS));
	if (left > 0) return { status: 202, result: { jwt: null } };
	// A session ends when it was to end: were each upload to begin its hour anew, it would never.
	return { status: 201, result: { jwt: await sign(key, { namespace, script, files: digest }, exp * 1000) } };
});

/** Writes the files that are missing. `stored`: their types, or null, under their keys below the prefix. */
async function receive(request, bucket, prefix, sizes, missing) {
	const type = request.headers.get("content-type") ?? "";
	const boundary = /^multipart\/form-data\b/i.test(type) && boundaryOf(type);
	if (!boundary || !request.body) throw invalid("The body has to be multipart/form-data, with a part for each file that is named by its hash.");
	const base64 = new URL(request.url).searchParams.get("base64") === "true";
	const received = { stored: {}, problems: [] };
	const writing = new Set();
	let failed;
	try {
		for await (const { name, type, body } of parts(counted(request.body), boundary)) {
			const size = sizes.get(name);
			const key = `asset/${name}`;
			const contentType = type && type !== "application/null" ? type : null;
			try {
				if (size === undefined) {
					received.problems.push(`${JSON.stringify(name)} is no hash of this session.`);
				} else if (contentType && !/^[\x20-\x7e]{1,256}$/.test(contentType)) {
					received.problems.push(`${name}: its Content-Type is too long, or has characters that it cannot have.`);
				} else if (missing.has(prefix + key)) {
					// One that is there already stays as it is: versions have it, and a version does not change.
					const bytes = base64 ? fromBase64(body) : body;
					const options = contentType ? { httpMetadata: { contentType } } : {};
					const content = size > SMALL ? await stream(bucket, prefix + key, size, options, bytes) : await whole(size, bytes);
					while (writing.size >= AT_A_TIME) await Promise.race(writing);
					const written = Promise.resolve(content && bucket.put(prefix + key, content, options))
						.then(() => (received.stored[key] = contentType), (error) => (failed = error))
						.finally(() => writing.delete(written));
					writing.add(written);
				}
			} catch (error) {
				if (error instanceof WrongSize) received.problems.push(`${name} is not of the ${size} bytes that the manifest says.`);
				else if (error instanceof SyntaxError) received.problems.push(`${name} is no base64 text.`);
				else throw error;
			}
			for await (const _ of body);
		}
	} catch (error) {
		if (!(error instanceof Malformed)) throw error;
		received.problems.push(`The multipart body cannot be read: ${error.message}.`);
	} finally {
		await Promise.all(writing);
	}
	if (failed) throw failed;
	return received;
}

function counted(body) {
	let size = 0;
	return body.pipeThrough(new TransformStream({
		transform(chunk, controller) {
			size += chunk.byteLength;
			if (size > LARGEST_BODY) throw tooLarge(`The body is over ${LARGEST_BODY} bytes: upload what each bucket names by itself.`);
			controller.enqueue(chunk);
		},
	}));
}
