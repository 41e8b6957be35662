// Durable Objects: one call after the other, and what comes of each. `NS` is of Counter, `OTHER` of Plain.
import { DurableObject } from "cloudflare:workers";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Counter extends DurableObject {
	started = this.ctx.storage.get("count").then((count) => (this.count = count ?? 0));
	field = "not reached by RPC";
	async add(by = 1) {
		await this.started;
		this.count += by;
		await this.ctx.storage.put("count", this.count);
		return this.count;
	}
	get twice() {
		return this.count * 2;
	}
	get nested() {
		return { deep: { value: 5 }, call: (text) => `called ${text}` };
	}
	echo(...values) {
		return values.length === 1 ? values[0] : values;
	}
	made() {
		return { of: "an object", with: () => "a function", text: "text" };
	}
	async call(back, ...values) {
		return `told: ${await back(...values)}`;
	}
	throws(kind) {
		throw kind === "TypeError" ? new TypeError("a type") : kind === "text" ? "a text" : new Error("an error");
	}
	whoami() {
		return { name: this.ctx.id.name, length: this.ctx.id.toString().length, same: this.ctx.id.equals(this.env.NS.idFromName("who")), text: `${this.ctx.id}` === `${this.env.NS.idFromName("who")}`, class: this.constructor.name, props: this.ctx.props };
	}
	sql(query, ...values) {
		return this.ctx.storage.sql.exec(query, ...values).toArray();
	}
	async kv() {
		const { storage } = this.ctx;
		await storage.put({ b: [1, { c: new Date(0) }], a: "text", z: new Map([[1, 2]]) });
		const listed = [...(await storage.list({ limit: 2 })).entries()];
		return [listed, await storage.get(["a", "none"]), await storage.delete("a"), await storage.delete(["b", "none"]), await storage.get("z"), storage.kv.get("z")];
	}
	async transaction() {
		await this.ctx.storage.put("t", 1);
		const given = await this.ctx.storage.transaction(async (txn) => {
			await txn.put("t", 2);
			txn.rollback();
			return "rolled back";
		});
		return [given, await this.ctx.storage.get("t"), this.ctx.storage.transactionSync(() => "sync")];
	}
	async failing() {
		try {
			this.ctx.storage.transactionSync(() => {
				this.ctx.storage.kv.put("f", 1);
				throw new Error("undone");
			});
		} catch (error) {
			return [error.message, await this.ctx.storage.get("f")];
		}
	}
	async wipe() {
		const { storage } = this.ctx;
		await storage.setAlarm(Date.now() + 100_000);
		await storage.put("w", 1);
		for (const sql of [
			'CREATE TABLE "a ""b" (id INTEGER PRIMARY KEY AUTOINCREMENT)',
			"CREATE TABLE parent (id INTEGER PRIMARY KEY)",
			"CREATE TABLE child (id REFERENCES parent (id))",
			"INSERT INTO parent VALUES (1)",
			"INSERT INTO child VALUES (1)",
			"CREATE INDEX child_id ON child (id)",
			"CREATE VIEW seen AS SELECT * FROM child",
			"CREATE TRIGGER told AFTER INSERT ON child BEGIN DELETE FROM parent WHERE id = 2; END",
			"CREATE VIRTUAL TABLE words USING fts5(word)",
		]) storage.sql.exec(sql);
		await storage.deleteAll();
		const left = storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' AND name <> 'sqlite_sequence'").toArray();
		return [await storage.get("w"), await storage.getAlarm(), left];
	}
	async plan(ms, fails = 0) {
		await this.ctx.storage.put("fails", fails);
		const at = Date.now() + ms;
		await this.ctx.storage.setAlarm(at);
		return (await this.ctx.storage.getAlarm()) === at;
	}
	async planned() {
		await this.ctx.storage.setAlarm(new Date(Date.now() + 100_000));
		const one = typeof (await this.ctx.storage.getAlarm());
		await this.ctx.storage.deleteAlarm();
		return [one, await this.ctx.storage.getAlarm()];
	}
	setAlarm(time) {
		return this.ctx.storage.setAlarm(time);
	}
	async inTransaction() {
		const at = await this.ctx.storage.transaction(async (txn) => {
			await txn.setAlarm(Date.now() + 100_000);
			return txn.getAlarm();
		});
		await this.ctx.storage.deleteAlarm();
		return typeof at;
	}
	async rang() {
		return (await this.ctx.storage.get("rang")) ?? [];
	}
	async alarm(info) {
		const rang = await this.rang();
		rang.push([info.retryCount, info.isRetry, await this.ctx.storage.getAlarm()]);
		await this.ctx.storage.put("rang", rang);
		const fails = await this.ctx.storage.get("fails");
		await this.ctx.storage.put("fails", fails - 1);
		if (fails > 0) throw new Error("the alarm fails");
	}
	async fetch(request) {
		const { pathname, search } = new URL(request.url);
		if (pathname === "/throws") throw new TypeError("thrown by fetch");
		if (pathname === "/redirect") return Response.redirect("https://object/landed", 302);
		if (pathname === "/empty") return new Response(null, { status: 204 });
		if (pathname === "/json") return Response.json({ a: 1 }, { status: 201, headers: { "x-mine": "yes" } });
		if (pathname === "/long") return new Response("x".repeat(100_000));
		if (pathname === "/headers") return Response.json([...request.headers].filter(([name]) => name !== "content-length"));
		if (pathname === "/socket") {
			const [client, server] = Object.values(new WebSocketPair());
			if (search === "?hibernates") this.ctx.acceptWebSocket(server, ["one", "two"]);
			else {
				server.accept();
				server.addEventListener("message", ({ data }) => server.send(`heard ${data}`));
			}
			return new Response(null, { status: 101, webSocket: client });
		}
		return new Response(`${request.method} ${request.url} ${await request.text()}`);
	}
	webSocketMessage(socket, message) {
		if (message === "close") return socket.close(4000, "as asked");
		socket.send(`woken by ${message}, ${this.ctx.getTags(socket).join()}, ${this.ctx.getWebSockets("two").length}`);
	}
}

