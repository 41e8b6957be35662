// A script that has files, as a tenant would write it: says what reached it, and passes on what it is told to.
export default {
	async fetch(request, env) {
		const url = new URL(request.url);
		if (url.pathname.startsWith("/through/")) {
			return env.ASSETS.fetch(new Request(new URL(url.pathname.slice("/through".length), url), request));
		}
		const body = `${request.method} ${url.pathname}${url.search} ${await request.text()}`;
		return new Response(body, { headers: { "x-served-by": "the worker" } });
	},
};
