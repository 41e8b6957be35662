// `env.COUNTER` of a script: Cloudflare's DurableObjectNamespace, in the script's own isolate, over a stub to what objects.js exports.
// Which object is meant is told with each call; whose it is the far side knows.
const WHICH = "x-dynamic-loader-object";
const encoder = new TextEncoder();
const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** An id is 32 bytes: 16 of a name or of chance, and 16 that show which class it is of. */
export class DurableObjectId {
	#hex;
	constructor(hex, name) {
		this.#hex = hex;
		this.jurisdiction = undefined;
		this.name = name;
	}

	toString() {
		return this.#hex;
	}

	equals(other) {
		if (!(other instanceof DurableObjectId)) throw new TypeError("Failed to execute 'equals' on 'DurableObjectId': parameter 1 is not of type 'DurableObjectId'.");
		return other.#hex === this.#hex;
	}
}

class DurableObjectNamespace {
	#stub;
	#class;
	constructor(stub, key) {
		this.#stub = stub;
		this.#class = key;
	}

	idFromName(name) {
		const text = `${name}`;
		return this.#id(sha256(encoder.encode(`${this.#class}\0name\0${text}`)).subarray(0, 16), text);
	}

	newUniqueId(options) {
		if (options?.jurisdiction !== undefined) throw new Error("Jurisdiction restrictions are not implemented in workerd.");
		return this.#id(crypto.getRandomValues(new Uint8Array(16)));
	}

	idFromString(text) {
		const hex = `${text}`.toLowerCase();
		if (!/^[0-9a-f]{64}$/.test(hex)) throw new TypeError("Invalid Durable Object ID: must be 64 hex digits");
		const id = this.#id(Uint8Array.from(hex.slice(0, 32).match(/../g), (byte) => Number.parseInt(byte, 16)));
		if (id.toString() !== hex) throw new TypeError("Durable Object ID is not valid for this namespace.");
		return id;
	}

	get(id) {
		if (!(id instanceof DurableObjectId)) {
			throw new TypeError("Failed to execute 'get' on 'DurableObjectNamespace': parameter 1 is not of type 'DurableObjectId'.");
		}
		return stubOf(this.#stub, id);
	}

	getByName(name) {
		return this.get(this.idFromName(name));
	}

	jurisdiction() {
		throw new Error("Jurisdiction restrictions are not implemented in workerd.");
	}

	#id(half, name) {
		const shown = sha256(Uint8Array.from([...encoder.encode(`${this.#class}\0id\0`), ...half])).subarray(0, 16);
		return new DurableObjectId(hexOf(half) + hexOf(shown), name);
	}
}

// A DurableObjectStub: any other property is one of the object's.
function stubOf(stub, id) {
	const which = { id: id.toString(), name: id.name };
	const fetch = async (...request) => {
		const sent = new Request(...request);
		sent.headers.set(WHICH, encodeURIComponent(JSON.stringify(which)));
		return stub.fetch(sent);
	};
	const own = Object.assign(Object.create({ constructor: DurableObject, fetch }), { id, name: id.name });
	return new Proxy(own, {
		get: (of, name) => (typeof name === "symbol" || name === "then" || name in of ? of[name] : property(stub, which, [name])),
	});
}

// So the class of a stub is called.
const DurableObject = () => {
	throw new TypeError("Illegal constructor");
};

// What can be called, awaited, and have properties itself, as a property of a stub.
function property(stub, which, path) {
	return new Proxy(function () {}, {
		apply: (_, __, args) => stub.call(which, path, args),
		get: (of, name) => {
			if (typeof name === "symbol") return of[name];
			if (name === "then" || name === "catch" || name === "finally") return (...handlers) => stub.read(which, path)[name](...handlers);
			return property(stub, which, [...path, name]);
		},
	});
}

// FIPS 180-4. An id is had at once, and what digests in a Worker is asynchronous.
const FIRST_64 = [];
for (let n = 2; FIRST_64.length < 64; n += 1) if (FIRST_64.every((prime) => n % prime !== 0)) FIRST_64.push(n);
const fraction = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
const K = FIRST_64.map((prime) => fraction(Math.cbrt(prime)));
const START = FIRST_64.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));

export function sha256(bytes) {
	const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
	padded.set(bytes);
	padded[bytes.length] = 0x80;
	const view = new DataView(padded.buffer);
	view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
	view.setUint32(padded.length - 4, bytes.length << 3);
	const turn = (word, by) => (word >>> by) | (word << (32 - by));
	const state = [...START];
	const w = new Int32Array(64);
	for (let block = 0; block < padded.length; block += 64) {
		for (let i = 0; i < 16; i += 1) w[i] = view.getInt32(block + 4 * i);
		for (let i = 16; i < 64; i += 1) {
			const [a, b] = [w[i - 15], w[i - 2]];
			w[i] = w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
		}
		let [a, b, c, d, e, f, g, h] = state;
		for (let i = 0; i < 64; i += 1) {
			const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
			const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
			[a, b, c, d, e, f, g, h] = [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g];
		}
		[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] + word) | 0));
	}
	const digest = new DataView(new ArrayBuffer(32));
	state.forEach((word, i) => digest.setInt32(4 * i, word));
	return new Uint8Array(digest.buffer);
}

export const wrapped = (stub, key) => new DurableObjectNamespace(stub, key);