// As classes were before there was one to extend.
export class Plain {
	constructor(state) {
		this.state = state;
	}
	async fetch() {
		const count = ((await this.state.storage.get("count")) ?? 0) + 1;
		await this.state.storage.put("count", count);
		return new Response(`plain ${count} ${this.state.id.name}`);
	}
	hello() {
		return "hello";
	}
}

// What answers by a property.
export class Arrow extends DurableObject {
	fetch = async (request) => new Response(`arrow ${new URL(request.url).pathname}`);
}

export class Silent extends DurableObject {
	hello() {
		return "hello";
	}
	setAlarm(time) {
		return this.ctx.storage.setAlarm(time);
	}
}

const at = (name) => (env) => env.NS.getByName(name);
const c = at("c");

async function talked(env, path, ...messages) {
	const { webSocket: socket, status } = await env.NS.getByName("socket").fetch(`https://object${path}`, { headers: { upgrade: "websocket" } });
	socket.accept();
	const heard = [status];
	socket.addEventListener("message", ({ data }) => heard.push(data));
	const closed = new Promise((resolve) => socket.addEventListener("close", ({ code, reason }) => resolve([code, reason])));
	for (const message of messages) socket.send(message);
	if (messages.at(-1) === "close") heard.push(await closed);
	else while (heard.length < messages.length + 1) await wait(5);
	return heard;
}

