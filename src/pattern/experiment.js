// What a test has counted: one object for each, in which a subject counts once, with the variant that it saw first.
import { DurableObject } from "cloudflare:workers";

const RUNS = 5;

export class Experiment extends DurableObject {
	#sql = this.ctx.storage.sql;
	// What was never exposed writes nothing, so that a name that somebody makes up leaves nothing.
	#made = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'subject'").toArray().length > 0;

	/** A subject, by its digest, has seen a variant. Whether that is news. */
	expose(run, variant, subject) {
		return this.ctx.storage.transactionSync(() => {
			if (!this.#made) this.#make();
			if (this.#sql.exec("SELECT 1 FROM run WHERE id = ?", run).toArray().length === 0) this.#begin(run);
			const { subjects } = this.#sql.exec("SELECT subjects FROM run WHERE id = ?", run).one();
			if (subjects >= Number(this.env.TEST_MAX_SUBJECTS ?? 1_000_000)) return false;
			const added = this.#sql.exec("INSERT INTO subject (run, id, variant) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", run, subject, variant);
			if (added.rowsWritten === 0) return false;
			this.#sql.exec("UPDATE run SET subjects = subjects + 1 WHERE id = ?", run);
			this.#sql.exec("INSERT INTO variant (run, name, exposures) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET exposures = exposures + 1", run, variant);
			return true;
		});
	}

	/** It did what the test is about: `{ variant, counted }`; nothing where it has seen none. */
	convert(run, subject) {
		return this.ctx.storage.transactionSync(() => {
			const [found] = this.#made ? this.#sql.exec("SELECT variant, converted FROM subject WHERE run = ? AND id = ?", run, subject).toArray() : [];
			if (found === undefined) return null;
			if (found.converted === 0) {
				this.#sql.exec("UPDATE subject SET converted = 1 WHERE run = ? AND id = ?", run, subject);
				this.#sql.exec("UPDATE variant SET conversions = conversions + 1 WHERE run = ? AND name = ?", run, found.variant);
			}
			return { variant: found.variant, counted: found.converted === 0 };
		});
	}

	/** `[{ name, exposures, conversions }]` of the variants of a run that were seen. */
	counts(run) {
		return this.#made ? this.#sql.exec("SELECT name, exposures, conversions FROM variant WHERE run = ?", run).toArray() : [];
	}

	/** The test was deleted. */
	async forget() {
		await this.ctx.storage.deleteAll();
		this.#made = false;
	}

	#make() {
		this.#sql.exec("CREATE TABLE run (number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, subjects INTEGER NOT NULL DEFAULT 0)");
		this.#sql.exec("CREATE TABLE subject (run TEXT, id TEXT, variant TEXT NOT NULL, converted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run, id)) WITHOUT ROWID");
		this.#sql.exec("CREATE TABLE variant (run TEXT, name TEXT, exposures INTEGER NOT NULL DEFAULT 0, conversions INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run, name)) WITHOUT ROWID");
		this.#made = true;
	}

	#begin(run) {
		this.#sql.exec("INSERT INTO run (id) VALUES (?)", run);
		const old = this.#sql.exec("SELECT id FROM run ORDER BY number DESC LIMIT -1 OFFSET ?", RUNS).toArray();
		for (const { id } of old) for (const [table, column] of [["subject", "run"], ["variant", "run"], ["run", "id"]]) this.#sql.exec(`DELETE FROM ${table} WHERE ${column} = ?`, id);
	}
}
