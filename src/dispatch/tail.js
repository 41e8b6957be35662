// The logs and exceptions of scripts: a line of JSON each, where the operator's own logs are.
import { WorkerEntrypoint } from "cloudflare:workers";

// Asked by the loader whether a worker has loaded: no call of anybody's.
const UNTRIED = "__workerLoaderLoads";

export class Tail extends WorkerEntrypoint {
	tail(events) {
		for (const event of events) {
			const line = told(event);
			if (line) console.log(JSON.stringify({ ...this.ctx.props, ...line }));
		}
	}
}

// What there is to tell of a call, or nothing: of the request no headers, as they hold what is the visitor's.
export function told({ event, outcome, logs, exceptions }) {
	if (event?.rpcMethod === UNTRIED || (outcome === "ok" && logs.length === 0 && exceptions.length === 0)) return undefined;
	const call = event?.request
		? { method: event.request.method, url: event.request.url, status: event.response?.status }
		: { rpc: event?.rpcMethod };
	return {
		...call,
		outcome,
		logs: logs.map(({ level, message, timestamp }) => ({ level, message, timestamp })),
		exceptions: exceptions.map(({ name, message, stack, timestamp }) => ({ name, message, stack, timestamp })),
	};
}
