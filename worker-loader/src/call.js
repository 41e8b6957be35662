// What takes several steps in JavaScript and would take as many crossings from WebAssembly. A crossing costs more
// than the step: measured, this file is the difference between a Rust host that is slower than a JavaScript one and
// one that is not.
import * as workers from "cloudflare:workers";

// get, getEntrypoint and fetch in one.
export function fetchThrough(loader, name, factory, entrypoint, options, request) {
	return loader.get(name, factory).getEntrypoint(entrypoint, options).fetch(request);
}

// The same for a caller that passes the answer on: see `hand_over`. `factoryMs` tells whether this very call made
// the loader ask for the code, and how long that took; `name` is what it was asked under, for `load_failed`.
export function handOver(loader, name, factory, entrypoint, options, request, note) {
	const handed = { answer: undefined, factoryMs: undefined, name, request, note, unsent: false };
	handed.answer = loader.get(name, timed(factory, handed)).getEntrypoint(entrypoint, options).fetch(request);
	return handed;
}

// The same for a worker that nobody here has seen loaded, see `hand_over_untried`.
export function handOverUntried(loader, name, factory, entrypoint, options, request, note) {
	const handed = handOverLater(loader, name, factory, entrypoint, options, request, note, true);
	handed.call(request);
	return handed;
}

// The same for a caller that may not need the worker, see `hand_over_later`.
export function handOverLater(loader, name, factory, entrypoint, options, request, note, untried) {
	const handed = { answer: null, factoryMs: undefined, name, request, note, unsent: true, call: undefined };
	handed.call = (request) => {
		const worker = loader.get(name, timed(factory, handed)).getEntrypoint(entrypoint, options);
		const send = () => {
			handed.unsent = false;
			return worker.fetch(request);
		};
		return (handed.answer = untried && !REPEATABLE.has(request.method) ? loads(worker).then(send) : send());
	};
	return handed;
}

// What may be sent twice: it has no body and changes nothing.
const REPEATABLE = new Set(["GET", "HEAD"]);

// The same for a worker that is loaded already.
export function handOverLoaded(stub, entrypoint, options, request, note) {
	const answer = stub.getEntrypoint(entrypoint, options).fetch(request);
	return { answer, factoryMs: undefined, name: undefined, request, note, unsent: false };
}

const timed = (factory, handed) => async () => {
	const began = performance.now();
	try {
		return await factory();
	} finally {
		handed.factoryMs = performance.now() - began;
	}
};

// Calls a method that no worker has. Whatever comes from inside the worker, that it has no such method above all, proves
// that it was loaded; anything else is why it was not.
async function loads(worker) {
	try {
		dispose(await worker[UNTRIED]());
	} catch (error) {
		if (error.remote !== true && !error.message?.startsWith("The RPC receiver does not implement ")) throw error;
	}
}

const UNTRIED = "__workerLoaderLoads";

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
	const entrypoint = exports?.[name];
	if (entrypoint === undefined) {
		throw new Error(`This Worker exports no entrypoint "${name}": export it from the main module.`);
	}
	return Reflect.apply(entrypoint, exports, [{ props }]);
}

// What makes one anew for each load. Not by `import { exports }`: where the runtime has none, nothing here would link.
export function loopbackPerLoad(name, props) {
	return () => loopback(workers.exports, name, props);
}

// A result of RPC may hold stubs, which hold the far side: let go of them when the value has been read.
export function dispose(value) {
	value?.[Symbol.dispose]?.();
}
