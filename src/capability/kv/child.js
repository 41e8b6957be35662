// `env.KV` of a script: Cloudflare's KvNamespace, in the script's own isolate, over a stub to what kv.js exports. What it refuses
// it refuses in the words of the runtime; whoever goes around it meets the same limits there.
const TYPES = ["text", "json", "arrayBuffer", "stream"];
const MOST_KEY = 512;
const MOST_VALUE = 25 * 1024 * 1024;
const MOST_METADATA = 1024;
const MOST_LISTED = 1000;
const MOST_AT_ONCE = 100;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const failed = (call, status, message) => new Error(`KV ${call} failed: ${status} ${message}`);

class KvNamespace {
	#stub;
	constructor(stub) {
		this.#stub = stub;
	}

	get [Symbol.toStringTag]() {
		return "KvNamespace";
	}

	async get(...args) {
		bound(this);
		const found = await this.#read("get", args);
		return found instanceof Map ? found : found.value;
	}

	async getWithMetadata(...args) {
		bound(this);
		return this.#read("getWithMetadata", args);
	}

	async put(...args) {
		bound(this);
		if (args.length < 2) throw notOf("put", args.length + 1, args.length === 0 ? "string" : "string or JsObject");
		const [key, value, options] = args;
		const name = named("PUT", key);
		const { expiration, expirationTtl, metadata } = options ?? {};
		const expires = expiryOf(expiration, expirationTtl);
		const json = metadata === undefined || metadata === null ? null : JSON.stringify(metadata);
		const length = json === null ? 0 : encoder.encode(json).length;
		const bytes = await bytesOf(value);
		if (!name.isWellFormed()) throw failed("PUT", 400, "Could not URL-decode key name");
		if (length > MOST_METADATA) throw failed("PUT", 413, `Metadata length of ${length} exceeds limit of ${MOST_METADATA}.`);
		await this.#stub.write(name, bytes, json, expires);
	}

	async delete(...args) {
		bound(this);
		if (args.length < 1) throw notOf("delete", 1, "string");
		await this.#stub.remove(named("DELETE", args[0]));
	}

	async list(options) {
		bound(this);
		const { prefix, limit, cursor } = options ?? {};
		const most = Math.trunc(Number(limit ?? 0)) || 0;
		if (most > MOST_LISTED) throw failed("GET", 400, `Invalid key_count_limit of ${most}. Please specify an integer less than ${MOST_LISTED}.`);
		const start = prefix === undefined || prefix === null ? "" : String(prefix);
		const { length } = encoder.encode(start);
		if (length > MOST_KEY) throw tooLong("GET", length);
		const { keys, next } = await this.#stub.list(start, most > 0 ? most : MOST_LISTED, cursor === undefined || cursor === null ? "" : String(cursor));
		const listed = keys.map(([name, expiration, metadata]) => ({
			name,
			...(expiration !== null && { expiration }),
			...(metadata !== null && { metadata: JSON.parse(metadata) }),
		}));
		return { keys: listed, list_complete: next === null, ...(next !== null && { cursor: next }), cacheStatus: null };
	}

	async #read(method, args) {
		if (args.length < 1) throw notOf(method, 1, "string or Array");
		const [key, options] = args;
		const { type, cacheTtl } = typeof options === "string" ? { type: options } : (options ?? {});
		const withMetadata = method === "getWithMetadata";
		if (Array.isArray(key)) return this.#readAll(key.map(String), type, withMetadata);
		const name = named("GET", key);
		const as = type === undefined || type === null ? "text" : String(type);
		if (!TYPES.includes(as)) throw new TypeError('Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".');
		if (cacheTtl !== undefined && cacheTtl !== null && !(Number(cacheTtl) >= 30)) {
			throw failed("GET", 400, `Invalid cache_ttl of ${cacheTtl}. Cache TTL must be at least 30.`);
		}
		if (!name.isWellFormed()) throw failed("GET", 400, "Could not URL-decode key name");
		const [found] = await this.#stub.read([name]);
		return { value: found === null ? null : valueOf(found[0], as), metadata: metadataOf(found), cacheStatus: null };
	}

	async #readAll(keys, type, withMetadata) {
		const wrong = (message) => failed("GET_BULK", 400, message);
		if (type !== undefined && type !== null && type !== "text" && type !== "json") throw wrong(`"${type}" is not a valid type. Use "json" or "text"`);
		if (keys.length > MOST_AT_ONCE) throw wrong(`You can request a maximum of ${MOST_AT_ONCE} keys`);
		if (keys.length < 1) throw wrong("You must request a minimum of 1 key");
		for (const key of keys) {
			if (key === "") throw wrong("Key names must not be empty");
			if (key === "." || key === "..") throw wrong(`Illegal key name "${key}". Please use a different name.`);
			const { length } = encoder.encode(key);
			if (length > MOST_KEY) throw tooLong("GET_BULK", length);
		}
		const found = await this.#stub.read(keys);
		const all = new Map();
		keys.forEach((key, at) => {
			const one = found[at];
			if (one === null) return all.set(key, null);
			let value;
			try {
				value = valueOf(one[0], type ?? "text");
			} catch {
				throw wrong(`At least one of the requested keys corresponds to a non-${type} value`);
			}
			return all.set(key, withMetadata ? { value, metadata: metadataOf(one) } : value);
		});
		return all;
	}

	static is(one) {
		return typeof one === "object" && one !== null && #stub in one;
	}
}

