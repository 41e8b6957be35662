// Service bindings: another script as a Fetcher, with `fetch` and the methods of its entrypoint. What a script holds is a stub to
// this class, whose props say whose it is and where it leads; the script can change neither.
import { WorkerEntrypoint } from "cloudflare:workers";
import { UNTRIED } from "../telemetry/event.js";
import { startedAs } from "../telemetry/meter.js";
import { waiting } from "./waiting.js";

// Of one script, in one isolate, at once.
const MOST = 256;
const begin = waiting(MOST);

/** `served({ props, failed, thrown }, env, ctx)` gives `{ stub, serial }` of the version to call, or the text of why there is none. It is Rust's. */
export function services(served) {
	async function target(self, failed, thrown) {
		const found = await served({ props: self.ctx.props, failed, thrown }, self.env, self.ctx);
		if (typeof found === "string") throw new Error(found);
		if (found === null) throw new Error("The service cannot be reached for the moment.");
		// It has to do with no load: whoever called knows more of it than we do.
		if (found === undefined) throw thrown;
		if (found.started) startedAs(self.env, self.ctx, found.started);
		return found;
	}

	async function call(self, method, args, mayRepeat) {
		const { namespace_id, script } = self.ctx.props;
		const end = begin(`${namespace_id}/${script}`);
		if (end === undefined) throw new Error(`This script has ${MOST} calls to its services under way: more are refused. Do they call each other?`);
		try {
			const { stub, serial } = await target(self);
			try {
				// Every property of a stub is a method of the far side, `call` and `apply` too.
				return await Reflect.apply(stub[method], stub, args);
			} catch (error) {
				// What comes from inside is the service's; anything else may be that this version does not load.
				if (error?.remote === true) throw error;
				const { stub } = await target(self, serial, error);
				if (!mayRepeat) throw error;
				return await Reflect.apply(stub[method], stub, args);
			}
		} finally {
			end();
		}
	}

	class Service extends WorkerEntrypoint {
		fetch(request) {
			return call(this, "fetch", [request], request.body === null);
		}
	}
	// Any other method is the service's. Looked for are methods of the prototype, and what those do not have, here.
	const methods = (base, name, self) => {
		if (typeof name === "symbol" || name in base || name === "then" || name === UNTRIED) return Reflect.get(base, name, self);
		return function (...args) {
			return call(this, name, args, true);
		};
	};
	Object.setPrototypeOf(Service.prototype, new Proxy(WorkerEntrypoint.prototype, { get: methods }));
	return Service;
}
