// How a batch of a queue comes to the handler `queue` of a script: an entrypoint in the script's own isolate, which the host alone can
// name. What the handler says to each message is the answer.
import { WorkerEntrypoint } from "cloudflare:workers";

/** `fallback` is the default export of the script. */
export function consumer(fallback) {
	return class Consumer extends WorkerEntrypoint {
		/** `messages` are `{ id, timestamp, type, body, attempts }`; gives for each id `ack` or `{ delay }`, and what went wrong. */
		async deliver(queue, messages, metrics) {
			const handler = typeof fallback === "function" ? new fallback(this.ctx, this.env) : fallback;
			if (typeof handler?.queue !== "function") return { missing: true };
			const batch = new MessageBatch(queue, messages, metrics);
			let error;
			try {
				await handler.queue(batch, this.env, this.ctx);
			} catch (thrown) {
				error = String(thrown?.stack ?? thrown).slice(0, 4000);
			}
			return { outcomes: batch[OUTCOMES](error === undefined), error };
		}
	};
}

const OUTCOMES = Symbol("outcomes");

class MessageBatch {
	#all;
	constructor(queue, messages, metrics) {
		this.queue = queue;
		this.messages = messages.map((message) => new Message(message));
		this.metadata = { metrics };
	}

	ackAll() {
		this.#all ??= "ack";
	}

	retryAll(options) {
		this.#all ??= { delay: options?.delaySeconds };
	}

	// What was said to a message by itself counts, then what to all, then how the handler ended.
	[OUTCOMES](isDone) {
		const otherwise = this.#all ?? (isDone ? "ack" : {});
		return Object.fromEntries(this.messages.map((message) => [message.id, message[OUTCOMES] ?? otherwise]));
	}
}

class Message {
	[OUTCOMES];
	constructor({ id, timestamp, type, body, attempts }) {
		Object.assign(this, { id, timestamp: new Date(timestamp), body: type === "json" ? JSON.parse(body) : type === "bytes" ? body.buffer : body, attempts });
	}

	ack() {
		this[OUTCOMES] ??= "ack";
	}

	retry(options) {
		this[OUTCOMES] ??= { delay: options?.delaySeconds };
	}
}
