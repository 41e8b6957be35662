// Live tails: who listens to what a script writes, over a WebSocket, in the form of `wrangler tail`.

import { saidIn } from "./event.js";
import { FAILED } from "./events.js";
import { Refusal } from "./refusal.js";

const HOUR_MS = 3_600_000;
const PROTOCOL = "trace-v1";
const MOST = 10;
const MOST_FILTERS = 4096;
const NOT_FOUND = 10_007;

export class Tails {
	#sql;
	#ctx;

	constructor(sql, ctx) {
		this.#sql = sql;
		this.#ctx = ctx;
		sql.exec("CREATE TABLE IF NOT EXISTS tail (id TEXT PRIMARY KEY, script TEXT NOT NULL, filters TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID");
	}

	/** Begins one: `{ id, expires_at }`. Whoever knows the id may listen, until it expires. `script` is empty for all of the namespace. */
	begin(now, { script, body }) {
		this.forget(now);
		const checked = filtersOf(askedIn(body ?? {}));
		const { n } = this.#sql.exec("SELECT COUNT(*) AS n FROM tail WHERE script = ?", script ?? "").one();
		if (n >= MOST) throw new Refusal(`There are ${MOST} tails of it already: end one of them, or wait until it expires.`, 429);
		const id = crypto.randomUUID();
		this.#sql.exec("INSERT INTO tail (id, script, filters, expires) VALUES (?, ?, ?, ?)", id, script ?? "", JSON.stringify(checked), now + HOUR_MS);
		return { id, expires_at: new Date(now + HOUR_MS).toISOString() };
	}

	list(now, script) {
		this.forget(now);
		const rows = this.#sql.exec("SELECT id, expires FROM tail WHERE script = ?", script ?? "").toArray();
		return rows.map(({ id, expires }) => ({ id, expires_at: new Date(expires).toISOString() }));
	}

