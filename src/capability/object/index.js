// Which objects there are of a Durable Object class of a script: an object for each class, so that they go when it goes.
import { DurableObject } from "cloudflare:workers";
import { asked, lines } from "../store.js";

const AT_ONCE = 50;

export class ObjectIndex extends DurableObject {
	#sql = this.ctx.storage.sql;
	#gone;

	constructor(ctx, env) {
		super(ctx, env);
		this.#sql.exec("CREATE TABLE IF NOT EXISTS object (id TEXT PRIMARY KEY, name TEXT, bytes INTEGER NOT NULL DEFAULT 0)");
		this.#gone = ctx.storage.kv.get("gone") === true;
	}

	/** An object is there from now on. */
	add(id, name) {
		if (this.#gone) throw new Error("The script that this Durable Object was of is not there any more.");
		this.#sql.exec("INSERT OR IGNORE INTO object (id, name) VALUES (?, ?)", id, name ?? null);
	}

	/** What an object stores, in bytes. */
	sized(id, bytes) {
		this.#sql.exec("UPDATE object SET bytes = ? WHERE id = ?", bytes, id);
	}

	/** As of kv/store.js. */
	async fetch(request) {
		const { op } = await asked(request);
		if (op === "usage") return Response.json(this.#sql.exec("SELECT COUNT(*) AS keys, TOTAL(bytes) AS bytes FROM object").one());
		if (op === "export") return lines(this.#all(), "application/x-ndjson", (line) => line);
		if (op !== "wipe" && op !== "empty") return new Response(null, { status: 404 });
		if (op === "wipe") this.ctx.storage.kv.put("gone", (this.#gone = true));
		await this.ctx.storage.setAlarm(Date.now());
		return Response.json(null);
	}

	async *#all() {
		for (let after = ""; ; ) {
			const [object] = this.#sql.exec("SELECT id, name FROM object WHERE id > ? ORDER BY id LIMIT 1", after).toArray();
			if (object === undefined) return;
			after = object.id;
			const stored = await this.#supervisor(after).exported();
			yield [JSON.stringify(object), ...(stored === "" ? [] : [stored])].join("\n");
		}
	}

	// One that throws comes again.
	async alarm() {
		for (;;) {
			const ids = this.#sql.exec("SELECT id FROM object LIMIT ?", AT_ONCE).toArray();
			if (ids.length === 0) return;
			await Promise.all(ids.map(({ id }) => this.#supervisor(id).wipe(this.#gone)));
			for (const { id } of ids) this.#sql.exec("DELETE FROM object WHERE id = ?", id);
		}
	}

	#supervisor(id) {
		return this.env.OBJECTS.getByName(`${this.ctx.id.name}/${id}`);
	}
}
