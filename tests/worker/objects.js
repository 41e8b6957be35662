// A main module in front of the Worker's own, for what no client can reach: the operations of the Durable Objects, the
// bucket, and what happens while one of them does not answer.
//
// POST /ask/{binding}/{name of the object} asks the object, /sql/... its database, /alarm/... when it goes off; /r2 lists
// the bucket's keys, PUT /r2 writes to it. PUT /modes sets the modes.
import worker, { Directory as RealDirectory, Namespace as RealNamespace, Script as RealScript } from "./entry.js";

// But for what is below, all that the Worker has.
export * from "./entry.js";

// For each of the bindings, as the Durable Objects see it: "works", "fails", "fails for a,b" (objects whose names end so),
// or "holds" until it is something else.
const modes = { SCRIPTS: "works", NAMESPACES: "works", DIRECTORY: "works", BUNDLES: "works" };
const held = { SCRIPTS: 0, NAMESPACES: 0, DIRECTORY: 0, BUNDLES: 0 };

async function passed(name, id = "") {
	held[name] += 1;
	while (modes[name] === "holds") await scheduler.wait(5);
	held[name] -= 1;
	const some = modes[name].startsWith("fails for ") && modes[name].slice(10).split(",");
	if (modes[name] === "fails" || (some && some.includes(id.split("/").at(-1)))) throw new Error(`${name} does not answer.`);
}

// The host looks at the class of a binding, which a Proxy leaves as it is.
const replaced = (target, methods) => new Proxy(target, {
	get(target, name) {
		if (Object.hasOwn(methods, name)) return methods[name];
		const value = target[name];
		return typeof value === "function" && name !== "constructor" ? value.bind(target) : value;
	},
});

const spiedObjects = (name, objects) => replaced(objects, {
	getByName(id) {
		const object = objects.getByName(id);
		return replaced(object, {
			async fetch(request) {
				await passed(name, id);
				return object.fetch(request);
			},
		});
	},
});

const spiedBucket = (bucket) => replaced(bucket, {
	async delete(keys) {
		await passed("BUNDLES");
		return bucket.delete(keys);
	},
});

const spied = (env) => ({
	...env,
	SCRIPTS: spiedObjects("SCRIPTS", env.SCRIPTS),
	NAMESPACES: spiedObjects("NAMESPACES", env.NAMESPACES),
	DIRECTORY: spiedObjects("DIRECTORY", env.DIRECTORY),
	BUNDLES: spiedBucket(env.BUNDLES),
});

// The class, with the host's bindings spied on, and its database within reach: POST /sql/{binding}/{name} of statements.
const reachable = (Real) => class extends Real {
	constructor(ctx, env) {
		super(ctx, spied(env));
		this.storage = ctx.storage;
	}
	async fetch(request) {
		if (request.headers.has("x-alarm")) return Response.json(await this.storage.getAlarm());
		if (!request.headers.has("x-sql")) return super.fetch(request);
		return Response.json([...this.storage.sql.exec(await request.text()).raw()]);
	}
};
export const Script = reachable(RealScript);
export const Namespace = reachable(RealNamespace);
export const Directory = reachable(RealDirectory);

async function keys(bucket) {
	const found = [];
	for (let cursor, more = true; more; ) {
		const page = await bucket.list({ cursor, limit: 1000 });
		found.push(...page.objects.map(({ key }) => key));
		({ cursor, truncated: more } = page);
	}
	return found;
}

export default {
	async fetch(request, env, ctx) {
		const [, what, binding, ...name] = new URL(request.url).pathname.split("/");
		if (what === "ask" || what === "sql" || what === "alarm") {
			const object = env[binding].getByName(name.join("/"));
			const headers = { [`x-${what}`]: "1" };
			return object.fetch(`https://${name.join("/")}/`, { method: "POST", headers, body: await request.text() });
		}
		if (what === "modes") {
			Object.assign(modes, await request.json());
			return Response.json(held);
		}
		if (what === "r2" && request.method === "PUT") {
			for (const [key, value] of Object.entries(await request.json())) await env.BUNDLES.put(key, value);
			return new Response();
		}
		if (what === "r2") return Response.json(await keys(env.BUNDLES));
		return worker.fetch(request, env, ctx);
	},
};
