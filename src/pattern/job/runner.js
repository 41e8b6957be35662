// Runs an item of a job in a worker that is made for it. An entrypoint of its own, called by loopback: each call is a request of
// its own to the runtime, which lets a request have four dynamic workers at once, and a Durable Object ten.
import { WorkerEntrypoint } from "cloudflare:workers";
import { count } from "../../telemetry/meter.js";

// A Durable Object keeps a row of at most two megabytes.
const MOST_BYTES = 1 << 20;
const DATE = "2026-07-01";
// The most that Cloudflare gives a request.
const MOST_CPU_MS = 300_000;

/** `scripted({ script }, env, ctx)` gives a worker anew of what is live of a script of the namespace `job`. It is Rust's. */
export function runner(scripted) {
	return class Runner extends WorkerEntrypoint {
		/** `{ outcome: "ok", value }`, "threw", "timed_out" or "never_ran" with an `error`; `again` where that may pass. */
		async run(job, method, args) {
			const began = Date.now();
			const outcome = await this.#outcome(job, method, args);
			return { ...outcome, ms: Date.now() - began };
		}

		/** Why a script cannot be run, if it cannot: `{ status, code, message }`. */
		async problem(script) {
			return problemOf(await scripted({ script }, this.env, this.ctx));
		}

		async #outcome(job, method, args) {
			let worker;
			try {
				worker = await this.#worker(job);
			} catch (error) {
				return { outcome: "never_ran", error: told(error), again: true };
			}
			const late = Symbol("late");
			let timer;
			try {
				// An item that does not wait but computes is ended by the runtime, where that can.
				const entrypoint = worker.getEntrypoint(undefined, { limits: { cpuMs: Math.min(job.deadline_ms, MOST_CPU_MS) } });
				const answer = entrypoint[method](...args);
				const value = await Promise.race([answer, new Promise((resolve) => (timer = setTimeout(resolve, job.deadline_ms, late)))]);
				if (value === late) {
					answer.catch?.(() => {});
					return tooLong(job);
				}
				return kept(value);
			} catch (error) {
				if (/exceeded (?:its )?CPU/.test(error?.message)) return tooLong(job);
				// What comes from the far side says so: it ran.
				if (error?.remote === true) return { outcome: "threw", error: told(error) };
				return { outcome: "never_ran", error: told(error), again: /concurrent|cancell?ed|overloaded|internal error/i.test(error?.message) };
			} finally {
				clearTimeout(timer);
			}
		}

		async #worker({ code, main, script }) {
			if (script === null) {
				count(this.env, this.ctx, OWN, "", { loads: 1 });
				const modules = { "main.js": main, "job.js": code };
				return this.env.LOADER.load({ compatibilityDate: DATE, mainModule: "main.js", modules, env: {}, globalOutbound: null });
			}
			const found = await scripted({ script }, this.env, this.ctx);
			const problem = problemOf(found);
			if (problem) throw new Error(problem.message);
			count(this.env, this.ctx, found.owner, found.version, { loads: 1 });
			return found.worker;
		}
	};
}

// Whose the code is that came with a job.
const OWN = { namespace: "builtin", namespace_id: "builtin", script: "job" };
const tooLong = ({ deadline_ms: ms }) => ({ outcome: "timed_out", error: { message: `It took longer than ${ms} ms.` } });

// What it gave, as it can be kept: as JSON.
function kept(value) {
	let text;
	try {
		text = JSON.stringify(value ?? null) ?? "null";
	} catch (error) {
		return { outcome: "threw", error: told(error) };
	}
	if (text.length <= MOST_BYTES) return { outcome: "ok", value: JSON.parse(text) };
	return { outcome: "threw", error: { name: "RangeError", message: `What it gives is ${text.length} characters of JSON: ${MOST_BYTES} are the most.` } };
}

// Rust gives a stub, or the text of an error.
function problemOf(found) {
	return typeof found === "string" ? JSON.parse(found) : found === null ? { status: 503, code: "storage_unavailable", message: "The script cannot be read for the moment." } : null;
}

function told(error) {
	const message = String(error?.message ?? error).slice(0, 2000);
	return typeof error?.name === "string" ? { name: error.name.slice(0, 100), message } : { message };
}
