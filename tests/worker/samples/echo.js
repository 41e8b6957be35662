// Tells what it was asked: what a host changes on the way in shows here.
export default {
	async fetch(request, env, ctx) {
		const { method, url, redirect } = request;
		const body = request.body && [...new Uint8Array(await request.arrayBuffer())];
		// Miniflare numbers the requests of a process.
		const headers = [...request.headers].filter(([name]) => !/^cf-|^mf-/.test(name)).sort();
		return Response.json({ method, url, redirect, headers, body, env, props: ctx.props });
	},
};
