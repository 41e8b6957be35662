import { DurableObject } from "cloudflare:workers";

// Counts its requests, in its own SQLite database.
export class App extends DurableObject {
	constructor(ctx, env) {
		super(ctx, env);
		ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)");
	}

	fetch() {
		const count = "INSERT INTO counter VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET value = value + 1 RETURNING value";
		return Response.json(this.ctx.storage.sql.exec(count).one());
	}
}
