// A worker for each variant of a test. Who gets which is the deployment's matter, and who has seen what the host's.
export default {
	fetch(request, env) {
		const { pathname } = new URL(request.url);
		if (pathname !== "/" && pathname !== "/conversion") {
			return Response.json({ error: { code: "not_found", message: "A test has /conversion and /result below its name." } }, { status: 404 });
		}
		const { name, payload = null } = env.TEST.variants.find(({ name }) => name === env.VARIANT);
		const headers = { "cache-control": "no-store", "x-variant": name, "x-run": env.RUN };
		return Response.json({ test: env.NAME, variant: name, payload }, { headers });
	},
};
