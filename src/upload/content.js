// The content of a version as it could be uploaded again.

import { readModules } from "./bundle.js";

const TYPES = {
	js: "application/javascript+module",
	cjs: "application/javascript",
	wasm: "application/wasm",
	data: "application/octet-stream",
	text: "text/plain",
	json: "application/json",
	py: "text/x-python",
};

/** multipart/form-data with a part for each module; the main one is named in a header, as Cloudflare names it. */
export async function contentOf(bucket, key, main) {
	const form = new FormData();
	for (const { name, kind, bytes } of await readModules(bucket, key)) {
		form.append(name, new File([bytes], name, { type: TYPES[kind] }));
	}
	return new Response(form, { headers: { "cf-entrypoint": main, "cache-control": "no-store" } });
}
