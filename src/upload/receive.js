// An upload as it comes, in each of the forms that clients use.

import { readBody } from "./body.js";
import { digestOfMaps, sha256 } from "./digest.js";
import { document, isFieldOf } from "./fields.js";
import { NESTED, isDeep } from "./json.js";
import { modulesOf } from "./modules.js";
import { Malformed, boundaryIn, boundaryOf, parse } from "./multipart.js";

const MOST_MODULES = 500;
// Modules, their source maps, and the fields of a document with as many bindings as anybody has.
const MOST_PARTS = 4000;
const MAIN = "index.js";
const JAVASCRIPT = new Set(["application/javascript", "text/javascript", "application/x-javascript"]);

const text = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
const refused = (why, ...messages) => ({ facts: JSON.stringify({ refused: why, messages }) });

/**
 * `{ facts, kept }`: facts is JSON, `{ metadata, modules: [{ name, kind, bytes, sha256 }], maps, problems }` with the digest of the source maps, the
 * metadata as an object, or `{ refused, messages }`. What was kept, modules with their bytes, stays in JavaScript.
 */
export async function receive(request, limit) {
	const form = await formOf(request, limit);
	if (form.refused) return refused(form.refused, ...form.messages);
	try {
		return await facts(form, request.headers);
	} catch (error) {
		if (!(error instanceof Malformed)) throw error;
		return refused("body", `The body cannot be read: ${error.message}.`);
	}
}

/** A document alone, which comes as JSON, as one part of a form with JSON in it, or as fields; as JSON text in `document`. */
export async function receiveDocument(request, root, limit) {
	const form = await formOf(request, limit);
	if (form.refused) return refused(form.refused, ...form.messages);
	try {
		const found = form.single ? parsed(form.single, "The body") : documentOf(form.parts, root).found;
		return { facts: JSON.stringify({ document: found ?? {} }) };
	} catch (error) {
		if (!(error instanceof Malformed)) throw error;
		return refused("body", `The body cannot be read: ${error.message}.`);
	}
}

/** `{ parts }` of a form, or `{ single, type }`, the bytes of what is none. */
async function formOf(request, limit) {
	const type = request.headers.get("content-type") ?? "";
	const essence = type.split(";")[0].trim().toLowerCase();
	let body;
	try {
		body = await readBody(request, limit);
	} catch {
		return { refused: "body", messages: ["The body did not arrive whole."] };
	}
	const { bytes, atLeast } = body;
	if (!bytes) {
		const message = `The body is over the limit of ${limit} bytes: at least ${atLeast} came. Upload less at once.`;
		return { refused: "size", messages: [message] };
	}
	const isForm = essence === "multipart/form-data";
	const boundary = (isForm && boundaryOf(type)) || (isForm || JAVASCRIPT.has(essence) ? boundaryIn(bytes) : undefined);
	if (isForm && !boundary) return { refused: "body", messages: ["The Content-Type multipart/form-data has no boundary."] };
	if (!boundary) return { single: bytes, type: essence };
	try {
		return { parts: parse(bytes, boundary, MOST_PARTS) };
	} catch (error) {
		if (!(error instanceof Malformed)) throw error;
		return { refused: "body", messages: [`The multipart body cannot be read: ${error.message}.`] };
	}
}

async function facts({ parts, single, type }, headers) {
	let metadata;
	let files;
	if (parts) ({ found: metadata, rest: files } = documentOf(parts, "metadata"));
	else if (type === "application/javascript+module" || type === "text/javascript+module") {
		metadata = { main_module: MAIN };
		files = [{ name: MAIN, type, bytes: single }];
	} else if (type === "application/json" || JAVASCRIPT.has(type)) {
		// Without files that package sends the document alone, and calls it JavaScript.
		({ metadata } = (JAVASCRIPT.has(type) ? attempted(single) : parsed(single, "the body")) ?? {});
		if (!metadata && JAVASCRIPT.has(type)) return serviceWorker();
		files = [];
	} else return refused("type", `There is no upload of the Content-Type ${JSON.stringify(type)}: ${FORMS}`);

	metadata ??= {};
	if (typeof metadata !== "object" || Array.isArray(metadata)) throw new Malformed("metadata is no JSON object");
	metadata.main_module ??= headers.get("cf-worker-main-module-part") ?? undefined;
	metadata.body_part ??= headers.get("cf-worker-body-part") ?? undefined;
	if (typeof metadata.main_module === "string") metadata.main_module = metadata.main_module.replace(/^(?:\.\/)+/, "");
	const { modules, maps, problems } = modulesOf(files, MOST_MODULES);
	const told = [];
	for (const { name, kind, bytes } of modules) {
		told.push({ name, kind, bytes: bytes.length, sha256: await sha256(bytes) });
	}
	const digest = maps.length === 0 ? null : await digestOfMaps(maps);
	return { facts: JSON.stringify({ metadata, modules: told, maps: digest, problems }), kept: { modules, maps } };
}

const FORMS =
	"send multipart/form-data with a part `metadata` and a part for each module, or one ES module as application/javascript+module.";

function serviceWorker() {
	return refused(
		"module",
		"This is a script in service-worker syntax, which a dynamic worker cannot be: export default { fetch(request, env) { ... } } " +
			"and send it as application/javascript+module.",
	);
}

/** The document among the parts, and the other parts. */
function documentOf(parts, root) {
	const whole = parts.find(({ name }) => name === root);
	const fields = parts.filter(({ name }) => isFieldOf(root, name));
	const rest = parts.filter(({ name }) => name !== root && !isFieldOf(root, name));
	if (whole && fields.length > 0) throw new Malformed(`${root} comes as JSON and as fields`);
	if (whole) return { found: parsed(whole.bytes, root), rest };
	if (fields.length === 0) return { found: undefined, rest };
	return { found: document(root, fields.map(({ name, bytes }) => [name, decoded(bytes, name)])), rest };
}

function decoded(bytes, what) {
	try {
		return text(bytes);
	} catch {
		throw new Malformed(`${what} is not UTF-8 text`);
	}
}

function parsed(bytes, what) {
	const json = decoded(bytes, what);
	if (isDeep(json)) throw new Malformed(`${what} is ${NESTED}`);
	try {
		return JSON.parse(json);
	} catch (error) {
		// The engine's words may quote the text, in which there are secrets: no more than a position is told.
		const at = / at position \d+(?: \(line \d+ column \d+\))?$/.exec(error.message)?.[0] ?? "";
		throw new Malformed(`${what} is not JSON${at}`);
	}
}

function attempted(bytes) {
	let found;
	try {
		found = JSON.parse(text(bytes));
	} catch {
		return undefined;
	}
	return found && parsed(bytes, "the body");
}
