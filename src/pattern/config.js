// The document is part of the worker's env: a new document is a new worker, and what this one has begun it ends.
export default {
	fetch(request, env) {
		const headers = { etag: env.ETAG, "cache-control": "no-cache", "x-worker-entered": `${Date.now()}` };
		const known = (request.headers.get("if-none-match") ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
		if (known.includes(env.ETAG) || known.includes("*")) return new Response(null, { status: 304, headers });
		const { version, lastUpdated, features } = env.CONFIG;
		return Response.json({ version, lastUpdated, features }, { headers });
	},
};
