// A job: its inputs, and what came of each, in an object of its own. An alarm drives it, so it goes on after a restart; what is
// finished is stored and does not run again.
import { DurableObject } from "cloudflare:workers";

const DAY_MS = 86_400_000;
// An alarm that ends in the middle is followed by another.
const RESUME_MS = 10_000;
// So many calls of one alarm, and then the next one.
const AT_ONCE = 400;
const TRIES = 3;
// So many characters of results before the reader is asked whether it wants more.
const AT_A_TIME = 1 << 20;
// What all results may be together to be reduced: they are in memory more than once then, and go to the worker in one call.
const MOST_REDUCED = 16 << 20;
const STOPPED = JSON.stringify({ outcome: "never_ran", error: { message: "The job was canceled before." }, ms: 0 });

export class Job extends DurableObject {
	#sql = this.ctx.storage.sql;
	#waiting = new Set();
	// What is being run, by this object since it is in memory.
	#running = null;
	// How far whoever asked for the results at once has read, and when.
	#reader = null;

	/** What serve.js has checked: the code apart, `inputs` as JSON texts. */
	async create({ code, main, ...document }, inputs) {
		this.ctx.storage.transactionSync(() => {
			this.#sql.exec("CREATE TABLE job (document TEXT NOT NULL, code TEXT, main TEXT, state TEXT NOT NULL, created INTEGER NOT NULL, finished INTEGER, reduced TEXT)");
			this.#sql.exec("CREATE TABLE item (at INTEGER PRIMARY KEY, input TEXT NOT NULL, outcome TEXT, kind TEXT)");
			this.#sql.exec("INSERT INTO job (document, code, main, state, created) VALUES (?, ?, ?, 'running', ?)", JSON.stringify(document), code, main, Date.now());
			inputs.forEach((input, at) => this.#sql.exec("INSERT INTO item (at, input) VALUES (?, ?)", at, input));
		});
		await this.ctx.storage.setAlarm(Date.now());
	}

	/** What there is to tell, or nothing where there is no such job. */
	status() {
		const job = this.#job();
		if (job === null) return null;
		const counts = { ok: 0, threw: 0, timed_out: 0, never_ran: 0 };
		let [total, finished] = [0, 0];
		for (const { kind, count } of this.#sql.exec("SELECT kind, COUNT(*) AS count FROM item GROUP BY kind").toArray()) {
			total += count;
			if (kind === null) continue;
			counts[kind] = count;
			finished += count;
		}
		const time = (ms) => (ms === null ? null : new Date(ms).toISOString());
		const { state, created, document, reduced } = job;
		const { concurrency, deadline_ms, script } = document;
		const told = { state, total, finished, ...counts, concurrency, deadline_ms, script, created_on: time(created), finished_on: time(job.finished) };
		return document.reduce ? { ...told, reduced } : told;
	}

	/** Runs those again that did not come to their end. Whether there were any; nothing, where it runs still. */
	async retry() {
		if (this.#job()?.state === "running") return null;
		const { rowsWritten } = this.#sql.exec("UPDATE item SET outcome = NULL, kind = NULL WHERE kind <> 'ok'");
		if (rowsWritten === 0) return false;
		this.#sql.exec("UPDATE job SET state = 'running', finished = NULL, reduced = NULL");
		await this.ctx.storage.setAlarm(Date.now());
		return true;
	}

	/** Runs nothing more of it; what runs comes to its end. */
	async cancel() {
		if (this.#job()?.state !== "running") return;
		this.#sql.exec("UPDATE job SET state = 'canceled'");
		await (this.#running ?? this.#end("canceled"));
	}

	/** It never was. */
	async forget() {
		await this.cancel();
		await this.ctx.storage.deleteAlarm();
		await this.ctx.storage.deleteAll();
		this.#tell();
	}

	/** The results: a line of JSON each, in the order of the inputs, as they come; then what came of all. */
	fetch(request) {
		const isFollowed = new URL(request.url).pathname === "/followed";
		let at = 0;
		const encoder = new TextEncoder();
		const line = (value) => encoder.encode(`${JSON.stringify(value)}\n`);
		const pull = async (controller) => {
			for (;;) {
				const status = this.status();
				if (status === null) return controller.close();
				const from = at;
				let length = 0;
				for (const { outcome } of this.#sql.exec("SELECT outcome FROM item WHERE at >= ? ORDER BY at", at)) {
					if (outcome === null || length > AT_A_TIME) break;
					controller.enqueue(line({ index: at, ...JSON.parse(outcome) }));
					length += outcome.length;
					at += 1;
				}
				Object.assign(reader, { at, asked: Date.now() });
				if (at > from) return;
				if (at === status.total && status.finished_on !== null) {
					const { state, total, ok, threw, timed_out, never_ran, reduced } = status;
					if (reduced !== undefined) controller.enqueue(line({ reduced }));
					controller.enqueue(line({ state, total, ok, threw, timed_out, never_ran }));
					return controller.close();
				}
				// Who waits for a line is there, however long it takes.
				reader.asked = Infinity;
				await new Promise((resolve) => this.#waiting.add(resolve));
			}
		};
		// Of whoever asked for the results at once and goes, the runtime says nothing: lines are not fetched any more.
		const reader = { at: 0, asked: Date.now() };
		if (isFollowed) this.#reader = reader;
		return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers: { "content-type": "application/x-ndjson", "cache-control": "no-store" } });
	}

	async alarm() {
		const job = this.#job();
		if (job === null) return;
		// Its day is over.
		if (job.finished !== null) return this.forget();
		if (job.state === "canceled") return this.#end("canceled");
		await this.ctx.storage.setAlarm(Date.now() + RESUME_MS);
		await (this.#running ??= this.#work().finally(() => (this.#running = null)));
	}

	async #work() {
		const [source] = this.#sql.exec("SELECT code, main FROM job").toArray();
		const job = { ...this.#job().document, ...source };
		let calls = 0;
		let last = -1;
		const take = () => {
			if (calls >= AT_ONCE || this.#job()?.state !== "running") return undefined;
			const [item] = this.#sql.exec("SELECT at, input FROM item WHERE outcome IS NULL AND at > ? ORDER BY at LIMIT 1", last).toArray();
			if (item === undefined) return undefined;
			calls += 1;
			last = item.at;
			return item;
		};
		const lane = async () => {
			for (let item; (item = take()) !== undefined; ) {
				const outcome = await this.#run(job, "map", [JSON.parse(item.input), item.at]);
				this.#sql.exec("UPDATE item SET outcome = ?, kind = ? WHERE at = ? AND outcome IS NULL", JSON.stringify(outcome), outcome.outcome, item.at);
				this.#tell();
				if (this.#isForsaken()) this.#sql.exec("UPDATE job SET state = 'canceled'");
			}
		};
		await Promise.all(Array.from({ length: job.concurrency }, lane));
		const state = this.#job()?.state;
		if (state === undefined) return;
		if (state === "canceled") return this.#end("canceled");
		const { left } = this.#sql.exec("SELECT COUNT(*) AS left FROM item WHERE outcome IS NULL").one();
		if (left > 0) return this.ctx.storage.setAlarm(Date.now());
		if (job.reduce) {
			const reduced = await this.#reduce(job);
			if (this.#job()?.state === "running") this.#sql.exec("UPDATE job SET reduced = ?", JSON.stringify(reduced));
		}
		return this.#end(this.#job()?.state === "canceled" ? "canceled" : "done");
	}

	async #reduce(job) {
		const { length } = this.#sql.exec("SELECT SUM(LENGTH(outcome)) AS length FROM item WHERE kind = 'ok'").one();
		if (length > MOST_REDUCED) {
			const message = `The results are ${length} characters of JSON, and at most ${MOST_REDUCED} can be reduced: give less, or reduce them yourself.`;
			return { outcome: "never_ran", error: { message }, ms: 0 };
		}
		const values = this.#sql.exec("SELECT outcome FROM item WHERE kind = 'ok' ORDER BY at").toArray().map(({ outcome }) => JSON.parse(outcome).value);
		return this.#run(job, "reduce", [values]);
	}

	// Whether a line has been there for longer than one waits for a reader.
	#isForsaken() {
		const { at, asked } = this.#reader ?? { asked: Infinity };
		if (Date.now() - asked < Number(this.env.JOB_READER_MS ?? 15_000)) return false;
		return this.#sql.exec("SELECT 1 FROM item WHERE at = ? AND outcome IS NOT NULL", at).toArray().length > 0;
	}

	async #run(job, method, args) {
		for (let tries = 1; ; tries += 1) {
			let outcome;
			try {
				outcome = await this.ctx.exports.Runner({ props: {} }).run(job, method, args);
			} catch (error) {
				outcome = { outcome: "never_ran", error: { message: String(error?.message ?? error) }, ms: 0, again: true };
			}
			const { again, ...told } = outcome;
			if (!again || tries === TRIES) return told;
			await scheduler.wait(100 * 2 ** tries);
		}
	}

	async #end(state) {
		if (this.#job() === null) return;
		this.#sql.exec("UPDATE item SET outcome = ?, kind = 'never_ran' WHERE outcome IS NULL", STOPPED);
		this.#sql.exec("UPDATE job SET state = ?, finished = ?", state, Date.now());
		await this.ctx.storage.setAlarm(Date.now() + DAY_MS);
		this.#tell();
	}

	#tell() {
		for (const resolve of this.#waiting) resolve();
		this.#waiting.clear();
	}

	#job() {
		// A name that somebody makes up leaves nothing.
		if (this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'job'").toArray().length === 0) return null;
		const job = this.#sql.exec("SELECT document, state, created, finished, reduced FROM job").one();
		return { ...job, document: JSON.parse(job.document), reduced: JSON.parse(job.reduced) };
	}
}