	end(script, id) {
		const [known] = this.#sql.exec("SELECT id FROM tail WHERE script = ? AND id = ?", script ?? "", id).toArray();
		if (known === undefined) throw new Refusal(`There is no tail ${id}.`, 404, NOT_FOUND);
		this.#sql.exec("DELETE FROM tail WHERE id = ?", id);
		for (const socket of this.#ctx.getWebSockets(id)) socket.close(1000, "The tail was ended.");
		return null;
	}

	connect(request) {
		const id = new URL(request.url).pathname.split("/").at(-1);
		const [tail] = this.#sql.exec("SELECT script, filters, expires FROM tail WHERE id = ? AND expires > ?", id, Date.now()).toArray();
		if (tail === undefined) return Response.json({ errors: [{ code: NOT_FOUND, message: "There is no such tail, or it has expired." }] }, { status: 404 });
		const { 0: client, 1: server } = new WebSocketPair();
		this.#ctx.acceptWebSocket(server, [id]);
		server.serializeAttachment({ script: tail.script, filters: JSON.parse(tail.filters), expires: tail.expires });
		const offers = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
		const headers = offers.includes(PROTOCOL) ? { "sec-websocket-protocol": PROTOCOL } : {};
		return new Response(null, { status: 101, webSocket: client, headers });
	}

	// Who listens may choose again: `{ "filters": [...] }`. What else there is (wrangler says `{ "debug": false }`) means nothing here.
	heard(socket, message) {
		try {
			const { filters } = JSON.parse(message);
			if (filters !== undefined) socket.serializeAttachment({ ...socket.deserializeAttachment(), filters: filtersOf(filters) });
		} catch (error) {
			socket.send(JSON.stringify({ error: error instanceof Refusal ? error.message : "A message has to be JSON." }));
		}
	}

	closed(socket) {
		const [id] = this.#ctx.getTags(socket);
		// The last one has gone.
		if (this.#ctx.getWebSockets(id).filter((other) => other !== socket).length === 0) this.#sql.exec("DELETE FROM tail WHERE id = ?", id);
	}

	send(now, events, dropped) {
		for (const socket of this.#ctx.getWebSockets()) {
			// One that is closing is still among them.
			if (socket.readyState !== WebSocket.OPEN) continue;
			const { script, filters, expires } = socket.deserializeAttachment();
			if (expires <= now) {
				socket.close(1000, "The tail has expired.");
				continue;
			}
			for (const event of events) {
				if ((script === "" || event.scriptName === script) && passes(event, filters)) socket.send(JSON.stringify(event));
			}
			if (dropped > 0) socket.send(JSON.stringify(overload(now, dropped)));
		}
	}

	forget(now) {
		this.#sql.exec("DELETE FROM tail WHERE expires <= ?", now);
	}
}

// As wrangler shows it.
const overload = (now, dropped) => ({
	outcome: "unknown",
	scriptName: null,
	exceptions: [],
	logs: [],
	eventTimestamp: now,
	event: { type: "overload", message: `${dropped} events were too many within a second, and are not told.` },
});

// Passed over, a slip of the pen would be a tail of all that there is.
function askedIn(body) {
	const { filters, ...others } = Object(body);
	if (Array.isArray(body) || typeof body !== "object" || Object.keys(others).length > 0) throw new Refusal("The body has to be an object with filters, and nothing else.");
	return filters ?? [];
}

/** Filters as Cloudflare's clients send them, checked. */
export function filtersOf(filters) {
	if (!Array.isArray(filters) || filters.length > 20) throw new Refusal("filters has to be a list of at most 20.");
	// They are kept with the WebSocket, which takes 16 KiB.
	if (JSON.stringify(filters).length > MOST_FILTERS) throw new Refusal(`filters is over ${MOST_FILTERS} characters as JSON.`);
	for (const filter of filters) {
		const names = typeof filter === "object" && filter !== null ? Object.keys(filter) : [];
		if (names.length !== 1 || !Object.hasOwn(FILTERS, names[0])) throw new Refusal(`A filter has to be an object with one field, of ${Object.keys(FILTERS).join(", ")}.`);
		const [name] = names;
		if (!FILTERS[name].fits(filter[name])) throw new Refusal(`The filter ${name} has to be ${FILTERS[name].form}.`);
	}
	return filters;
}

/** Whether an event is for whoever has these filters: it passes all of them. */
export const passes = (event, filters, chance = Math.random) =>
	filters.every((filter) => Object.entries(filter).every(([name, wanted]) => FILTERS[name].passes(event, wanted, chance)));

const texts = (value) => Array.isArray(value) && value.length <= 20 && value.every((one) => typeof one === "string");
const LIST = "a list of texts";

const FILTERS = {
	sampling_rate: { fits: (rate) => typeof rate === "number" && rate >= 0 && rate <= 1, form: "a number from 0 to 1", passes: (event, rate, chance) => chance() < rate },
	outcome: { fits: texts, form: LIST, passes: ({ outcome }, wanted) => wanted.includes(outcome) || (wanted.includes("error") && FAILED.includes(outcome)) },
	method: { fits: texts, form: LIST, passes: ({ event }, wanted) => wanted.some((method) => method.toUpperCase() === event?.request?.method) },
	header: {
		fits: (header) => typeof header?.key === "string" && ["string", "undefined"].includes(typeof header.query),
		form: 'an object {"key", "query"}',
		passes: ({ event }, { key, query }) => {
			const value = event?.request?.headers?.[key.toLowerCase()];
			return value !== undefined && (query === undefined || value.includes(query));
		},
	},
	client_ip: { fits: texts, form: LIST, passes: ({ clientIp }, wanted) => wanted.includes(clientIp) },
	query: {
		fits: (query) => typeof query === "string",
		form: "a text",
		passes: (event, query) => saidIn(event).includes(query.toLowerCase()),
	},
	scriptVersion: { fits: texts, form: LIST, passes: ({ scriptVersion }, wanted) => wanted.includes(scriptVersion.id) },
};
