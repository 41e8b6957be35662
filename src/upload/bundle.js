// Bundles: all modules of a version in one object of the R2 bucket. Four bytes (big-endian) say how long the header is; the
// header is JSON, [[name, kind, length], ...]; then the modules' bytes, one after the other. Source maps are kept the same way.

import { digestOfMaps, digestOfModules } from "./digest.js";
import { withGiven } from "./given.js";
import { has } from "./has.js";

const encoder = new TextEncoder();

/** The pieces of the object, in their order: no copy of a module is made. */
export function encode(modules) {
	const header = encoder.encode(JSON.stringify(modules.map(({ name, kind, bytes }) => [name, kind, bytes.length])));
	const length = new Uint8Array(4);
	new DataView(length.buffer).setUint32(0, header.length);
	return [length, header, ...modules.map(({ bytes }) => bytes)];
}

/** The modules `{ name, kind, bytes }`; the bytes are views. Throws where the object is not whole. */
export function decode(bytes) {
	const { buffer, byteOffset, byteLength } = bytes;
	const headerLength = byteLength < 4 ? Infinity : new DataView(buffer, byteOffset).getUint32(0);
	let at = 4 + headerLength;
	if (at > byteLength) throw new Error("it is damaged: its header is not whole");
	const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, at)));
	const modules = header.map(([name, kind, length]) => ({ name, kind, bytes: bytes.subarray(at, (at += length)) }));
	if (at !== byteLength) throw new Error(`it is damaged: it has ${byteLength} bytes and should have ${at}`);
	return modules;
}

/** The modules as the loader takes them. */
export function loadable(modules) {
	return Object.fromEntries(modules.map(({ name, kind, bytes }) => [name, { [kind]: content(kind, bytes) }]));
}

function content(kind, bytes) {
	if (kind === "wasm" || kind === "data") return bytes.slice().buffer;
	const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
	return kind === "json" ? JSON.parse(text) : text;
}

/** Writes modules, or source maps, under a key; where it may be there already (`known`), only if it is not. */
export async function store(bucket, key, modules, known) {
	const pieces = encode(modules).filter(({ length }) => length > 0);
	if (known && (await has(bucket, key, pieces))) return;
	const { readable, writable } = new FixedLengthStream(pieces.reduce((sum, { length }) => sum + length, 0));
	await Promise.all([bucket.put(key, readable), written(writable.getWriter(), pieces)]);
}

async function written(writer, pieces) {
	for (const piece of pieces) await writer.write(piece);
	await writer.close();
}

/** What the loader's factory gives: the modules under a key, `{ "index.js": { js: "..." }, ... }`. `given` is JSON. */
export async function readBundle(bucket, key, main, given) {
	return withGiven(loadable(await readModules(bucket, key)), main, JSON.parse(given));
}

/** What was kept of an upload, again. The source maps may not be there; those of older hosts are kept by the digest of the bundle. */
export async function readKept(bucket, bundleKey, mapKey) {
	const digestOf = named(mapKey) === named(bundleKey) ? undefined : digestOfMaps;
	const [modules, maps] = await Promise.all([readModules(bucket, bundleKey), read(bucket, mapKey, digestOf).catch(() => [])]);
	return { modules, maps };
}

export const readModules = (bucket, key) => read(bucket, key, digestOfModules);

// What a key is named for. A bucket may lose an object, cut it off, or have it written by somebody else: what is run is what was tried
// when it was uploaded, or nothing.
const named = (key) => key.slice(key.lastIndexOf("/") + 1);

async function read(bucket, key, digestOf) {
	const object = await bucket.get(key);
	if (object === null) throw new Error(`There is no bundle ${key} in the bucket.`);
	try {
		const modules = decode(new Uint8Array(await object.arrayBuffer()));
		if (digestOf && (await digestOf(modules)) !== named(key)) throw new Error("it is damaged: it is not what was stored under this digest");
		return modules;
	} catch (error) {
		throw new Error(`The bundle ${key} cannot be read: ${error.message}.`);
	}
}
