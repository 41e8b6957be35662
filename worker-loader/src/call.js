// What takes several steps in JavaScript and would take as many crossings from WebAssembly. A crossing costs more
// than the step: measured, this file is the difference between a Rust host that is slower than a JavaScript one and
// one that is not.

// get, getEntrypoint and fetch in one.
export function fetchThrough(loader, name, factory, entrypoint, options, request) {
	return loader.get(name, factory).getEntrypoint(entrypoint, options).fetch(request);
}

// The same for a caller that passes the answer on: see `hand_over`. `factoryMs` tells whether this very call made
// the loader ask for the code, and how long that took; `name` is what it was asked under, for `load_failed`.
export function handOver(loader, name, factory, entrypoint, options, request, note) {
	const handed = { answer: undefined, factoryMs: undefined, name, note };
	const timed = async () => {
		const began = performance.now();
		try {
			return await factory();
		} finally {
			handed.factoryMs = performance.now() - began;
		}
	};
	handed.answer = loader.get(name, timed).getEntrypoint(entrypoint, options).fetch(request);
	return handed;
}

// The same for a worker that is loaded already.
export function handOverLoaded(stub, entrypoint, options, request, note) {
	return { answer: stub.getEntrypoint(entrypoint, options).fetch(request), factoryMs: undefined, name: undefined, note };
}

// The promise of a factory. A panic elsewhere may take the factory down with it; the entry then rejects the promise, and
// the requests that wait for the code fail and do not hang. The message is for classify.rs.
const owed = (globalThis[Symbol.for("worker-loader.owed")] ??= new Set());

export function owing(promise) {
	return new Promise((resolve, reject) => {
		const fail = () => reject(new Error("worker-loader factory: a panic took it down"));
		owed.add(fail);
		promise.then(resolve, reject).finally(() => owed.delete(fail));
	});
}

// Every property of a stub is a method of the far side, `call` and `apply` too: hence Reflect.apply.
export function callMethod(stub, method, args) {
	return Reflect.apply(stub[method], stub, args);
}

// A loopback entrypoint: `ctx.exports[name]({ props })`. The same trap, and the same way around it.
export function loopback(exports, name, props) {
	const entrypoint = exports[name];
	if (entrypoint === undefined) {
		throw new Error(`This Worker exports no entrypoint "${name}": export it from the main module.`);
	}
	return Reflect.apply(entrypoint, exports, [{ props }]);
}

// A result of RPC may hold stubs, which hold the far side: let go of them when the value has been read.
export function dispose(value) {
	value?.[Symbol.dispose]?.();
}
