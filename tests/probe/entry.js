// The probe's main module: the SDK's routes by the SDK's entry, the host's dispatch (/script/) by the host's.
import { WorkerEntrypoint } from "cloudflare:workers";
import generated, { Supervisor } from "./build/index.js";
import { entry } from "../../worker-loader/entry.js";
import { host } from "../../src/dispatch/finish.js";

export { Supervisor };

const { script, scriptFailed, loaded } = generated.prototype;
const sdk = entry(generated, { fetch: "probe" });
const dispatch = host(generated, entry, { handle: script, failed: scriptFailed, loaded, identity() {}, loaded_workers: () => 0 });

// What the loader is given, for the tests that ask with `x-spy`: the SDK's half of the API table.
const spied = [];
const shown = (value) => JSON.parse(JSON.stringify(value, (_, v) => (v instanceof ArrayBuffer ? `${v.byteLength} bytes` : v)));

function spying(loader) {
	const note = (code) => {
		const { globalOutbound, tails, ...plain } = code;
		const outbound = globalOutbound === undefined ? "absent" : globalOutbound === null ? "null" : "stub";
		spied.push({ ...shown(plain), outbound, tails: tails?.length });
		return code;
	};
	const stub = (stub) => ({
		getEntrypoint(name, options) {
			spied.push({ getEntrypoint: [name, options && shown(options)] });
			return stub.getEntrypoint(name, options);
		},
	});
	return {
		get(name, factory) {
			spied.push({ get: name });
			return stub(loader.get(name, async () => note(await factory())));
		},
		load: (code) => stub(loader.load(note(code))),
	};
}

const tails = [];
let [inside, most] = [0, 0];

export default {
	fetch(request, env, ctx) {
		const { pathname } = new URL(request.url);
		if (pathname === "/tails") return Response.json(tails);
		if (pathname === "/most-inside") return Response.json(most);
		if (pathname === "/spied") return Response.json(spied.splice(0));
		if (request.headers.has("x-spy")) env = { ...env, LOADER: spying(env.LOADER) };
		return (pathname.startsWith("/script/") ? dispatch : sdk).fetch(request, env, ctx);
	},
};

// Where a dynamic worker's fetch() comes out, if it goes through us.
export class Outbound extends WorkerEntrypoint {
	fetch(request) {
		return Response.json({ url: request.url, method: request.method, props: this.ctx.props });
	}
}

export class Api extends WorkerEntrypoint {
	whoami() {
		return this.ctx.props;
	}

	// How many callers are between `enter` and `leave` at once: the test of the gate.
	async enter() {
		most = Math.max(most, (inside += 1));
	}

	async leave() {
		inside -= 1;
	}
}

export class Tail extends WorkerEntrypoint {
	tail(events) {
		tails.push({ props: this.ctx.props, events: JSON.parse(JSON.stringify(events)) });
	}
}
