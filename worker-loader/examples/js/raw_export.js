// The main module of the example raw_export.rs.
import generated from "./build/index.js";
import { entry } from "./entry.js";

export default entry(generated, {
	fetch: "serve",
	async finish(handed) {
		const response = await handed.answer;
		// Known only now: a number if this very request made the loader ask for the code.
		const { factoryMs } = handed;
		if (response.status === 101) return response;
		const marked = new Response(response.body, response);
		marked.headers.set("x-worker-cache", factoryMs === undefined ? "warm" : "cold");
		return marked;
	},
});
