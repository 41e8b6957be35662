// What scripts store, and the queues of a namespace: src/api/stores.rs, queues.rs.

import { NAMESPACE, SCRIPT } from "./namespaces.js";
import { answer, control, json, query, result } from "./call.js";
import { any, list, maybe, name, ref, taken, text, time, told, whole, word } from "./schema.js";

const kept = (Kind, what, type, more = {}) => ({
	get: control(`export${Kind}`, `All that is in ${what}.`, { ok: answer(text(), "As it is stored.", type), ...more.get }),
	...(more.put && { put: more.put }),
	delete: control(`empty${Kind}`, `Empties ${what}.`),
});
const LINES = "application/x-ndjson";
const files = {
	description: "A line for each file; of a `key` that file, of its own type.",
	content: { [LINES]: { schema: text() }, "application/octet-stream": { schema: text() } },
};

export const paths = {
	[`${SCRIPT}/stores`]: {
		get: control("listStores", "What the script stores: each with its size.", { ok: result(list(told({ kind: word("kv", "d1", "r2", "object"), id: text(), keys: maybe(whole()), bytes: maybe(whole()) }))) }),
	},
	[`${SCRIPT}/stores/kv/{item}`]: kept("Kv", "a KV namespace", LINES),
	[`${SCRIPT}/stores/d1/{item}`]: kept("D1", "a database", "application/sql", {
		put: control("restoreD1", "Puts a database in place of what is there.", {
			body: { required: true, content: { "application/sql": { schema: text(), example: "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT);\n" } } },
			ok: result(told({ statements: whole(), bytes: whole() })),
			also: [413],
		}),
	}),
	[`${SCRIPT}/stores/r2/{item}`]: kept("R2", "a bucket", LINES, { get: { parameters: [query("key", text(), "Of one file all that is in it.")], ok: files } }),
	[`${SCRIPT}/stores/object/{item}`]: kept("Objects", "a Durable Object class", LINES),
	[`${NAMESPACE}/queues`]: {
		get: control("listQueues", "The queues of a namespace.", { ok: result(list(told({ queue_name: text() }))) }),
	},
	[`${NAMESPACE}/queues/{item}`]: {
		get: control("getQueue", "Tells of a queue.", { ok: result(ref("Queue")) }),
		put: control("putQueue", "Sets a queue, and who consumes it.", { body: json(maybe(ref("QueueSettings")), { consumer: { script_name: "hello", batch_size: 10 } }, { required: false }), ok: result(ref("Queue")), also: [413] }),
		delete: control("deleteQueue", "Deletes a queue with its messages."),
	},
	[`${NAMESPACE}/queues/{item}/messages`]: {
		get: control("listMessages", "The first hundred messages in it.", {
			ok: result(list(told({ id: text(), timestamp: time, due: time, attempts: whole(), content_type: word("text", "json", "bytes", "v8"), body: any }))),
		}),
		delete: control("purgeQueue", "Deletes all messages in it.", { ok: result(ref("Queue")) }),
	},
};

const consumer = { batch_size: whole(1, 100), max_wait_time_ms: whole(0, 60_000), max_retries: whole(0, 100), retry_delay: whole(0, 86_400), max_concurrency: whole(1, 10) };
const letters = maybe(text({ pattern: "^[A-Za-z0-9._-]{1,100}$" }));
const retention = whole(60, 1_209_600);

export const schemas = {
	Queue: told({
		queue_name: text(), consumer: maybe(told({ script_name: name, dead_letter_queue: letters, ...consumer })), message_retention_period: retention, backlog_count: whole(), backlog_bytes: whole(),
		oldest_message_on: maybe(time),
	}),
	QueueSettings: taken({
		consumer: maybe(taken({ script_name: name, dead_letter_queue: letters, ...Object.fromEntries(Object.entries(consumer).map(([key, schema]) => [key, maybe(schema)])) }, ["script_name"])),
		message_retention_period: maybe(retention),
	}),
};
