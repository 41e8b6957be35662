// The bodies of the control API's JSON calls.

import { readBody } from "../upload/body.js";

// The text; null if it is over `limit` bytes; undefined if it is not UTF-8, or broke off.
export async function readText(request, limit) {
	try {
		const { bytes } = await readBody(request, limit);
		return bytes ? new TextDecoder("utf-8", { fatal: true }).decode(bytes) : null;
	} catch {
		return undefined;
	}
}
