// A Durable Object class of a script, as it is run below our supervisor (supervisor.js): a facet, which has storage of its own, but
// neither an alarm nor its own id. Both are the supervisor's, and what the class sees of them is as if they were its own.
import { DurableObjectId } from "./object.js";
import { dropAll, dump } from "./tables.js";

const OP = "x-dynamic-loader-op";
// Before the script is there, which may change it.
const { defineProperty } = Object;

// What the objects of this isolate have accepted, to close it when other code takes their place. The runtime lets an object close
// its own alone.
const accepted = new Set();
const { accept } = WebSocket.prototype;
WebSocket.prototype.accept = function (...options) {
	accepted.add(this);
	for (const end of ["close", "error"]) this.addEventListener(end, () => accepted.delete(this));
	return accept.apply(this, options);
};

/** `alarmGoes`: whether what deletes all that is stored deletes the alarm. */
export function supervised(Class, alarmGoes) {
	class Supervised extends Class {
		constructor(ctx, env) {
			let made;
			own(ctx, alarmGoes, () => typeof (made ?? Class.prototype).alarm === "function");
			super(ctx, env);
			made = this;
			const answer = this.fetch;
			hide(this, "fetch", (request) => {
				const op = request.headers.get(OP);
				if (op !== null) return perform(this, ctx, JSON.parse(op));
				if (typeof answer !== "function") throw new Error("Handler does not export a fetch() function.");
				return answer.call(this, request);
			});
		}
	}
	hide(Supervised, "name", Class.name);
	return Supervised;
}

function own(ctx, alarmGoes, hasAlarm) {
	const { alarms, id, name } = ctx.props;
	hide(ctx, "id", new DurableObjectId(id, name));
	hide(ctx, "props", {});
	// What a facet of it stored nobody would count, and no export would have.
	hide(ctx, "facets", undefined);
	const { storage } = ctx;
	const { transaction } = storage;
	// One after the other, as they were called, whether somebody waits for them or not.
	let last = Promise.resolve();
	const inTurn = (work) => (last = last.then(work, work));
	const alarm = {
		async setAlarm(time) {
			const at = Number(time);
			if (Number.isNaN(at)) throw new TypeError("Failed to execute 'setAlarm' on 'DurableObjectStorage': parameter 1 is not of type 'date'.");
			if (at <= 0) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
			if (!hasAlarm()) throw new TypeError("Your Durable Object class must have an alarm() handler in order to call setAlarm()");
			await inTurn(() => alarms.set(at));
		},
		getAlarm: () => inTurn(() => alarms.get()),
		deleteAlarm: () => inTurn(() => alarms.remove()),
		async deleteAll() {
			if (alarmGoes) await inTurn(() => alarms.remove());
			empty(storage);
		},
	};
	const give = (to) => Object.entries(alarm).forEach(([name, method]) => hide(to, name, method));
	give(storage);
	hide(storage, "transaction", (closure) => transaction.call(storage, (within) => {
		const { deleteAll } = within;
		give(within);
		hide(within, "deleteAll", deleteAll);
		return closure(within);
	}));
}

// The runtime's own way leads outside of a facet.
function empty(storage) {
	storage.transactionSync(() => {
		dropAll(storage.sql);
		for (const [key] of [...storage.kv.list()]) storage.kv.delete(key);
	});
}

// All that is stored, as lines of JSON.
function* stored({ kv, sql }) {
	for (const [key, value] of kv.list()) yield { key, value };
	for (const statement of dump(sql)) yield { sql: statement };
}

function streamed(all) {
	const encoder = new TextEncoder();
	return new ReadableStream({
		pull(to) {
			const { done, value } = all.next();
			if (done) to.close();
			else to.enqueue(encoder.encode(`${shown(value)}\n`));
		},
	});
}

// What JSON has not, by its name.
const shown = (line) => JSON.stringify(line, function (name, value) {
	const own = this[name];
	if (own instanceof Date) return { $date: own.getTime() };
	if (own instanceof Map) return { $map: [...own] };
	if (own instanceof Set) return { $set: [...own] };
	if (typeof own === "bigint") return { $bigint: `${own}` };
	if (own instanceof ArrayBuffer || ArrayBuffer.isView(own)) return { $bytes: [...new Uint8Array(own.buffer ?? own, own.byteOffset ?? 0, own.byteLength)] };
	return value;
});

async function perform(object, ctx, { op, ...asked }) {
	if (op === "alarm") await object.alarm?.(asked);
	if (op === "close") {
		for (const socket of [...accepted, ...ctx.getWebSockets()]) {
			try {
				socket.close(1012, "The code of this Durable Object was updated.");
			} catch {
				// Another object's, or closed already.
			}
		}
	}
	if (op === "usage") return Response.json(ctx.storage.sql.databaseSize);
	if (op === "export") return new Response(streamed(stored(ctx.storage)));
	return new Response(null, { status: 204 });
}

function hide(on, name, value) {
	defineProperty(on, name, { value, configurable: true, writable: true });
}
