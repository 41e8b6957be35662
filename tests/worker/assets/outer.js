// What the host does of a request to a script with files, and nothing else of it: the files' own code, over a bucket.
import { Assets } from "./src/assets/binding.js";
import { route, served } from "./src/assets/route.js";
import inner from "./inner.js";

export { Assets };

export default {
	async fetch(request, env, ctx) {
		const runWorker = (request) => inner.fetch(request, { ASSETS: ctx.exports.Assets({ props: { manifest: env.VERSION.assets.manifest } }) });
		return route(env.BUNDLES, served(env.VERSION), request, env.WORKER ? runWorker : null);
	},
};