export default [
	// Ids.
	["id: length", ({ NS }) => NS.idFromName("a").toString().length],
	["id: of a name", ({ NS }) => NS.idFromName("a").name],
	["id: the same of the same name", ({ NS }) => NS.idFromName("a").equals(NS.idFromName("a"))],
	["id: another of another name", ({ NS }) => NS.idFromName("a").equals(NS.idFromName("b"))],
	["id: another of another class", ({ NS, OTHER }) => `${NS.idFromName("a")}` === `${OTHER.idFromName("a")}`],
	["id: of an empty name", ({ NS }) => NS.idFromName("").toString().length],
	["id: of a number", ({ NS }) => NS.idFromName(5).name],
	["id: of a name of all kinds", ({ NS }) => NS.idFromName("ä€😀\0").name],
	["id: unique", ({ NS }) => NS.newUniqueId().equals(NS.newUniqueId())],
	["id: unique, name", ({ NS }) => NS.newUniqueId().name],
	["id: unique, in a jurisdiction", ({ NS }) => NS.newUniqueId({ jurisdiction: "eu" })],
	["id: jurisdiction", ({ NS }) => NS.jurisdiction("eu")],
	["id: from text", ({ NS }) => NS.idFromString(NS.idFromName("a").toString()).equals(NS.idFromName("a"))],
	["id: from text, name", ({ NS }) => NS.idFromString(NS.idFromName("a").toString()).name],
	["id: from text in capitals", ({ NS }) => NS.idFromString(NS.idFromName("a").toString().toUpperCase()).equals(NS.idFromName("a"))],
	["id: from a short text", ({ NS }) => NS.idFromString("abc")],
	["id: from no hex", ({ NS }) => NS.idFromString("g".repeat(64))],
	["id: from what is none", ({ NS }) => NS.idFromString("0".repeat(64))],
	["id: from one of another class", ({ NS, OTHER }) => NS.idFromString(OTHER.idFromName("a").toString())],
	["id: equals what is none", ({ NS }) => NS.idFromName("a").equals("a")],
	["id: keys", ({ NS }) => Object.keys(NS.idFromName("a"))],
	["id: its class", ({ NS }) => NS.idFromName("a").constructor.name],
	["get: of a text", ({ NS }) => NS.get("a")],
	["get: of nothing", ({ NS }) => NS.get()],
	["get: of another class", ({ NS, OTHER }) => NS.get(OTHER.idFromName("a"))],
	["get: its id", ({ NS }) => NS.get(NS.idFromName("a")).id.equals(NS.idFromName("a"))],
	["get: its name", ({ NS }) => NS.get(NS.idFromName("a")).name],
	["get: the name of a unique one", ({ NS }) => NS.get(NS.newUniqueId()).name],
	["get: with a hint", ({ NS }) => NS.get(NS.idFromName("a"), { locationHint: "weur" }).name],
	["get: by name", ({ NS }) => NS.getByName("a").id.equals(NS.idFromName("a"))],
	["the namespace's class", ({ NS }) => NS.constructor.name],
	// RPC.
	["rpc: once", (env) => c(env).add()],
	["rpc: again", (env) => c(env).add(5)],
	["rpc: another object", (env) => at("d")(env).add()],
	["rpc: a unique object", ({ NS }) => NS.get(NS.newUniqueId()).add(7)],
	["rpc: the same by its id", async ({ NS }) => {
		const id = NS.newUniqueId();
		await NS.get(id).add(3);
		return NS.get(NS.idFromString(id.toString())).add(4);
	}],
	["rpc: in order", async (env) => {
		const stub = at("order")(env);
		return Promise.all(Array.from({ length: 20 }, () => stub.add()));
	}],
	["rpc: a property", async (env) => c(env).twice],
	["rpc: a property of a property", async (env) => c(env).nested.deep.value],
	["rpc: a method of a property", (env) => c(env).nested.call("me")],
	["rpc: a field", async (env) => c(env).field],
	["rpc: no such method", (env) => c(env).none()],
	["rpc: no such property", async (env) => c(env).none],
	["rpc: what it may not call", (env) => c(env).alarm()],
	["rpc: a constructor", (env) => c(env).constructor()],
	["rpc: values", (env) => c(env).echo(null, undefined, 1.5, -0, "ä😀", true, 10n, new Date(0), [1, [2]], { a: { b: 1 } }, new Uint8Array([1, 2]), new Map([[1, { a: 2 }]]), new Set([1]))],
	["rpc: an error as a value", (env) => c(env).echo(new RangeError("a value"))],
	["rpc: what cannot be sent", (env) => c(env).echo(Symbol("s"))],
	["rpc: a class", (env) => c(env).echo(new (class A {})())],
	["rpc: a stream", (env) => c(env).echo(new Response("streamed").body)],
	["rpc: a request", async (env) => (await c(env).echo(new Request("https://a/b", { method: "POST", body: "c" }))).text()],
	["rpc: an object with a function", async (env) => {
		const made = await c(env).made();
		return [made.of, await made.with()];
	}],
	["rpc: pipelined", (env) => c(env).made().with()],
	["rpc: pipelined, a property", async (env) => c(env).made().text],
	["rpc: a callback", (env) => c(env).call((...values) => values.join("+"), 1, 2)],
	["rpc: a callback that throws", (env) => c(env).call(() => { throw new RangeError("back"); })],
	["rpc: an error", (env) => c(env).throws()],
	["rpc: an error of a class", (env) => c(env).throws("TypeError")],
	["rpc: a text that is thrown", (env) => c(env).throws("text")],
	["rpc: an error says that it is of the far side", async (env) => c(env).throws().catch((error) => error.remote)],
	["rpc: much", async (env) => (await c(env).echo("x".repeat(1_000_000))).length],
	["rpc: who it is", ({ NS }) => NS.getByName("who").whoami()],
	["rpc: who it is, by its id", ({ NS }) => NS.get(NS.idFromString(NS.idFromName("who").toString())).whoami().then(({ same, text }) => [same, text])],
	["rpc: of a plain class", ({ OTHER }) => OTHER.getByName("a").hello()],
	// Storage.
	["storage: SQL", async (env) => {
		const stub = at("sql")(env);
		await stub.sql("CREATE TABLE t (a INTEGER PRIMARY KEY, b)");
		await stub.sql("INSERT INTO t (b) VALUES (?), (?)", "one", 2);
		return stub.sql("SELECT * FROM t");
	}],
	["storage: SQL that is wrong", (env) => at("sql")(env).sql("SELECT")],
	["storage: SQL of another", (env) => at("sql2")(env).sql("SELECT * FROM t")],
	["storage: keys", (env) => at("kv")(env).kv()],
	["storage: a transaction", (env) => at("kv")(env).transaction()],
	["storage: a transaction that fails", (env) => at("kv")(env).failing()],
	["storage: all gone", (env) => at("kv")(env).wipe()],
	// Alarms.
	["alarm: planned, and not", (env) => at("plan")(env).planned()],
	["alarm: in a transaction", (env) => at("plan")(env).inTransaction()],
	["alarm: of long ago", (env) => at("plan")(env).setAlarm(-1)],
	["alarm: at no time", (env) => at("plan")(env).setAlarm("soon")],
	["alarm: of a class that has none", ({ SILENT }) => SILENT.getByName("a").setAlarm(Date.now() + 1000)],
	["alarm: rings", async (env) => {
		const stub = at("rings")(env);
		const told = [await stub.plan(50)];
		while (told.length < 2) {
			await wait(20);
			const rang = await stub.rang();
			if (rang.length > 0) told.push(rang);
		}
		return told;
	}],
	["alarm: rings again where it fails", async (env) => {
		const stub = at("fails")(env);
		await stub.plan(10, 1);
		for (;;) {
			await wait(50);
			const rang = await stub.rang();
			if (rang.length > 1) return rang;
		}
	}],
	// Fetch.
	["fetch: a URL", async (env) => c(env).fetch("https://object/a?b")],
	["fetch: a request", async (env) => c(env).fetch(new Request("https://object/a", { method: "PUT", body: "body" }))],
	["fetch: with an init", async (env) => c(env).fetch("https://object/a", { method: "POST", body: new Response("streamed").body })],
	["fetch: no URL", async (env) => c(env).fetch("a")],
	["fetch: headers", async (env) => c(env).fetch("https://object/headers", { headers: { "x-a": "b" } })],
	["fetch: no headers of ours", async (env) => c(env).fetch("https://object/headers", { headers: { "x-dynamic-loader-op": '{"op":"alarm"}', "x-dynamic-loader-object": "{}" } }).then(async (answer) => (await answer.json()).filter(([name]) => !name.startsWith("x-dynamic-loader")))],
	["fetch: JSON", async (env) => {
		const answer = await c(env).fetch("https://object/json");
		return [answer.status, answer.headers.get("x-mine"), await answer.json()];
	}],
	["fetch: empty", async (env) => (await c(env).fetch("https://object/empty")).body],
	["fetch: long", async (env) => {
		const answer = await c(env).fetch("https://object/long");
		return [answer.headers.get("content-length"), (await answer.text()).length];
	}],
	["fetch: a redirect", async (env) => c(env).fetch("https://object/redirect")],
	["fetch: a redirect that is not followed", async (env) => (await c(env).fetch("https://object/redirect", { redirect: "manual" })).headers.get("location")],
	["fetch: throws", async (env) => c(env).fetch("https://object/throws")],
	["fetch: of a plain class", async ({ OTHER }) => OTHER.getByName("a").fetch("https://object/")],
	["fetch: of a plain class, again", async ({ OTHER }) => OTHER.getByName("a").fetch("https://object/")],
	["fetch: of a class that answers by a property", async ({ ARROW }) => ARROW.getByName("a").fetch("https://object/path")],
	["fetch: of a class that has none", async ({ SILENT }) => SILENT.getByName("a").fetch("https://object/")],
	["fetch: a WebSocket", (env) => talked(env, "/socket", "a", "b")],
	["fetch: a WebSocket that hibernates", (env) => talked(env, "/socket?hibernates", "a", "b")],
	["fetch: a WebSocket that the object closes", (env) => talked(env, "/socket?hibernates", "a", "close")],
];
