// `env.BUCKET` of a script: Cloudflare's R2Bucket, in the script's own isolate, over a stub to what r2.js exports. Bodies stream: what
// is written goes by a fetch, which alone keeps how long a stream is, with the rest of the call in a header.
const KINDS = "ReadableStream or ArrayBuffer or ArrayBufferView or string or Blob";
const SUMS = ["md5", "sha1", "sha256", "sha384", "sha512"];
const METADATA = ["contentType", "contentLanguage", "contentDisposition", "contentEncoding", "cacheControl", "cacheExpiry"];
// More than R2 takes as metadata.
const MOST_OPTIONS = 32_000;
const ERRORS = { TypeError, RangeError };

const hexOf = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

class Checksums {
	constructor(sums) {
		for (const name of SUMS) this[name] = sums[name];
	}
	toJSON() {
		return Object.fromEntries(SUMS.map((name) => [name, this[name] && hexOf(this[name])]));
	}
}

class HeadResult {
	constructor({ checksums, ...told }) {
		Object.assign(this, told);
		this.checksums = new Checksums(checksums);
		if (this.httpMetadata) this.httpMetadata = Object.fromEntries(METADATA.map((name) => [name, this.httpMetadata[name]]));
	}
	writeHttpMetadata(headers) {
		const { contentType, contentLanguage, contentDisposition, contentEncoding, cacheControl, cacheExpiry } = this.httpMetadata ?? {};
		const put = { "content-type": contentType, "content-language": contentLanguage, "content-disposition": contentDisposition, "content-encoding": contentEncoding, "cache-control": cacheControl, expires: cacheExpiry?.toUTCString() };
		for (const [name, value] of Object.entries(put)) if (value !== undefined) headers.set(name, value);
	}
}

class GetResult extends HeadResult {
	#body;
	constructor(told, body) {
		super(told);
		this.#body = new Response(body);
	}
	get body() {
		return this.#body.body;
	}
	get bodyUsed() {
		return this.#body.bodyUsed;
	}
	arrayBuffer() {
		return this.#body.arrayBuffer();
	}
	bytes() {
		return this.#body.bytes();
	}
	text() {
		return this.#body.text();
	}
	json() {
		return this.#body.json();
	}
	async blob() {
		return new Blob([await this.#body.arrayBuffer()], { type: this.httpMetadata?.contentType ?? "" });
	}
}

class R2Bucket {
	#stub;
	constructor(stub) {
		this.#stub = stub;
	}

	async head(key) {
		const told = await this.#stub.head(String(key));
		return told && new HeadResult(told);
	}

	async get(key, options) {
		const found = await this.#stub.get(String(key), options);
		if (found === null) return null;
		const { told, body } = found;
		return body === undefined ? new HeadResult(told) : new GetResult(told, body);
	}

	async put(...args) {
		const [key, value, options] = args;
		if (args.length < 2) throw notOf("put");
		const told = await sent(this.#stub, { call: "put", key: String(key), options: options ?? {} }, bodyOf("put", value));
		return told && new HeadResult(told);
	}

	async delete(keys) {
		await this.#stub.remove(Array.isArray(keys) ? keys.map(String) : [String(keys)]);
	}

	async list(options) {
		const { objects, ...rest } = await this.#stub.list(options ?? {});
		return { objects: objects.map((told) => new HeadResult(told)), ...rest };
	}

	async createMultipartUpload(key, options) {
		return new R2MultipartUpload(this.#stub, String(key), await this.#stub.begin(String(key), options));
	}

	resumeMultipartUpload(key, uploadId) {
		return new R2MultipartUpload(this.#stub, String(key), String(uploadId));
	}
}

class R2MultipartUpload {
	#stub;
	constructor(stub, key, uploadId) {
		this.#stub = stub;
		Object.assign(this, { key, uploadId });
	}

	async uploadPart(partNumber, value, options) {
		const { key, uploadId } = this;
		return sent(this.#stub, { call: "part", key, uploadId, partNumber: Number(partNumber), options: options ?? {} }, bodyOf("uploadPart", value));
	}

	async complete(parts) {
		return new HeadResult(await this.#stub.complete(this.key, this.uploadId, parts));
	}

	async abort() {
		await this.#stub.abort(this.key, this.uploadId);
	}
}

function notOf(method) {
	return new TypeError(`Failed to execute '${method}' on 'R2Bucket': parameter 2 is not of type '${KINDS}'.`);
}

function bodyOf(method, value) {
	if (value === null || value === undefined) return "";
	if (typeof value === "string" || value instanceof ReadableStream || value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob) return value;
	throw notOf(method);
}

/** What has no place in JSON is told by what it is, and a header is ASCII. */
function encoded(call) {
	const json = JSON.stringify(call, function (name, value) {
		// JSON.stringify asks a Date for its text first.
		const own = this[name];
		if (own instanceof Date) return { $date: own.getTime() };
		if (own instanceof Headers) return { $headers: [...own] };
		if (own instanceof ArrayBuffer) return { $bytes: hexOf(own) };
		if (ArrayBuffer.isView(own)) return { $bytes: hexOf(own.buffer.slice(own.byteOffset, own.byteOffset + own.byteLength)) };
		return value;
	});
	return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

async function sent(stub, call, body) {
	const json = encoded(call);
	if (json.length > MOST_OPTIONS) throw new Error(`${call.call}: Your metadata headers exceed the maximum allowed metadata size. (10012)`);
	const answer = await stub.fetch("https://r2/", { method: "PUT", body, headers: { "x-call": json } });
	const { error, told } = decoded(await answer.text());
	if (error) throw new (ERRORS[error.name] ?? Error)(error.message);
	return told;
}

const decoded = (text) =>
	JSON.parse(text, (name, value) => {
		if (value?.$date !== undefined) return new Date(value.$date);
		if (value?.$bytes !== undefined) return Uint8Array.from(value.$bytes.match(/../g) ?? [], (byte) => parseInt(byte, 16)).buffer;
		return value;
	});

export const wrapped = (stub) => new R2Bucket(stub);
