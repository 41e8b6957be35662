// What a script's queue leads to, as kv/kv.js. A queue is the namespace's: any of its scripts may send to it.
import { WorkerEntrypoint } from "cloudflare:workers";
import { deniedTo, inWords } from "../allowance.js";

export class Queue extends WorkerEntrypoint {
	async send(messages, delay) {
		const why = await deniedTo(this, messages?.length ?? 1, true);
		if (why !== undefined) throw new Error(`Queue send failed: ${why.rate === undefined ? "Storage Limit Exceeded" : "Too Many Requests"}: ${inWords(why)}.`);
		return this.#queue().send(this.ctx.props.namespace, messages, delay ?? this.ctx.props.delivery_delay ?? undefined);
	}

	metrics() {
		return this.#queue().metrics();
	}

	#queue() {
		const { namespace_id, id } = this.ctx.props;
		if (typeof namespace_id !== "string") throw new Error("Nothing is sent while a script is tried.");
		return this.env.QUEUES.getByName(`${namespace_id}/queue/${id}`);
	}
}