export const wrapped = (stub) => new KvNamespace(stub);

function bound(self) {
	if (KvNamespace.is(self)) return;
	throw new TypeError(
		"Illegal invocation: function called with incorrect `this` reference. See https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.",
	);
}

function notOf(method, parameter, type) {
	return new TypeError(`Failed to execute '${method}' on 'KvNamespace': parameter ${parameter} is not of type '${type}'.`);
}

function named(call, key) {
	const name = String(key);
	if (name === "") throw new TypeError("Key name cannot be empty.");
	if (name === "." || name === "..") throw new TypeError(`"${name}" is not allowed as a key name.`);
	const { length } = encoder.encode(name);
	if (length > MOST_KEY) throw tooLong(call, length);
	return name;
}

const tooLong = (call, length) => failed(call, 414, `UTF-8 encoded length of ${length} exceeds key length limit of ${MOST_KEY}.`);

// In seconds since 1970, or null.
function expiryOf(expiration, expirationTtl) {
	const now = Math.floor(Date.now() / 1000);
	if (expirationTtl !== undefined && expirationTtl !== null) {
		const ttl = Math.trunc(Number(expirationTtl)) || 0;
		if (ttl <= 0) throw failed("PUT", 400, `Invalid expiration_ttl of ${ttl}. Please specify integer greater than 0.`);
		if (ttl < 60) throw failed("PUT", 400, `Invalid expiration_ttl of ${ttl}. Expiration TTL must be at least 60.`);
		return now + ttl;
	}
	if (expiration === undefined || expiration === null) return null;
	const at = Math.trunc(Number(expiration)) || 0;
	if (at <= now) throw failed("PUT", 400, `Invalid expiration of ${at}. Please specify integer greater than the current number of seconds since the UNIX epoch.`);
	if (at < now + 60) throw failed("PUT", 400, `Invalid expiration of ${at}. Expiration times must be at least 60 seconds in the future.`);
	return at;
}

async function bytesOf(value) {
	let bytes;
	if (value instanceof ArrayBuffer) bytes = new Uint8Array(value);
	else if (ArrayBuffer.isView(value)) bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
	else if (value instanceof ReadableStream) return streamed(value);
	else if (typeof value === "object" && value !== null) {
		throw new TypeError("KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.");
	} else bytes = encoder.encode(String(value));
	if (bytes.length > MOST_VALUE) throw tooLarge(bytes.length);
	// A view brings all of its buffer.
	return bytes.slice();
}

async function streamed(stream) {
	const chunks = [];
	let size = 0;
	for await (const chunk of stream) {
		size += chunk.byteLength;
		// How long it would have been nobody knows before its end.
		if (size > MOST_VALUE) throw tooLarge(size);
		chunks.push(chunk);
	}
	return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

const tooLarge = (length) => failed("PUT", 413, `Value length of ${length} exceeds limit of ${MOST_VALUE}.`);

function valueOf(bytes, type) {
	if (type === "arrayBuffer") return bytes.buffer;
	if (type === "stream") return new Blob([bytes]).stream();
	const text = decoder.decode(bytes);
	return type === "json" ? JSON.parse(text) : text;
}

const metadataOf = (found) => (found === null || found[1] === null ? null : JSON.parse(found[1]));
