// `env.ASSETS` of a dynamic worker: its files, whatever run_worker_first says.
import { WorkerEntrypoint } from "cloudflare:workers";
import { answer, decide } from "./serve.js";
import { site } from "./site.js";

export class Assets extends WorkerEntrypoint {
	async fetch(request) {
		const url = new URL(request.url);
		const files = await site(this.env.BUNDLES, this.ctx.props.manifest);
		return answer(files, this.env.BUNDLES, request, url, decide(files, request.method, url));
	}
}
