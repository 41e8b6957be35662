// The bodies of the control API's JSON calls.

import { readBody } from "../upload/body.js";
import { isDeep } from "../upload/json.js";

// The text; null if it is over `limit` bytes; false if it is JSON that is nested too deeply; undefined if it is not UTF-8, or broke off.
export async function readText(request, limit) {
	try {
		const { bytes } = await readBody(request, limit);
		const text = bytes && new TextDecoder("utf-8", { fatal: true }).decode(bytes);
		return text === undefined ? null : !isDeep(text) && text;
	} catch {
		return undefined;
	}
}
