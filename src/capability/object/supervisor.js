// A Durable Object of a script: the script's class runs as a facet of this one, with storage that nobody else has. Calls come in the
// order in which they were made. When other code is live, those under way come to their end, new ones wait, and then the facet
// starts with the new code and what is stored.
import { DurableObject, WorkerEntrypoint, exports } from "cloudflare:workers";
import { startedAs } from "../../telemetry/meter.js";
import { isWithin } from "../../telemetry/since.js";
import { deniedTo, inWords } from "../allowance.js";
import { namespaceNow } from "../store.js";
import { split } from "./which.js";

const FACET = "object";
// How long those under way have.
const DRAIN_MS = 10_000;
// Where the code cannot be had, the alarm comes again.
const LATER_MS = 30_000;
// How old what is known of how much is stored may be.
const USAGE_TTL_MS = 10_000;
// What SQLite of a Durable Object takes: https://developers.cloudflare.com/durable-objects/platform/limits/
const MOST_OBJECT = 10 * 1024 ** 3;

/** `supervised(object, env, ctx)` gives what runs it, as entry.rs says. It is Rust's. */
export function supervisor(supervised) {
	return class Supervisor extends DurableObject {
		#kv = this.ctx.storage.kv;
		// The key of the code that runs.
		#key = "";
		#entered = Promise.resolve();
		#underWay = new Set();
		// When it was last seen how much is stored, and how much.
		#measured = 0;
		#bytes = 0;

		fetch(request) {
			const [object, bare] = split(request);
			return this.#within(object, async (facet, over) => {
				const response = await facet.fetch(bare);
				if (response.body === null) return response;
				const { readable, writable } = through(response);
				over(response.body.pipeTo(writable).catch(nothing));
				return new Response(readable, response);
			});
		}

		/** A method of the object. */
		call(object, path, args) {
			const method = path.at(-1);
			return this.#within(object, (facet) => path.slice(0, -1).reduce(into, facet)[method](...args));
		}

		/** A property of it. */
		read(object, path) {
			return this.#within(object, (facet) => path.reduce(into, facet));
		}

		async setAlarm(at) {
			if (this.#kv.get("object") !== undefined) await this.ctx.storage.setAlarm(at);
		}

		getAlarm() {
			return this.ctx.storage.getAlarm();
		}

		deleteAlarm() {
			return this.ctx.storage.deleteAlarm();
		}

		async alarm({ retryCount, isRetry }) {
			const object = this.#kv.get("object");
			if (object === undefined) return;
			let isEntered = false;
			const ring = (facet) => {
				isEntered = true;
				return facet.fetch("https://object/", { headers: { [OP]: JSON.stringify({ op: "alarm", retryCount, isRetry }) } });
			};
			try {
				await this.#within(object, ring);
			} catch (error) {
				// What came of the object itself has the runtime try again, some times.
				if (isEntered && !(error instanceof Unread)) throw error;
				const namespace = await namespaceNow(this.env, this.ctx.id.name.split("/")[0]);
				const isRenamed = namespace !== null && namespace !== object.namespace;
				if (isRenamed) this.#kv.put("object", { ...object, namespace });
				else console.error(`The alarm of a Durable Object comes later: ${error.message}`);
				await this.ctx.storage.setAlarm(Date.now() + (isRenamed ? 0 : LATER_MS));
			}
		}

		/** All that it stores is deleted; and where its script, or its class, is gone, for good. */
		async wipe(gone) {
			this.ctx.facets.delete(FACET);
			this.#key = "";
			await this.ctx.storage.deleteAlarm();
			await this.ctx.storage.deleteAll();
			if (gone) this.#kv.put("gone", true);
		}

		/** All that it stores, a stream of lines of JSON; nothing, where it never was. */
		async exported() {
			const object = this.#kv.get("object");
			if (object === undefined) return null;
			const stored = await this.#within(object, (facet) => facet.fetch("https://object/", { headers: { [OP]: '{"op":"export"}' } }));
			return stored.body;
		}

		// Calls with the facet; `over(promise)` says that the call lasts as long as that.
		async #within(object, call) {
			const facet = await (this.#entered = this.#entered.catch(nothing).then(() => this.#enter(object)));
			let last;
			const done = (async () => {
				try {
					return await call(facet, (promise) => (last = promise));
				} catch (error) {
					throw this.#failed(error);
				}
			})();
			const until = done.then(() => last, nothing).finally(() => this.#underWay.delete(until));
			this.#underWay.add(until);
			this.#measure(object, facet, until);
			return done;
		}

		// A facet whose code could not be had stays as it is. The next call makes it anew, and asks for the code again.
		#failed(error) {
			if (error?.remote === true || !NOT_READ.test(error?.message)) return error;
			console.error(`The code of the Durable Object ${this.ctx.id.name} cannot be had: ${error.message}`);
			this.#key = "";
			this.ctx.facets.abort(FACET, error);
			return new Unread();
		}

		// Tells the index how much is stored, now and then.
		#measure(object, facet, until) {
			const every = Number(this.env.USAGE_TTL_MS ?? USAGE_TTL_MS);
			if (isWithin(Date.now() - this.#measured, every)) return;
			this.#measured = Date.now();
			const measure = async () => {
				await until;
				const bytes = await (await facet.fetch("https://object/", { headers: { [OP]: '{"op":"usage"}' } })).json();
				// It is told in the script's isolate, and is the script's word: no less than nothing, and no more than an object can have.
				if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > MOST_OBJECT || bytes === this.#bytes) return;
				await this.#index(object).sized(object.id, bytes);
				this.#bytes = bytes;
			};
			this.ctx.waitUntil(measure().catch(nothing));
		}

		#index({ id }) {
			return this.env.OBJECT_INDEXES.getByName(this.ctx.id.name.slice(0, -id.length - 1));
		}

		async #enter(object) {
			if (this.#kv.get("gone")) throw new Error("The script that this Durable Object was of is not there any more.");
			await this.#known(object);
			const found = told(await supervised({ ...object, known: this.#key }, this.env, this.ctx));
			if (found.started) startedAs(this.env, this.ctx, found.started);
			if (found.key !== this.#key) {
				if (this.#key !== "") await this.#end();
				this.#key = found.key;
			}
			return this.ctx.facets.get(FACET, async () => {
				// It ended by itself since, and starts anew.
				const { worker, name } = found.worker === undefined ? told(await supervised({ ...object, known: "" }, this.env, this.ctx)) : found;
				const { namespace, script } = object;
				const [namespace_id] = this.ctx.id.name.split("/");
				const alarms = exports.ObjectAlarm({ props: { object: this.ctx.id.name, namespace, namespace_id, script } });
				return { class: worker.getDurableObjectClass(name, { props: { alarms, id: object.id, name: object.name } }) };
			});
		}

		// It is in the index before it can store anything; and an alarm has nobody to tell whose it is.
		async #known(object) {
			const before = this.#kv.get("object");
			if (before === undefined) {
				await this.#index(object).add(object.id, object.name);
			}
			// Its namespace may have another name since; and it may be known by its id alone.
			const { name = before?.name } = object;
			if (before?.namespace !== object.namespace || before?.name !== name) this.#kv.put("object", { ...object, name });
			object.name = name;
		}

		async #end() {
			let timer;
			await Promise.race([Promise.all(this.#underWay), new Promise((resolve) => (timer = setTimeout(resolve, DRAIN_MS)))]);
			clearTimeout(timer);
			const facet = this.ctx.facets.get(FACET, () => {
				throw new Error("It has ended.");
			});
			await facet.fetch("https://object/", { headers: { [OP]: '{"op":"close"}' } }).catch(nothing);
			this.ctx.facets.abort(FACET, new Error("The code of this Durable Object was updated."));
		}
	};
}

/** The alarm of one object: a facet has none. */
export class ObjectAlarm extends WorkerEntrypoint {
	// An operation as any: one that sets the next would ring for ever.
	async set(at) {
		const why = await deniedTo(this, 1);
		if (why !== undefined) throw new Error(`Durable Object is overloaded: ${inWords(why)}.`);
		return this.#supervisor().setAlarm(at);
	}
	get() {
		return this.#supervisor().getAlarm();
	}
	remove() {
		return this.#supervisor().deleteAlarm();
	}
	#supervisor() {
		return this.env.OBJECTS.getByName(this.ctx.props.object);
	}
}

const OP = "x-dynamic-loader-op";
const into = (object, name) => object[name];

// The loader's word for it.
const NOT_READ = /^worker-loader factory: /;

class Unread extends Error {
	constructor() {
		super("The code of this Durable Object cannot be had for the moment.");
	}
}

function told(found) {
	if (typeof found === "string") throw new Error(found);
	if (found === null) throw new Unread();
	return found;
}

// Of a length that is known it stays known.
function through({ headers }) {
	const length = Number(headers.get("content-length") ?? Number.NaN);
	return Number.isNaN(length) || headers.has("content-encoding") ? new IdentityTransformStream() : new FixedLengthStream(length);
}

function nothing() {}
