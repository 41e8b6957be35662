// `env.QUEUE` of a script: Cloudflare's Queue, in the script's own isolate, over a stub to what queue.js exports.
const MOST_BYTES = 128_000;
const MOST_MESSAGES = 100;
const MOST_TOGETHER = 256_000;
const MOST_DELAY = 86_400;
const TYPES = ["text", "bytes", "json", "v8"];
const encoder = new TextEncoder();

class WorkerQueue {
	#stub;
	constructor(stub) {
		this.#stub = stub;
	}

	async send(...sent) {
		if (sent.length === 0) throw new TypeError("Failed to execute 'send' on 'WorkerQueue': parameter 1 is not of type 'JsValue'.");
		const [body, options] = sent;
		const message = messageOf({ body, ...options });
		if (message.size > MOST_BYTES) throw new Error(`Queue send failed: message length of ${message.size} bytes exceeds limit of ${MOST_BYTES}`);
		return this.#stub.send([message.sent], undefined);
	}

	async sendBatch(messages, options) {
		if (typeof messages?.[Symbol.iterator] !== "function") throw new TypeError("Failed to execute 'sendBatch' on 'WorkerQueue': parameter 1 is not of type 'Sequence'.");
		const all = [...messages].map(messageOf);
		if (all.length === 0) throw new TypeError("sendBatch() requires at least one message");
		if (all.length > MOST_MESSAGES) throw new Error(`Queue sendBatch failed: batch message count of ${all.length} exceeds limit of ${MOST_MESSAGES}`);
		const large = all.find(({ size }) => size > MOST_BYTES);
		if (large) throw new Error(`Queue sendBatch failed: message in batch has length ${large.size} bytes which exceeds single message size limit of ${MOST_BYTES}`);
		const together = all.reduce((sum, { size }) => sum + size, 0);
		if (together > MOST_TOGETHER) throw new Error(`Queue sendBatch failed: batch size of ${together} bytes exceeds limit of ${MOST_TOGETHER}`);
		return this.#stub.send(all.map(({ sent }) => sent), delayOf(options));
	}

	async metrics() {
		return this.#stub.metrics();
	}
}

// `{ sent, size }`: what goes to the far side, `{ type, body, delay, size }`, and how long it is in bytes.
function messageOf(message) {
	if (message === null || typeof message !== "object") throw new TypeError("Incorrect type: a message is an object with a body.");
	const { body, contentType: type = "json" } = message;
	if (body === undefined) throw new TypeError("Message body cannot be undefined");
	if (!TYPES.includes(type)) throw new TypeError(`Unsupported queue message content type: ${type}`);
	const delay = delayOf(message);
	if (type === "text") {
		if (typeof body !== "string") throw new TypeError(`Content Type "text" requires a value of type string, but received: ${typeof body}`);
		return made(type, body, delay, encoder.encode(body).length);
	}
	if (type === "bytes") {
		if (!ArrayBuffer.isView(body)) throw new TypeError(`Content Type "bytes" requires a value of type ArrayBufferView, but received: ${typeof body}`);
		const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
		return made(type, bytes, delay, bytes.length);
	}
	if (type === "json") {
		const text = JSON.stringify(body);
		if (text === undefined) throw new TypeError("That is nothing that JSON has.");
		return made(type, text, delay, encoder.encode(text).length);
	}
	// Here it is seen what cannot be kept.
	return made(type, structuredClone(body), delay, sizeOf(body));
}

const made = (type, body, delay, size) => ({ sent: { type, body, delay, size }, size });

/** About what it takes; `seen` as it may have circles. */
export function sizeOf(value, seen = new Set()) {
	if (typeof value === "string") return encoder.encode(value).length;
	if (value === null || typeof value !== "object" || seen.has(value)) return 8;
	seen.add(value);
	if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
	const parts = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.entries(value).flat();
	return parts.reduce((sum, part) => sum + sizeOf(part, seen), 8);
}

function delayOf(options) {
	const delay = options?.delaySeconds;
	if (delay === undefined || delay === null) return undefined;
	if (!Number.isInteger(delay) || delay < 0 || delay > MOST_DELAY) throw new RangeError(`delaySeconds is a whole number from 0 to ${MOST_DELAY}.`);
	return delay;
}

export const wrapped = (stub) => new WorkerQueue(stub);
