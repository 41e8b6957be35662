// A main module in front of the Worker's own, for what no client can reach: the operations of the Durable Objects, and
// the bucket.
//
// POST /ask/{binding}/{name of the object} asks the object; /r2 gets, puts and lists in the bucket.
import worker from "./entry.js";

export * from "./entry.js";

const KEYS = 1000;

async function keys(bucket) {
	const found = [];
	for (let cursor, more = true; more; ) {
		const page = await bucket.list({ cursor, limit: KEYS });
		found.push(...page.objects.map(({ key }) => key));
		({ cursor, truncated: more } = page);
	}
	return found;
}

export default {
	async fetch(request, env, ctx) {
		const [, what, binding, ...name] = new URL(request.url).pathname.split("/");
		if (what === "ask") {
			const object = env[binding].getByName(name.join("/"));
			return object.fetch(`https://${name.join("/")}/`, { method: "POST", body: await request.text() });
		}
		if (what === "r2" && request.method === "PUT") {
			for (const [key, value] of Object.entries(await request.json())) await env.BUNDLES.put(key, value);
			return new Response();
		}
		if (what === "r2") return Response.json(await keys(env.BUNDLES));
		return worker.fetch(request, env, ctx);
	},
};
