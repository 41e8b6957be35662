// A main module in front of the Worker's own, for what no client can see or cause: what the loader is given, what a
// dynamic worker receives, code that does not load, calls that take their time, storage that fails. It replaces the
// bindings in `env`, and nothing of the Worker.
//
// PUT /spy sets the modes; GET /spy tells what was seen.
import worker, { Outbound as RealOutbound, Runner as RealRunner, Service as RealService } from "./entry.js";

export * from "./entry.js";

const ECHO = `export default {
	async fetch(request, env, ctx) {
		return Response.json({ headers: [...request.headers], method: request.method, url: request.url, env, props: ctx.props, body: await request.text() });
	},
};`;

// - code: "given" to load what the host gives, "broken" for code that is none, "echo" for a worker that tells what it got
// - instead: modules to load in place of a bundle's, by its key, as if the runtime had them otherwise than when they were tried
// - hold: the begin of a key whose calls wait until it is something else ("once" for workers without a key), "" for none
// - storage: "works", "fails", "hangs" for two seconds, or it has answered, and the answer is "late" by `lateMs`, or "held" until it
//   works; bucket: the first three, of R2, and "slow" by a tenth of a second
// - clock: what time it is, for ever; null for the machine's
// - cancel: so many calls fail as if the request that had begun to load the worker had ended
const modes = { code: "given", instead: {}, hold: "", storage: "works", lateMs: 1500, bucket: "works", clock: null, cancel: 0 };
const seen = { codes: [], calls: 0, probes: 0, reads: 0, held: 0, asked: [], got: [], limits: [] };

const { now } = Date;
Date.now = () => modes.clock ?? now();

function given(key, code, bundle) {
	if (modes.instead[bundle]) return { ...code, modules: modes.instead[bundle] };
	const { modules, ...rest } = code;
	seen.codes.push({ key, ...rest, tails: rest.tails?.length, modules: Object.keys(modules) });
	if (modes.code === "broken") return { ...code, modules: { [code.mainModule]: "export default {" } };
	if (modes.code === "echo") return { ...code, modules: { [code.mainModule]: ECHO } };
	return code;
}

const held = (key) => modes.hold !== "" && key.startsWith(modes.hold);

// The host looks at the class of a binding, which stays as it is. What is no method of ours is the target's own, and is called
// on the target: of a stub every name is a method.
const replaced = (target, methods) => new Proxy(target, {
	get(_, name) {
		if (Object.hasOwn(methods, name)) return methods[name];
		const own = target[name];
		return typeof own === "function" && name !== "constructor" ? (...args) => Reflect.apply(own, target, args) : own;
	},
});

const spiedStub = (key, stub) => ({
	getEntrypoint(...which) {
		const entrypoint = stub.getEntrypoint(...which);
		if (which[1]?.limits) seen.limits.push(which[1].limits);
		return replaced(entrypoint, {
			__workerLoaderLoads() {
				seen.probes += 1;
				return entrypoint.__workerLoaderLoads();
			},
			async fetch(request) {
				seen.calls += 1;
				if (modes.cancel > 0) {
					modes.cancel -= 1;
					throw new Error("The execution context responding to this call was canceled.");
				}
				if (held(key)) {
					seen.held += 1;
					while (held(key)) await scheduler.wait(5);
					seen.held -= 1;
				}
				return entrypoint.fetch(request);
			},
		});
	},
});

const spiedLoader = (loader) => replaced(loader, {
	get: (key, factory) => spiedStub(key, loader.get(key, async () => {
		const before = seen.got.length;
		const code = await factory();
		return given(key, code, seen.got[before]);
	})),
	load: (code) => spiedStub("once", loader.load(given("once", code))),
});

const spiedObjects = (objects) => replaced(objects, {
	getByName(name) {
		const object = objects.getByName(name);
		return replaced(object, {
			async fetch(...given) {
				const request = new Request(...given);
				seen.reads += 1;
				const body = request.body === null ? null : await request.clone().text();
				seen.asked.push(body ? JSON.parse(body) : request.method);
				if (modes.storage === "fails") throw new Error("The disk is on fire.");
				if (modes.storage === "hangs") await scheduler.wait(2000);
				const { storage } = modes;
				const answer = await object.fetch(request);
				if (storage === "late") await scheduler.wait(modes.lateMs);
				while (storage === "held" && modes.storage === "held") await scheduler.wait(5);
				return answer;
			},
		});
	},
});

const spiedBucket = (bucket) => replaced(bucket, {
	async get(key, ...more) {
		seen.got.push(key);
		if (modes.bucket === "fails") throw new Error("The bucket is on fire.");
		if (modes.bucket === "hangs") await scheduler.wait(2000);
		if (modes.bucket === "slow") await scheduler.wait(100);
		return bucket.get(key, ...more);
	},
});

function spied(env) {
	const spied = { LOADER: spiedLoader(env.LOADER), BUNDLES: spiedBucket(env.BUNDLES) };
	for (const name of ["CONFIG", "SCRIPTS", "DIRECTORY"]) spied[name] = spiedObjects(env[name]);
	return { ...env, ...spied };
}

export class Outbound extends RealOutbound {
	constructor(ctx, env) {
		super(ctx, { ...spied(env), LIMITER: spiedObjects(env.LIMITER) });
	}
}

export class Service extends RealService {
	constructor(ctx, env) {
		super(ctx, spied(env));
	}
}

export class Runner extends RealRunner {
	constructor(ctx, env) {
		super(ctx, spied(env));
	}
}

export default {
	async fetch(request, env, ctx) {
		if (new URL(request.url).pathname === "/spy") {
			if (request.method === "PUT") Object.assign(modes, await request.json());
			return Response.json(seen);
		}
		return worker.fetch(request, spied(env), ctx);
	},
};
