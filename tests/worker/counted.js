// A main module in front of the Worker's own that counts what Cloudflare bills: calls of Durable Objects by their class and
// operation, the rows that those read and write, operations of R2, and workers that are loaded. It looks at what the platform
// gives, and replaces nothing of the Worker.
//
// GET /counts tells what was counted; POST /register makes scripts like one that was uploaded, by the operations of an upload
// without its check.
import worker, * as all from "./entry.js";

export * from "./entry.js";

const counts = {};
const add = (name, number = 1) => (counts[name] = (counts[name] ?? 0) + number);
// What the last upload of a script asked of its object, by the script's name and the operation.
const asked = {};

// Once for what all of a kind share.
const seen = new WeakSet();
function patched(object, methods) {
	const prototype = Object.getPrototypeOf(object);
	if (seen.has(prototype)) return;
	seen.add(prototype);
	for (const [name, around] of Object.entries(methods)) {
		const original = prototype[name];
		prototype[name] = function (...args) {
			return around.call(this, (...given) => Reflect.apply(original, this, given), ...args);
		};
	}
}

const classes = new WeakMap();
// What a cursor has read is known when it is at its end.
const cursors = [];

function settled() {
	for (const [name, cursor] of cursors.splice(0)) {
		add("rows.read", cursor.rowsRead);
		add("rows.written", cursor.rowsWritten);
		add(`${name}.rows.read`, cursor.rowsRead);
		add(`${name}.rows.written`, cursor.rowsWritten);
	}
}

function watchStorage(name, storage) {
	classes.set(storage.sql, name);
	patched(storage.sql, {
		exec(original, ...args) {
			const cursor = original(...args);
			cursors.push([classes.get(this), cursor]);
			if (cursors.length === 1) queueMicrotask(settled);
			return cursor;
		},
	});
	patched(storage, {
		setAlarm(original, ...args) {
			add("rows.written");
			add("alarms.set");
			return original(...args);
		},
	});
}

const counted = (name) => class extends all[name] {
	constructor(ctx, env) {
		super(ctx, env);
		watchStorage(name, ctx.storage);
	}
	async fetch(request) {
		let op = new URL(request.url).pathname;
		if (request.method === "POST") {
			const body = await request.clone().text().then(JSON.parse).catch(() => ({}));
			op = body.op ?? op;
			if (name === "Script" && (op === "begin" || op === "upload")) (asked[body.script] ??= {})[op] = body;
		}
		add("objects");
		add(`${name}.${op}`);
		return super.fetch(request);
	}
	alarm(...given) {
		add("objects");
		add(`${name}.alarm`);
		return super.alarm?.(...given);
	}
};

export const Script = counted("Script");
export const Namespace = counted("Namespace");
export const Directory = counted("Directory");
export const Telemetry = counted("Telemetry");
export const Pulse = counted("Pulse");
export const Limiter = counted("Limiter");

const CLASS_A = ["put", "list"];
const CLASS_B = ["get", "head"];

function watch(env) {
	const operation = (kind, name) => (original, ...args) => {
		add(kind);
		add(`r2.${name}`);
		return original(...args);
	};
	patched(env.BUNDLES, Object.fromEntries([
		...CLASS_A.map((name) => [name, operation("r2.class_a", name)]),
		...CLASS_B.map((name) => [name, operation("r2.class_b", name)]),
	]));
	patched(env.LOADER, {
		get(original, key, factory) {
			return original(key, (...given) => {
				add("workers");
				return factory(...given);
			});
		},
		load(original, code) {
			add("workers");
			return original(code);
		},
	});
}

const ask = async (objects, name, operation) => {
	const answer = await objects.getByName(name).fetch("https://object/", { method: "POST", body: JSON.stringify(operation) });
	if (!answer.ok) throw new Error(`${operation.op} of ${name}: ${answer.status} ${await answer.text()}`);
	return answer.json();
};

// `count` scripts from `from` on, which are called s0, s1 and so on, like `like`, which was uploaded. Gives the versions' ids by
// script.
async function register(env, { namespaceId, like, from, count, atOnce }) {
	const { begin, upload } = asked[like];
	const [key] = begin.objects;
	const bundle = await (await env.BUNDLES.get(key)).arrayBuffer();
	const versions = {};
	let next = from;
	const lane = async () => {
		while (next < from + count) {
			const script = `s${next++}`;
			const objects = begin.objects.map((object) => object.replace(`/${like}/`, `/${script}/`));
			const name = `${namespaceId}/${script}`;
			const { missing } = await ask(env.SCRIPTS, name, { ...begin, script, objects });
			for (const key of missing) await env.BUNDLES.put(key, bundle);
			const { version } = await ask(env.SCRIPTS, name, { ...upload, script, objects });
			versions[script] = version.id;
		}
	};
	await Promise.all(Array.from({ length: atOnce }, lane));
	return versions;
}

export default {
	...worker,
	async fetch(request, env, ctx) {
		const { pathname } = new URL(request.url);
		if (pathname === "/counts") {
			settled();
			return Response.json(counts);
		}
		if (pathname === "/register") return Response.json(await register(env, await request.json()));
		watch(env);
		add("requests");
		return worker.fetch(request, env, ctx);
	},
};
