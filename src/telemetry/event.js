// What the runtime tells of a call of a dynamic worker, in the form that Cloudflare's own tails have, which `wrangler tail` reads; and
// beside it the request's id, the namespace, and what was made of exceptions.

export const REQUEST_ID = "x-worker-request-id";

/** What the loader calls to see whether a worker has loaded (the SDK's call.js). No tail tells of it: so nobody else may call it. */
export const UNTRIED = "__workerLoaderLoads";

// Of one call; a script can write for as long as it runs.
const MOST_LINES = 256;
const MOST_TEXT = 16 * 1024;
const MOST_IN_ALL = 64 * 1024;
const MOST_EXCEPTIONS = 16;
// What is nested deeper than any stack cannot be written as JSON again, and nor can whatever it is sent along with.
const MOST_LEVELS = 64;

/** An event of a tail as it is kept and sent on. `owner` has `namespace`, `script` and `version`; `masked` puts something in a secret's place. */
export function eventOf(item, { namespace, script, version }, masked) {
	const { event, outcome, logs, exceptions, eventTimestamp } = item;
	const headers = { ...event?.request?.headers };
	let left = MOST_IN_ALL;
	const cut = (value) => {
		const part = short(value, Math.min(MOST_TEXT, left));
		left = Math.max(0, left - part.length);
		return part;
	};
	// First masked, then cut: or the begin of a secret would be left.
	const text = (value) => cut(masked(String(value)));
	const told = {
		wallTime: item.wallTime ?? 0,
		cpuTime: item.cpuTime ?? 0,
		truncated: item.truncated === true || logs.length > MOST_LINES || exceptions.length > MOST_EXCEPTIONS,
		executionModel: item.executionModel ?? "stateless",
		outcome,
		scriptName: script,
		scriptVersion: { id: version },
		dispatchNamespace: namespace,
		entrypoint: item.entrypoint,
		diagnosticsChannelEvents: [],
		exceptions: exceptions.slice(0, MOST_EXCEPTIONS).map(({ name, message, stack, timestamp }) => ({ name: text(name), message: text(message), stack: stack === undefined ? undefined : text(stack), timestamp })),
		logs: logs.slice(0, MOST_LINES).map(({ level, message, timestamp }) => ({ level, timestamp, message: list(message).map((part) => maskedIn(part, masked, cut)) })),
		eventTimestamp,
		event: eventIn(event, headers, text),
		requestId: headers[REQUEST_ID] ?? null,
	};
	told.truncated ||= left === 0;
	return told;
}

const list = (message) => (Array.isArray(message) ? message : [message]);

// Of headers none is kept but what the host has put in: they hold what is the visitor's.
function eventIn(event, headers, text) {
	if (event?.request) {
		const { method, url } = event.request;
		const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT.includes(name)));
		return { request: { url: text(url), method, headers: kept }, ...(event.response && { response: { status: event.response.status } }) };
	}
	if (event?.rpcMethod !== undefined) return { rpcMethod: text(event.rpcMethod) };
	if (event?.queue !== undefined) return { queue: text(event.queue), batchSize: event.batchSize };
	if (event?.scheduledTime !== undefined) return { scheduledTime: event.scheduledTime };
	return null;
}

const KEPT = [REQUEST_ID, "user-agent", "cf-ray", "cf-ipcountry", "host"];

// What was logged is any JSON.
function maskedIn(value, masked, cut) {
	if (typeof value === "string") return cut(masked(value));
	if (isDeeper(value, MOST_LEVELS)) return `(nested over ${MOST_LEVELS} levels deep)`;
	// Of what JSON has not, such as undefined, there is no text.
	const text = JSON.stringify(value);
	if (text === undefined) return String(value);
	// It has every string that is in it, escaped as JSON has it; and a number may be a secret's, too.
	const hidden = masked(text);
	const part = cut(hidden);
	if (part !== hidden) return part;
	if (hidden === text) return value;
	try {
		return JSON.parse(hidden);
	} catch {
		return hidden;
	}
}

/** Whether there are objects within objects, more levels than so many. */
export const isDeeper = (value, levels) => typeof value === "object" && value !== null && (levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1)));

const short = (text, most) => (text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text);

/** Whether there is more to tell of a call than that it was made. */
export const hasNews = ({ outcome, logs, exceptions }) => outcome !== "ok" || logs.length > 0 || exceptions.length > 0;

/** All that a script said in a call, in small letters: what is searched in. */
export function saidIn({ logs, exceptions }) {
	const texts = logs.flatMap(({ message }) => message.map((part) => (typeof part === "string" ? part : JSON.stringify(part))));
	return [...texts, ...exceptions.map(({ name, message }) => `${name}: ${message}`)].join(" ").toLowerCase();
}
