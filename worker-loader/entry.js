// The entry of a Worker whose handlers are in Rust, in place of the class that worker-build generates. Copy it beside
// your wrangler.toml, name as `main` a file with these three lines, and keep worker-build's build command:
//
//	import generated from "./build/index.js";
//	import { entry } from "./entry.js";
//	export default entry(generated);
//
// It goes with worker and worker-build 0.8. It does less on each request: the generated class is a Proxy that wraps
// every handler in further Proxies. And it puts nothing but the handlers within reach of whoever holds a stub to this
// Worker, where the generated class has every function that the WebAssembly exports.
//
// It keeps worker-build's recovery: after a panic the next request finds a fresh instance. And it adds to it: a
// request whose Rust code went down with the old instance is answered 500, at once, and does not hang.

const HANDLERS = ["scheduled", "queue", "email"];

// The options, all of them optional:
// - `fetch`: the Rust export that serves requests. "fetch" is `#[event(fetch)]`. Any other name is a plain
//   `#[wasm_bindgen]` function (request, env, ctx); a JavaScript function of the same arguments calls one itself. It
//   gives a Response, a Promise of one, or what the SDK's `Entrypoint::hand_over` gives.
// - `finish(handed, request, env, ctx, { began, guarded })`: async, makes the Response of the latter. `began` is
//   performance.now() when the request came; read `handed.factoryMs` when `handed.answer` is here; `guarded(value)`
//   waits for a further Promise of Rust's.
// - `panicked()`: makes the Response of a request that a panic took down.
export function entry(generated, { fetch = "fetch", finish, panicked = plain500 } = {}) {
	if (!globalThis.__worker_init_state) {
		throw new Error("This entry.js goes with worker and worker-build 0.8: take the one of the worker-loader release you use.");
	}
	const { prototype } = generated;
	const serve = typeof fetch === "function" ? fetch : exported(prototype, fetch);
	const guarded = (value) => (value instanceof Promise ? guard(value, panicked) : value);
	const afterPanic = (error) => {
		if (recover(generated)) return panicked();
		throw error;
	};
	const settle = (value, request, env, ctx, began) => {
		if (value instanceof Response || value?.answer === undefined) return value;
		return finish ? finish(value, request, env, ctx, { began, guarded }).catch(afterPanic) : value.answer;
	};

	const worker = {
		fetch(request, env, ctx) {
			recover(generated);
			const began = finish && performance.now();
			try {
				const value = serve(request, env, ctx);
				if (!(value instanceof Promise)) return settle(value, request, env, ctx, began);
				return guard(value, panicked).then((value) => settle(value, request, env, ctx, began));
			} catch (error) {
				return afterPanic(error);
			}
		},
	};
	for (const name of HANDLERS.filter((name) => name in prototype)) {
		const handle = exported(prototype, name);
		worker[name] = async (event, env, ctx) => {
			recover(generated);
			return guard(handle(event, env, ctx), () => {
				throw new Error("A panic took this handler down.");
			});
		};
	}
	// A panic in the middle of a task ends as an uncaught error. Told here, it is told before anything else runs.
	addEventListener("error", () => recover(generated));
	return worker;
}

// The generated class calls the functions of #[event] with its own env and ctx; other exports stand there as they are.
function exported(prototype, name) {
	const method = prototype[name];
	if (method === undefined) throw new Error(`The WebAssembly exports no function "${name}".`);
	return name === "fetch" || HANDLERS.includes(name) ? (event, env, ctx) => method.call({ env, ctx }, event) : method;
}

// What Rust still owes. What was handed over to a dynamic worker is owed by that worker. The SDK puts the factories that
// are running here too, hence a name that it knows (see call.js).
const owed = (globalThis[Symbol.for("worker-loader.owed")] ??= new Set());
const DOWN = Symbol("down");

// The promise, or what `panicked` gives if a panic comes first. It is made in the waiting request's own turn: the
// runtime does not let one request use what another made.
function guard(promise, panicked) {
	return new Promise((resolve, reject) => {
		const fail = () => resolve(DOWN);
		owed.add(fail);
		promise.then(resolve, reject).finally(() => owed.delete(fail));
	}).then((value) => (value === DOWN ? panicked() : value));
}

// The `worker` crate notes a panic in this object, and the generated class looks there when one is made: that is
// its way to a fresh instance, and we take it. A WorkerEntrypoint keeps what it is given and asks nothing of it.
function recover(generated) {
	if (!globalThis.__worker_init_state.criticalError) return false;
	new generated({}, {});
	for (const fail of owed) fail();
	owed.clear();
	return true;
}

function plain500() {
	return Response.json({ error: { code: "worker_panicked", message: "The Worker failed while it served this request." } }, { status: 500 });
}
