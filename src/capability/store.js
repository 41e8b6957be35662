// Where what a script stores is: an object, or a place in the bucket, for each life of a script and each name that it gives to a store.
// So two scripts never meet, whatever they call theirs, and a script that is made anew finds nothing of the one before.

/** The name of the store that an entrypoint's props are about. */
export function nameOf({ ctx }, kind) {
	const { namespace_id, script, incarnation, id } = ctx.props;
	if (typeof incarnation !== "string") throw new Error("Nothing is stored while a script is tried.");
	return [namespace_id, script, incarnation, kind, id].join("/");
}

/** Its object, by this binding of the host's. */
export const storeOf = (entrypoint, binding, kind) => entrypoint.env[binding].getByName(nameOf(entrypoint, kind));

/**
 * What the namespace with this id is called now, or nothing: who is woken by an alarm knows only what it was called when somebody of it
 * was heard last.
 */
export async function namespaceNow(env, id) {
	const answer = await env.DIRECTORY.getByName("directory").fetch("https://directory/", { method: "POST", body: JSON.stringify({ op: "named", id }) });
	return answer.ok ? answer.json() : null;
}

/** What the host asks of a store: `{ op, ... }`, in the query where a body is for something else. */
export async function asked(request) {
	const { searchParams } = new URL(request.url);
	return searchParams.has("op") ? Object.fromEntries(searchParams) : request.json();
}

/** An answer of lines, as they are made. */
export function lines(all, type = "application/x-ndjson", shown = JSON.stringify) {
	const encoder = new TextEncoder();
	const source = all[Symbol.asyncIterator]?.() ?? all[Symbol.iterator]();
	const body = new ReadableStream({
		async pull(to) {
			let text = "";
			while (text.length < AT_A_TIME) {
				const { done, value } = await source.next();
				if (done) {
					to.enqueue(encoder.encode(text));
					return to.close();
				}
				text += `${shown(value)}\n`;
			}
			to.enqueue(encoder.encode(text));
		},
		cancel: () => source.return?.(),
	});
	return new Response(body, { headers: told(type) });
}

/** The headers of what is exported: it is nothing for a browser to show. */
export const told = (type) => ({ "content-type": type, "cache-control": "no-store", "content-disposition": "attachment", "x-content-type-options": "nosniff" });

const AT_A_TIME = 64 * 1024;

/** Bytes as base64: in pieces, as a call has only so many arguments. */
export function base64Of(bytes) {
	let text = "";
	for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
	return btoa(text);
}

/** An answer that refuses, as the host's API tells it. */
export const refused = (message, status = 400, code = MALFORMED) => Response.json({ errors: [{ code, message }] }, { status });

// As registry/problem.rs has it.
const MALFORMED = 10_004;
