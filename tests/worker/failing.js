// A main module in front of the Worker's own, whose Durable Objects fail as the platform's do: overloaded, gone for a moment, reset because
// their code was updated; before they have heard of what they are asked, or after they have done it.
//
// PUT /failing is `{ binding, op, when: "before" | "after" | "reset", error, times }`: the next so many calls of that operation fail; it
// gives what was asked so far, `[binding, op]` each, and forgets it.
import worker, { Script as RealScript } from "./entry.js";

export * from "./entry.js";

// As workerd and Cloudflare have them: https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
const ERRORS = {
	overloaded: () => Object.assign(new Error("Durable Object is overloaded. Too many requests queued."), { overloaded: true, remote: true }),
	retryable: () => Object.assign(new Error("Network connection lost."), { retryable: true }),
	updated: () => Object.assign(new Error("Durable Object reset because its code was updated."), { durableObjectReset: true, retryable: true }),
	internal: () => new Error("internal error; reference = 0123456789abcdef"),
};

let next = { times: 0 };
let asked = [];

const isNext = (binding, op) => next.times > 0 && next.binding === binding && (next.op === undefined || next.op === op);

// The host looks at the class of a binding, which stays as it is.
const replaced = (target, methods) => new Proxy(target, {
	get(_, name) {
		if (Object.hasOwn(methods, name)) return methods[name];
		const own = target[name];
		return typeof own === "function" && name !== "constructor" ? (...args) => Reflect.apply(own, target, args) : own;
	},
});

const failing = (binding, objects) => replaced(objects, {
	getByName(name) {
		const object = objects.getByName(name);
		return replaced(object, {
			async fetch(...given) {
				const request = new Request(...given);
				const body = request.body === null ? "" : await request.clone().text();
				const op = body.startsWith("{") ? JSON.parse(body).op : "";
				asked.push([binding, op]);
				if (next.when === "reset" || !isNext(binding, op)) return object.fetch(request);
				next.times -= 1;
				if (next.when === "after") await (await object.fetch(request)).arrayBuffer();
				throw ERRORS[next.error]();
			},
		});
	},
});

// It goes down while it is at work, and what it had not finished with it.
export class Script extends RealScript {
	#ctx;
	constructor(ctx, env) {
		super(ctx, env);
		this.#ctx = ctx;
	}
	async fetch(request) {
		const { op } = await request.clone().json();
		if (next.when !== "reset" || !isNext("SCRIPTS", op)) return super.fetch(request);
		next.times -= 1;
		const answer = super.fetch(request);
		// When it has begun, when it is done, or some milliseconds later. Never in the turn in which it began, as the runtime does it
		// between turns: Rust's own queue of an isolate does not get over that.
		if (next.phase === "begun") await Promise.resolve();
		else if (next.phase === "done") await answer;
		else await scheduler.wait(next.phase);
		this.#ctx.abort(new Error("Durable Object reset because its code was updated."));
		return answer;
	}
}

export default {
	async fetch(request, env, ctx) {
		if (new URL(request.url).pathname === "/failing") {
			next = await request.json();
			return Response.json(asked.splice(0));
		}
		const names = ["SCRIPTS", "NAMESPACES", "DIRECTORY", "TELEMETRY", "LIMITER"];
		return worker.fetch(request, { ...env, ...Object.fromEntries(names.map((name) => [name, failing(name, env[name])])) }, ctx);
	},
};
