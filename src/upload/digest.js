// The digests that bundles and source maps are kept under. Who reads one sees by it that it is what was written.

const encoder = new TextEncoder();
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const sha256 = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/** Of a bundle of these modules, `{ name, kind, bytes }` each: as registry/manifest.rs makes it. */
export async function digestOfModules(modules) {
	const lines = await Promise.all(modules.map(async ({ name, kind, bytes }) => [name, kind, await sha256(bytes)]));
	// By their bytes, as Rust sorts texts: JavaScript does it by halves of characters.
	const order = ([name, ...rest]) => [hex(encoder.encode(name)), ...rest].join(" ");
	const sorted = lines.map((line) => [order(line), line]).sort(([one], [other]) => (one < other ? -1 : 1));
	const pieces = [encoder.encode("bundle 1")];
	for (const [, line] of sorted) {
		for (const field of line) {
			const length = new Uint8Array(8);
			const bytes = encoder.encode(field);
			new DataView(length.buffer).setUint32(0, bytes.length, true);
			pieces.push(length, bytes);
		}
	}
	return sha256(await new Blob(pieces).arrayBuffer());
}

/** Of source maps: they are kept by it, as the same modules may come with others. */
export async function digestOfMaps(maps) {
	const all = await Promise.all(maps.map(async ({ name, bytes }) => [name, await sha256(bytes)]));
	return sha256(encoder.encode(JSON.stringify(all.sort())));
}
