// The template: one worker for each tenant, which has nothing but this code and the tenant's own document in its env.
let requests = 0;

export default {
	fetch(request, env) {
		const { name, message = `Welcome to ${name}.`, settings = {} } = env.TENANT;
		requests += 1;
		const { pathname } = new URL(request.url);
		// How many requests this isolate has served: memory that no other tenant shares.
		if (pathname === "/") return Response.json({ tenant: name, message, requests });
		if (pathname === "/settings") return Response.json(settings);
		return Response.json({ error: { code: "not_found", message: `${name} has nothing at ${pathname}.` } }, { status: 404 });
	},
};
