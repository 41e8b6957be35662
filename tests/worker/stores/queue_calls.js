// Queues: what is sent, and what comes to the handler. `LOG` is a KV namespace, in which the handler says what it got.
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a message asks for is done to it. */
export const handlers = {
	async queue(batch, env) {
		for (const message of batch.messages) {
			const { what, mark } = Object(message.body);
			if (what === "throw" || what === "ack then throw") continue;
			if (what === "ack all") batch.ackAll();
			if (what === "retry once" && message.attempts === 1) message.retry();
			if (what === "retry with delay" && message.attempts === 1) message.retry({ delaySeconds: 1 });
			if (what === "ack then retry") [message.ack(), message.retry()];
			if (mark !== undefined) await env.LOG.put(`${mark}:${message.attempts}`, "came");
		}
		const [{ body }] = batch.messages;
		const { what } = Object(body);
		if (batch.messages.length === 1 && what === "look") {
			const [message] = batch.messages;
			await env.LOG.put(body.mark, JSON.stringify({
				queue: batch.queue, keys: Object.keys(message).sort(), id: /^[0-9a-f]{32}$/.test(message.id), timestamp: message.timestamp instanceof Date,
				recent: Math.abs(Date.now() - message.timestamp) < 60_000, attempts: message.attempts, isArray: Array.isArray(batch.messages),
			}));
		}
		for (const { body } of batch.messages) {
			if (typeof body === "string" || ArrayBuffer.isView(body) || body instanceof ArrayBuffer || body instanceof Map) {
				const shown = typeof body === "string" ? `text ${body}` : body instanceof Map ? `map ${[...body]}` : `${body.constructor.name} ${[...new Uint8Array(body.buffer ?? body)]}`;
				await env.LOG.put(`raw:${shown}`, "came");
			}
		}
		const thrown = batch.messages.find(({ body }) => Object(body).what === "throw");
		if (thrown) {
			await env.LOG.put(`${thrown.body.mark}:${thrown.attempts}`, "thrown");
			throw new Error("the handler throws");
		}
	},
};

const sent = (body, options) => async ({ QUEUE }) => Object.keys((await QUEUE.send(body, options)) ?? {});
const batch = (messages, options) => async ({ QUEUE }) => Object.keys((await QUEUE.sendBatch(messages, options)) ?? {});
// What the handler has said of a mark, once it has said as much.
const came = (mark, count) => async ({ LOG }) => {
	for (let i = 0; i < 300; i += 1) {
		const { keys } = await LOG.list({ prefix: mark });
		if (keys.length >= count) return keys.map(({ name }) => name);
		await wait(50);
	}
	return "nothing came";
};
const both = (send, mark, count) => async (env) => [await send(env), await came(mark, count)(env)];
const large = (bytes) => "x".repeat(bytes);

export default [
	["send: JSON", sent({ mark: "json" })],
	["came: JSON", came("json", 1)],
	["send: what it looks like", sent({ what: "look", mark: "look" })],
	["came: what it looks like", async (env) => (await came("look", 1)(env), JSON.parse(await env.LOG.get("look")))],
	["send: text", both(sent("a text", { contentType: "text" }), "raw:text a text", 1)],
	["send: text as JSON", both(sent("json text"), "raw:text json text", 1)],
	["send: bytes", both(sent(new Uint8Array([1, 2, 3]), { contentType: "bytes" }), "raw:ArrayBuffer 1,2,3", 1)],
	["send: v8", both(sent(new Map([[1, 2]]), { contentType: "v8" }), "raw:map 1,2", 1)],
	["send: null", sent(null)],
	["send: undefined", sent(undefined)],
	["send: nothing", async ({ QUEUE }) => QUEUE.send()],
	["send: text that is none", sent(5, { contentType: "text" })],
	["send: bytes that are none", sent("a", { contentType: "bytes" })],
	["send: a kind that there is not", sent("a", { contentType: "xml" })],
	["send: what JSON has not", sent(() => {})],
	["send: what JSON refuses", sent(10n)],
	["send: what cannot be cloned", sent(() => {}, { contentType: "v8" })],
	["send: too much", sent(large(130_000), { contentType: "text" })],
	["send: much", sent(large(120_000), { contentType: "text" })],
	["send: a delay", both(sent({ mark: "delay" }, { delaySeconds: 1 }), "delay", 1)],
	["send: a delay below nothing", sent({ mark: "never" }, { delaySeconds: -1 })],
	["send: a delay of more than a day", sent({ mark: "never" }, { delaySeconds: 90_000 })],
	["batch: some", both(batch([{ body: { mark: "batch-a" } }, { body: { mark: "batch-b" }, contentType: "json" }]), "batch", 2)],
	["batch: of a generator", both(batch((function* () { yield { body: { mark: "generated" } }; })()), "generated", 1)],
	["batch: none", batch([])],
	["batch: not a list", batch(5)],
	["batch: a message without a body", batch([{}])],
	["batch: too many", batch(Array.from({ length: 101 }, () => ({ body: 1 })))],
	["batch: one too large", batch([{ body: large(130_000) }])],
	["batch: too much together", batch(Array.from({ length: 3 }, () => ({ body: large(100_000) })))],
	["batch: a delay for all", both(batch([{ body: { mark: "later" } }], { delaySeconds: 1 }), "later", 1)],
	["handler: retries one", both(sent({ what: "retry once", mark: "once" }), "once", 2)],
	["handler: retries with a delay", both(sent({ what: "retry with delay", mark: "slowly" }), "slowly", 2)],
	["handler: acknowledges first", async (env) => {
		await env.QUEUE.send({ what: "ack then retry", mark: "first" });
		await came("first", 1)(env);
		await wait(2500);
		return (await env.LOG.list({ prefix: "first" })).keys.map(({ name }) => name);
	}],
	["handler: throws, until it is enough", async (env) => {
		await env.QUEUE.send({ what: "throw", mark: "thrown" });
		await came("thrown", 3)(env);
		await wait(2500);
		return (await env.LOG.list({ prefix: "thrown" })).keys.map(({ name }) => name);
	}],
];
