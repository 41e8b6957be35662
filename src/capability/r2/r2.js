// What a script's R2 bucket leads to, as kv/kv.js: the host's own bucket, below a prefix that is the script's. R2 itself does what
// there is to do; here a key gets its prefix and loses it again, and bodies stream through.
import { WorkerEntrypoint } from "cloudflare:workers";
import { deniedTo, inWords } from "../allowance.js";
import { sharedOf } from "../shared.js";
import { nameOf } from "../store.js";

const READS = ["head", "get", "list"];

export class R2 extends WorkerEntrypoint {
	async #place(call, grows = false) {
		const shared = sharedOf(this, "r2_bucket");
		const place = shared === undefined ? [this.env.BUNDLES, `${nameOf(this, "r2")}/`] : [shared.binding, shared.prefix];
		if (shared?.writes === false && !READS.includes(call)) throw new Error(`${call}: This bucket is shared to be read only. (10003)`);
		const why = await deniedTo(this, 1, grows);
		if (why !== undefined) throw new Error(`${call}: ${inWords(why)}. (${why.rate === undefined ? 10_069 : 10_058})`);
		return place;
	}

	async head(key) {
		const [bucket, prefix] = await this.#place("head");
		return toldOf(await bucket.head(prefix + text(key)), prefix);
	}

	async get(key, options) {
		const [bucket, prefix] = await this.#place("get");
		const object = await bucket.get(prefix + text(key), options ?? undefined);
		return object && { told: toldOf(object, prefix), body: object.body };
	}

	async remove(keys) {
		const [bucket, prefix] = await this.#place("delete");
		if (!Array.isArray(keys)) throw new TypeError("That is no list of keys.");
		await bucket.delete(keys.map((key) => prefix + text(key)));
	}

	async list(options) {
		const [bucket, place] = await this.#place("list");
		const { prefix, startAfter, ...rest } = options ?? {};
		const given = { ...rest, prefix: place + (prefix ?? ""), ...(startAfter !== undefined && { startAfter: place + startAfter }) };
		const { objects, delimitedPrefixes, ...listed } = await bucket.list(given);
		return { objects: objects.map((object) => toldOf(object, place)), ...listed, delimitedPrefixes: delimitedPrefixes.map((one) => one.slice(place.length)) };
	}

	async begin(key, options) {
		const [bucket, prefix] = await this.#place("createMultipartUpload", true);
		return (await bucket.createMultipartUpload(prefix + text(key), options ?? undefined)).uploadId;
	}

	async complete(key, uploadId, parts) {
		const [bucket, prefix] = await this.#place("completeMultipartUpload");
		return toldOf(await bucket.resumeMultipartUpload(prefix + text(key), text(uploadId)).complete(parts), prefix);
	}

	async abort(key, uploadId) {
		const [bucket, prefix] = await this.#place("abortMultipartUpload");
		await bucket.resumeMultipartUpload(prefix + text(key), text(uploadId)).abort();
	}

	/** `put`, and a part of an upload: the body of a request is as long as it says. */
	async fetch(request) {
		let told;
		try {
			told = { told: await this.#written(decoded(request.headers.get("x-call") ?? "null"), request.body ?? "") };
		} catch ({ name, message }) {
			// A body that is not read would close the connection.
			request.body?.cancel().catch(() => {});
			told = { error: { name, message } };
		}
		return new Response(encoded(told));
	}

	async #written(call, body) {
		const [bucket, prefix] = await this.#place(call?.call === "put" ? "put" : "uploadPart", true);
		const key = prefix + text(call?.key);
		if (call.call === "put") return toldOf(await bucket.put(key, body, call.options ?? undefined), prefix);
		const { partNumber, etag } = await bucket.resumeMultipartUpload(key, text(call.uploadId)).uploadPart(call.partNumber, body, call.options ?? undefined);
		return { partNumber, etag };
	}
}

function text(value) {
	if (typeof value !== "string") throw new TypeError("That is no text.");
	return value;
}

function toldOf(object, prefix) {
	if (object === null) return null;
	const { key, version, size, etag, httpEtag, uploaded, httpMetadata, customMetadata, range, storageClass, ssecKeyMd5, checksums } = object;
	const { md5, sha1, sha256, sha384, sha512 } = checksums;
	return { key: key.slice(prefix.length), version, size, etag, httpEtag, uploaded, httpMetadata, customMetadata, range, storageClass, ssecKeyMd5, checksums: { md5, sha1, sha256, sha384, sha512 } };
}

const hexOf = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function encoded(value) {
	return JSON.stringify(value, function (name, value) {
		const own = this[name];
		if (own instanceof Date) return { $date: own.getTime() };
		return own instanceof ArrayBuffer ? { $bytes: hexOf(own) } : value;
	});
}

function decoded(json) {
	return JSON.parse(json, (name, value) => {
		if (value?.$date !== undefined) return new Date(value.$date);
		if (value?.$headers !== undefined) return new Headers(value.$headers);
		if (value?.$bytes !== undefined) return Uint8Array.from(value.$bytes.match(/../g) ?? [], (byte) => parseInt(byte, 16)).buffer;
		return value;
	});
}
