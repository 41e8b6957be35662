// A message of a queue: what of it a sender may say, and how it is shown.
import { isDeeper } from "../../telemetry/event.js";
import { base64Of } from "../store.js";
import { sizeOf } from "./child.js";
import { MOST_DELAY_S } from "./settings.js";

const MOST_BYTES = 128_000;
const MOST_LEVELS = 64;

export const isDelay = (delay) => delay === undefined || (Number.isInteger(delay) && delay >= 0 && delay <= MOST_DELAY_S);

/** Whether something that was sent is one: `{ type, body, delay }`. */
export function isMessage(message) {
	const { type, body, delay } = message ?? {};
	if (!isDelay(delay)) return false;
	if (type === "text" || type === "json") return typeof body === "string" && body.length <= MOST_BYTES && (type === "text" || isJson(body));
	if (type === "bytes") return body instanceof Uint8Array && body.length <= MOST_BYTES;
	return type === "v8" && body !== undefined && sizeOf(body) <= MOST_BYTES;
}

/** How many bytes it has. */
export const bytesOf = ({ type, body }) => (type === "bytes" ? body.byteLength : sizeOf(body));

/** The body as whoever looks into a queue is shown it. */
export function shown(type, body) {
	if (type === "bytes") return base64Of(new Uint8Array(body));
	if (type === "v8") return textOf(body);
	if (type === "text") return body;
	const value = JSON.parse(body);
	// What is nested deeper than any stack cannot be written as JSON again.
	return isDeeper(value, MOST_LEVELS) ? body : value;
}

// One that is none would take down the batch that it is in.
function isJson(text) {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

// There are objects of which there is no text.
function textOf(value) {
	try {
		return String(value);
	} catch {
		return Object.prototype.toString.call(value);
	}
}
