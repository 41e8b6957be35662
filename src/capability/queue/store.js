// A queue of a namespace: an object with a SQLite database, whose alarm delivers. What was acknowledged to a sender is on disk, and is
// delivered at least once.
import { DurableObject } from "cloudflare:workers";
import { startedAs } from "../../telemetry/meter.js";
import { namespaceNow, refused } from "../store.js";
import { bytesOf, isDelay, isMessage, shown } from "./message.js";
import { isName, settingsOf } from "./settings.js";

const MOST_MESSAGES = 100;
// Where there is nobody to deliver to.
const LATER_MS = 30_000;
// An alarm has a quarter of an hour: so long it begins with further batches, and so long a batch may be under way before it is
// delivered again.
const BEGIN_MS = 60_000;
const DELIVERY_MS = 13 * 60_000;
const NOT_STARTED = /^Failed to start Worker|^worker-loader /;
const SHOWN = 100;
// As registry/problem.rs has them.
const MALFORMED = 10_004;
const NO_SUCH_QUEUE = 190_012;

/** `hosted({ namespace, script }, env, ctx)` gives `{ consumer }` of what is live of a script, or the text of why there is none. It is Rust's. */
export function queues(hosted) {
	return class QueueStore extends DurableObject {
		#sql = this.ctx.storage.sql;
		#kv = this.ctx.storage.kv;
		#underWay = new Set();
		// How many messages there are, and their bytes: counted once, as there may be many.
		#backlog;
		#delivering = null;

		constructor(ctx, env) {
			super(ctx, env);
			this.#sql.exec("CREATE TABLE IF NOT EXISTS message (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, sent INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, type TEXT NOT NULL, body, size INTEGER NOT NULL)");
			this.#sql.exec("CREATE INDEX IF NOT EXISTS message_due ON message (due)");
			this.#sql.exec("CREATE INDEX IF NOT EXISTS message_sent ON message (sent)");
			this.#backlog = this.#counted("1");
		}

		/** `{ type, body, delay }` each, of a script of the namespace that is called so now. */
		async send(namespace, messages, delay) {
			if (!Array.isArray(messages) || messages.length > MOST_MESSAGES || !messages.every(isMessage) || !isDelay(delay)) throw new TypeError("Those are no messages.");
			await this.#known(namespace);
			const now = Date.now();
			this.#transact(() => {
				// Of what it is sent only this is the sender's to say.
				for (const { type, body, delay: own } of messages) this.#add({ id: crypto.randomUUID().replaceAll("-", ""), sent: now, due: now + 1000 * (own ?? delay ?? 0), type, body });
			});
			await this.#plan();
			return { metadata: { metrics: this.metrics() } };
		}

		/** Those that another queue could not deliver; each of them once. */
		async take(namespace, messages) {
			await this.#known(namespace);
			this.#transact(() => {
				for (const message of messages) this.#add({ ...message, due: Date.now() });
			});
			await this.#plan();
		}

		metrics() {
			const { count, bytes } = this.#backlog;
			const { oldest } = this.#sql.exec("SELECT MIN(sent) AS oldest FROM message").one();
			return { backlogCount: count, backlogBytes: bytes, oldestMessageTimestamp: new Date(oldest ?? 0) };
		}

		/** What the host asks: see README, Queues; and `usage` and `wipe`, as of kv/store.js. */
		async fetch(request) {
			const asked = await request.json();
			if (["get", "messages", "purge", "delete"].includes(asked.op) && this.#kv.get("namespace") === undefined) {
				const message = `There is no queue ${JSON.stringify(this.#name())} in this namespace: one is there with its first message, or when it is set.`;
				return refused(message, 404, NO_SUCH_QUEUE);
			}
			switch (asked.op) {
				case "get":
					return Response.json(this.#shown());
				case "put":
					return this.#put(asked);
				case "messages":
					return Response.json(this.#messages());
				case "purge":
					this.#drop("1");
					return Response.json(this.#shown());
				case "usage":
					return Response.json({ keys: this.metrics().backlogCount, bytes: this.metrics().backlogBytes });
				case "wipe":
				case "delete":
					await this.ctx.storage.deleteAlarm();
					this.#drop("1");
					for (const key of ["namespace", "settings"]) this.#kv.delete(key);
					if (asked.op === "delete") await this.#index("remove_store");
					return Response.json(null);
			}
			return new Response(null, { status: 404 });
		}

		async alarm() {
			this.#setBack();
			// One that ends in the middle the runtime begins again.
			this.#drop("sent <= ?", Date.now() - 1000 * this.#settings().message_retention_period);
			await (this.#delivering ??= this.#deliver().finally(() => (this.#delivering = null)));
			await this.#plan();
		}

		async #deliver() {
			const { consumer } = this.#settings();
			if (consumer === null) return;
			const until = Date.now() + BEGIN_MS;
			let isGoing = true;
			const lane = async () => {
				for (let batch; isGoing && Date.now() < until && (batch = this.#batch(consumer)).length > 0; ) {
					try {
						isGoing = await this.#deliverBatch(consumer, batch);
					} catch (error) {
						// What did not come to the script is no attempt of its.
						isGoing = await this.#isRenamed();
						if (!isGoing) console.error(`The queue ${this.#name()} is delivered later: ${error.message}`);
						this.#postpone(batch, isGoing ? 0 : LATER_MS, -1);
					} finally {
						for (const { seq } of batch) this.#underWay.delete(seq);
					}
				}
			};
			await Promise.all(Array.from({ length: consumer.max_concurrency }, lane));
		}

		// What is due, if it is a batch, or has waited for one long enough.
		#batch({ batch_size, max_wait_time_ms }) {
			const now = Date.now();
			const due = this.#sql.exec("SELECT seq, id, sent, due, attempts, type, body, size FROM message WHERE due <= ? ORDER BY due, seq LIMIT ?", now, batch_size + this.#underWay.size).toArray();
			const batch = due.filter(({ seq }) => !this.#underWay.has(seq)).slice(0, batch_size);
			if (batch.length < batch_size && !batch.some(({ due }) => due + max_wait_time_ms <= now)) return [];
			for (const { seq } of batch) this.#underWay.add(seq);
			// Before, so that one that takes the runtime down is not tried for ever.
			this.#sql.exec("UPDATE message SET attempts = attempts + 1 WHERE seq IN (SELECT value FROM json_each(?))", JSON.stringify(batch.map(({ seq }) => seq)));
			return batch.map((message) => ({ ...message, attempts: message.attempts + 1 }));
		}

		async #isRenamed() {
			const namespace = await namespaceNow(this.env, this.ctx.id.name.split("/")[0]);
			if (namespace === null || namespace === this.#kv.get("namespace")) return false;
			this.#kv.put("namespace", namespace);
			return true;
		}

		// Whether there is any use in going on.
		async #deliverBatch(consumer, batch) {
			const found = await hosted({ namespace: this.#kv.get("namespace"), script: consumer.script_name }, this.env, this.ctx);
			if (typeof found === "string" || found === null) throw new Error(found ?? "storage does not answer.");
			if (found.started) startedAs(this.env, this.ctx, found.started);
			const messages = batch.map(({ seq, id, sent, type, body, attempts }) => ({ id, timestamp: sent, type, attempts, body: type === "v8" ? this.#kv.get(`body ${seq}`) : type === "bytes" ? new Uint8Array(body) : body }));
			let timer;
			const late = new Promise((resolve) => (timer = setTimeout(resolve, DELIVERY_MS, { error: "It took too long." })));
			const told = await Promise.race([found.consumer.deliver(this.#name(), messages, this.metrics()), late]).catch((error) => {
				// Where it does not even start, it is not for the message. What comes from inside says so.
				if (error?.remote !== true && NOT_STARTED.test(error?.message)) throw error;
				return { error: error.message };
			}).finally(() => clearTimeout(timer));
			if (told.missing) throw new Error(`the script ${consumer.script_name} has no handler "queue".`);
			if (told.error !== undefined) console.error(`The queue ${this.#name()}, consumed by ${consumer.script_name}: ${told.error}`);
			await this.#settle(consumer, batch, told.outcomes ?? {});
			return true;
		}

		async #settle({ max_retries, retry_delay, dead_letter_queue }, batch, outcomes) {
			const done = batch.filter(({ id }) => outcomes[id] === "ack");
			const failed = batch.filter(({ id }) => outcomes[id] !== "ack");
			const dead = failed.filter(({ attempts }) => attempts > max_retries);
			if (dead.length > 0 && dead_letter_queue !== null) {
				const [namespace_id] = this.ctx.id.name.split("/");
				const letters = dead.map(({ seq, id, sent, type, body }) => ({ id, sent, type, body: type === "v8" ? this.#kv.get(`body ${seq}`) : body }));
				await this.env.QUEUES.getByName(`${namespace_id}/queue/${dead_letter_queue}`).take(this.#kv.get("namespace"), letters);
			} else if (dead.length > 0) {
				console.error(`The queue ${this.#name()} drops ${dead.length} messages that could not be delivered ${max_retries + 1} times: it has no dead_letter_queue.`);
			}
			this.#transact(() => {
				for (const { seq } of [...done, ...dead]) this.#drop("seq = ?", seq);
				for (const message of failed) if (!dead.includes(message)) this.#postpone([message], 1000 * delayOf(outcomes[message.id], retry_delay));
			});
		}

		#postpone(batch, ms, attempts = 0) {
			for (const { seq } of batch) this.#sql.exec("UPDATE message SET due = ?, attempts = attempts + ? WHERE seq = ?", Date.now() + ms, attempts, seq);
		}

		#add({ id, sent, due, type, body }) {
			const size = bytesOf({ type, body });
			const { rowsWritten } = this.#sql.exec("INSERT OR IGNORE INTO message (id, sent, due, type, body, size) VALUES (?, ?, ?, ?, ?, ?)", id, sent, due, type, type === "v8" ? null : body, size);
			if (rowsWritten === 0) return;
			this.#backlog.count += 1;
			this.#backlog.bytes += size;
			// What JSON has not, is stored as it is.
			if (type === "v8") this.#kv.put(`body ${this.#sql.exec("SELECT last_insert_rowid() AS seq").one().seq}`, body);
		}

		#drop(where, ...values) {
			for (const { seq } of this.#sql.exec(`SELECT seq FROM message WHERE type = 'v8' AND ${where}`, ...values).toArray()) this.#kv.delete(`body ${seq}`);
			const { count, bytes } = this.#counted(where, ...values);
			this.#sql.exec(`DELETE FROM message WHERE ${where}`, ...values);
			this.#backlog.count -= count;
			this.#backlog.bytes -= bytes;
		}

		#counted(where, ...values) {
			return this.#sql.exec(`SELECT COUNT(*) AS count, TOTAL(size) AS bytes FROM message WHERE ${where}`, ...values).one();
		}

		#transact(work) {
			try {
				this.ctx.storage.transactionSync(work);
			} catch (error) {
				// What was counted is undone.
				this.#backlog = this.#counted("1");
				throw error;
			}
		}

		// What was sent in the future was sent before a clock stepped back: it was sent now, and is due as long after that as before.
		#setBack() {
			const now = Date.now();
			this.#sql.exec("UPDATE message SET due = due - sent + ?1, sent = ?1 WHERE sent > ?1", now);
		}

		async #plan() {
			if (this.#delivering !== null) return;
			this.#setBack();
			const { consumer, message_retention_period } = this.#settings();
			const { sent } = this.#sql.exec("SELECT MIN(sent) AS sent FROM message").one();
			const { due } = this.#sql.exec("SELECT MIN(due) AS due FROM message").one();
			if (sent === null) return this.ctx.storage.deleteAlarm();
			const expires = sent + 1000 * message_retention_period;
			const isBatch = () => this.#sql.exec("SELECT seq FROM message WHERE due <= ? LIMIT ?", Date.now(), consumer.batch_size).toArray().length === consumer.batch_size;
			const at = consumer === null ? expires : isBatch() ? Date.now() : Math.min(expires, due + consumer.max_wait_time_ms);
			await this.ctx.storage.setAlarm(at);
		}

		async #put({ namespace, item, settings: body }) {
			const { settings, errors } = settingsOf(body ?? {});
			const script = settings.consumer?.script_name;
			if (typeof script === "string" && errors.length === 0) {
				const [namespace_id] = this.ctx.id.name.split("/");
				const { status } = await this.env.SCRIPTS.getByName(`${namespace_id}/${script}`).fetch("https://script/", { method: "POST", body: '{"op":"tags"}' });
				if (status === 404) errors.push(`consumer.script_name: there is no script ${JSON.stringify(script)} in this namespace. Upload it first.`);
			}
			if (!isName(item)) errors.push("The name of a queue is 1 to 100 letters, digits, - _ and .");
			if (errors.length > 0) return Response.json({ errors: errors.map((message) => ({ code: MALFORMED, message })) }, { status: 400 });
			await this.#known(namespace);
			this.#kv.put("settings", settings);
			await this.#plan();
			return Response.json(this.#shown());
		}

		#shown() {
			const { backlogCount, backlogBytes, oldestMessageTimestamp } = this.metrics();
			const oldest = backlogCount === 0 ? null : oldestMessageTimestamp.toISOString();
			return { queue_name: this.#name(), ...this.#settings(), backlog_count: backlogCount, backlog_bytes: backlogBytes, oldest_message_on: oldest };
		}

		#messages() {
			return this.#sql.exec("SELECT seq, id, sent, due, attempts, type, body FROM message ORDER BY seq LIMIT ?", SHOWN).toArray().map(({ seq, id, sent, due, attempts, type, body }) => ({
				id,
				timestamp: new Date(sent).toISOString(),
				due: new Date(due).toISOString(),
				attempts,
				content_type: type,
				body: shown(type, type === "v8" ? this.#kv.get(`body ${seq}`) : body),
			}));
		}

		#settings() {
			return this.#kv.get("settings") ?? settingsOf({}).settings;
		}

		#name() {
			return this.ctx.id.name.split("/")[2];
		}

		// The namespace knows of it before it has anything, so that it goes with it; and by that name scripts are found.
		async #known(namespace) {
			const before = this.#kv.get("namespace");
			if (before === undefined) await this.#index("add_store");
			if (before !== namespace) this.#kv.put("namespace", namespace);
		}

		async #index(op) {
			const [namespace_id, ...rest] = this.ctx.id.name.split("/");
			const answer = await this.env.NAMESPACES.getByName(namespace_id).fetch("https://namespace/", { method: "POST", body: JSON.stringify({ op, name: rest.join("/") }) });
			if (!answer.ok) throw new Error("The namespace that this queue is of is not there.");
		}
	};
}

const delayOf = (outcome, otherwise) => (isDelay(outcome?.delay) ? outcome?.delay : undefined) ?? otherwise;
