// The main module of the measurements of scale: the Worker's own, with two paths beside it that no client needs.
import { memories } from "./memories.js";
import worker from "./entry.js";

export * from "./entry.js";

export default {
	...worker,
	async fetch(request, env, ctx) {
		const { pathname } = new URL(request.url);
		if (pathname === "/memory") return Response.json({ wasm: memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) });
		if (pathname === "/ids") return Response.json((await request.json()).map((name) => env.SCRIPTS.idFromName(name).toString()));
		return worker.fetch(request, env, ctx);
	},
};
