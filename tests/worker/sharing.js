// A main module in front of the Worker's own, for a second host over the storage of a first: what it asks of Durable Objects
// and of the bucket goes to the service OTHER, which is the first one's.
import worker, { Outbound as RealOutbound, Tail as RealTail } from "./entry.js";

export * from "./entry.js";

// The host looks at the class of a binding, which stays as it is.
const replaced = (target, methods) => new Proxy(target, {
	get: (_, name) => (Object.hasOwn(methods, name) ? methods[name] : target[name]),
});

const at = (...names) => `https://other/${names.map(encodeURIComponent).join("/")}`;

const objects = (env, binding) => replaced(env[binding], {
	getByName: (name) => replaced(env[binding].getByName(name), {
		fetch: async (...asked) => env.OTHER.fetch(at(binding, name), { method: "POST", body: await new Request(...asked).text() }),
	}),
});

const bucket = (env) => replaced(env.BUNDLES, {
	async get(key) {
		const answer = await env.OTHER.fetch(at("BUNDLES", key));
		return answer.ok ? answer : null;
	},
});

const OBJECTS = ["SCRIPTS", "DIRECTORY", "NAMESPACES", "TELEMETRY", "PULSE"];
const shared = (env) => ({ ...env, ...Object.fromEntries(OBJECTS.map((binding) => [binding, objects(env, binding)])), BUNDLES: bucket(env) });

export class Outbound extends RealOutbound {
	constructor(ctx, env) {
		super(ctx, shared(env));
	}
}

export class Tail extends RealTail {
	constructor(ctx, env) {
		super(ctx, shared(env));
	}
}

export default { fetch: (request, env, ctx) => worker.fetch(request, shared(env), ctx) };
