// The main module of the example guide.rs.
import { WorkerEntrypoint } from "cloudflare:workers";
import generated from "./build/index.js";
import { entry } from "./entry.js";

export default entry(generated);

// A tenant's part of a KV namespace, which cannot be handed over itself.
export class Store extends WorkerEntrypoint {
	get(name) {
		return this.env.KV.get(`${this.ctx.props.tenant}/${name}`);
	}

	put(name, value) {
		return this.env.KV.put(`${this.ctx.props.tenant}/${name}`, value);
	}
}
