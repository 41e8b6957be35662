// What the stubs to a script's Durable Objects lead to, as kv/kv.js: each call goes to the supervisor of the object that it names.
import { WorkerEntrypoint } from "cloudflare:workers";
import { UNTRIED } from "../../telemetry/event.js";
import { deniedTo, inWords } from "../allowance.js";
import { nameOf } from "../store.js";
import { waiting } from "../waiting.js";
import { WHICH, about } from "./which.js";

// Of one script, in one isolate, at once.
const MOST = 1000;
const begin = waiting(MOST);
// What is a method of any stub, and of no object; and what no tail tells of.
const NO_METHOD = new Set(["fetch", "connect", "queue", "scheduled", "dup", UNTRIED]);
// What a stub, or a property of one, has here and not on the far side: a path over it would lead to what is built in of this Worker, and
// what a script does to that it does to all that run here.
const LOCAL = new Set([...Object.getOwnPropertyNames(Object.prototype), "then", "catch", "finally"]);

export class Objects extends WorkerEntrypoint {
	fetch(request) {
		const which = read(request.headers.get(WHICH));
		return this.#counted(async () => {
			const sent = new Request(request);
			sent.headers.set(WHICH, about({ ...this.#class(), ...which }));
			return this.#supervisor(which).fetch(sent);
		});
	}

	call(which, path, args) {
		if (!isPath(path) || !Array.isArray(args)) throw new TypeError("That is no call.");
		return this.#counted(() => this.#supervisor(checked(which)).call({ ...this.#class(), ...checked(which) }, path, args));
	}

	read(which, path) {
		if (!isPath(path)) throw new TypeError("That is no property.");
		return this.#counted(() => this.#supervisor(checked(which)).read({ ...this.#class(), ...checked(which) }, path));
	}

	#supervisor({ id }) {
		return this.env.OBJECTS.getByName(`${nameOf(this, "object")}/${id}`);
	}

	#class() {
		const { namespace, script, incarnation, id } = this.ctx.props;
		return { namespace, script, incarnation, class: id };
	}

	async #counted(call) {
		const why = await deniedTo(this, 1, true);
		if (why !== undefined) throw Object.assign(new Error(`Durable Object is overloaded: ${inWords(why)}.`), { overloaded: true });
		const { namespace_id, script } = this.ctx.props;
		const end = begin(`${namespace_id}/${script}`);
		if (end === undefined) throw new Error(`This script has ${MOST} calls to its Durable Objects under way: more are refused. Do they call each other?`);
		try {
			return await call();
		} finally {
			end();
		}
	}
}

const isPath = (path) => Array.isArray(path) && path.length > 0 && path.every((name) => typeof name === "string" && !LOCAL.has(name)) && !NO_METHOD.has(path[0]);

function checked(which) {
	const { id, name } = which ?? {};
	if (typeof id !== "string" || !/^[0-9a-f]{64}$/.test(id) || !(name === undefined || typeof name === "string")) throw new TypeError("That is no Durable Object.");
	return { id, name };
}

function read(header) {
	let which;
	try {
		which = JSON.parse(decodeURIComponent(header));
	} catch {
		// Told below.
	}
	return checked(which);
}
