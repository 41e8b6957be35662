// The main module of the example outbound.rs.
import { WorkerEntrypoint } from "cloudflare:workers";
import generated from "./build/index.js";
import { entry } from "./entry.js";

export default entry(generated);

// Where the dynamic worker's fetch() comes out. The props can be trusted: only our Rust code makes them.
export class Outbound extends WorkerEntrypoint {
	fetch(request) {
		const { protocol, hostname } = new URL(request.url);
		if (protocol !== "https:" || !this.ctx.props.allow.includes(hostname)) {
			return new Response(`${hostname} is not allowed.\n`, { status: 403 });
		}
		// Not followed here: the dynamic worker follows, and comes past here again.
		return fetch(request, { redirect: "manual" });
	}
}

// What the dynamic worker logs and throws, after each of its calls.
export class Tail extends WorkerEntrypoint {
	tail(events) {
		for (const { outcome, logs, exceptions } of events) {
			console.log(JSON.stringify({ tenant: this.ctx.props.tenant, outcome, logs, exceptions }));
		}
	}
}
