// Which objects there are of a Durable Object class of a script: an object for each class, so that they go when it goes.
import { DurableObject } from "cloudflare:workers";

const AT_ONCE = 50;

export class ObjectIndex extends DurableObject {
	#sql = this.ctx.storage.sql;

	/** An object is there from now on. */
	add(id, name) {
		this.#sql.exec("CREATE TABLE IF NOT EXISTS object (id TEXT PRIMARY KEY, name TEXT)");
		if (this.#isGone()) throw new Error("The script that this Durable Object was of is not there any more.");
		this.#sql.exec("INSERT OR IGNORE INTO object (id, name) VALUES (?, ?)", id, name ?? null);
	}

	/** As of kv/store.js. */
	async fetch(request) {
		const { op } = await request.json();
		if (op !== "wipe") return new Response(null, { status: 404 });
		this.#sql.exec("CREATE TABLE IF NOT EXISTS gone (at INTEGER)");
		await this.ctx.storage.setAlarm(Date.now());
		return Response.json(null);
	}

	async alarm() {
		// One that throws comes again.
		this.#sql.exec("CREATE TABLE IF NOT EXISTS object (id TEXT PRIMARY KEY, name TEXT)");
		for (;;) {
			const ids = this.#sql.exec("SELECT id FROM object LIMIT ?", AT_ONCE).toArray();
			if (ids.length === 0) return;
			await Promise.all(ids.map(({ id }) => this.env.OBJECTS.getByName(`${this.ctx.id.name}/${id}`).wipe()));
			for (const { id } of ids) this.#sql.exec("DELETE FROM object WHERE id = ?", id);
		}
	}

	#isGone() {
		return this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'gone'").toArray().length > 0;
	}
}
