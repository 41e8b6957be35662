// Which objects there are of a Durable Object class of a script: an object for each class, so that they go when it goes.
import { DurableObject } from "cloudflare:workers";
import { asked, told } from "../store.js";

const AT_ONCE = 50;
const LATER_MS = 30_000;

export class ObjectIndex extends DurableObject {
	#sql = this.ctx.storage.sql;
	#gone;

	constructor(ctx, env) {
		super(ctx, env);
		this.#sql.exec("CREATE TABLE IF NOT EXISTS object (id TEXT PRIMARY KEY, name TEXT, bytes INTEGER NOT NULL DEFAULT 0, doomed INTEGER NOT NULL DEFAULT 0)");
		this.#gone = ctx.storage.kv.get("gone") === true;
	}

	/** An object is there from now on. */
	add(id, name) {
		if (this.#gone) throw new Error("The script that this Durable Object was of is not there any more.");
		// One that is being emptied is there again.
		this.#sql.exec("INSERT INTO object (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doomed = 0", id, name ?? null);
	}

	/** What an object stores, in bytes. */
	sized(id, bytes) {
		this.#sql.exec("UPDATE object SET bytes = ? WHERE id = ?", bytes, id);
	}

	/** As of kv/store.js. */
	async fetch(request) {
		const { op } = await asked(request);
		// A name is as long as the script likes.
		if (op === "usage") return Response.json(this.#sql.exec("SELECT COUNT(*) AS keys, TOTAL(bytes + COALESCE(LENGTH(CAST(name AS BLOB)), 0)) AS bytes FROM object").one());
		if (op === "export") return this.#export();
		if (op !== "wipe" && op !== "empty") return new Response(null, { status: 404 });
		if (op === "wipe") this.ctx.storage.kv.put("gone", (this.#gone = true));
		this.#sql.exec("UPDATE object SET doomed = 1");
		await this.ctx.storage.setAlarm(Date.now());
		return Response.json(null);
	}

	#export() {
		const { readable, writable } = new TransformStream();
		const write = async () => {
			for (let after = ""; ; ) {
				const [object] = this.#sql.exec("SELECT id, name FROM object WHERE id > ? ORDER BY id LIMIT 1", after).toArray();
				if (object === undefined) return writable.close();
				after = object.id;
				const writer = writable.getWriter();
				await writer.write(new TextEncoder().encode(`${JSON.stringify(object)}\n`));
				writer.releaseLock();
				await (await this.#supervisor(after).exported())?.pipeTo(writable, { preventClose: true });
			}
		};
		this.ctx.waitUntil(write().catch((error) => writable.abort(error).catch(() => {})));
		return new Response(readable, { headers: told("application/x-ndjson") });
	}

	// The runtime gives up after some failures, and this never would be done.
	async alarm() {
		try {
			for (let ids; (ids = this.#doomed()).length > 0; ) {
				await Promise.all(ids.map((id) => this.#supervisor(id).wipe(this.#gone)));
				for (const id of ids) this.#sql.exec("DELETE FROM object WHERE id = ? AND doomed = 1", id);
			}
		} catch (error) {
			console.error(`Durable Objects are deleted later: ${error.message}`);
			await this.ctx.storage.setAlarm(Date.now() + LATER_MS);
		}
	}

	#doomed() {
		return this.#sql.exec("SELECT id FROM object WHERE doomed = 1 LIMIT ?", AT_ONCE).toArray().map(({ id }) => id);
	}

	#supervisor(id) {
		return this.env.OBJECTS.getByName(`${this.ctx.id.name}/${id}`);
	}
}
