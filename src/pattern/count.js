// Who takes part in a test, and counting what they see and do.
import { result } from "./statistics.js";

const COOKIE = /(?:^|;)\s*dl_subject=([^;\s]+)/;
const MOST = 200;
// What this isolate has told the test's object already.
const told = new Set();
const MOST_TOLD = 10_000;

// The request of a subject: `x-subject`, `?subject=`, or our cookie, which `made` is where there is none of them. The version
// is chosen by the subject and by nothing else that a client sends: who chooses a variant would count for it.
export function enrolled(request, path, secure) {
	const { headers: given, url } = request;
	const named = given.get("x-subject") || new URL(url).searchParams.get("subject") || COOKIE.exec(given.get("cookie") ?? "")?.[1];
	const subject = named || crypto.randomUUID();
	if (subject.length > MOST) return undefined;
	const headers = new Headers(given);
	headers.delete("cloudflare-workers-version-overrides");
	headers.set("cloudflare-workers-version-key", encodeURIComponent(subject));
	const cookie = named ? undefined : `dl_subject=${subject}; Path=${path}; Max-Age=31536000; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
	return { request: new Request(request, { headers }), test: { subject, cookie } };
}

// Has what is handed over, now or later, counted when it is answered.
export function counting(handed, { test }, name, converts) {
	if (handed instanceof Promise) return handed.then((handed) => counting(handed, { test }, name, converts));
	if (!(handed instanceof Response)) handed.after = (answer, env, ctx) => counted({ ...test, name, converts }, answer, env, ctx);
	return handed;
}

// The answer of a variant, counted.
async function counted({ subject, cookie, name, converts }, answer, env, ctx) {
	const [variant, run] = [answer.headers.get("x-variant"), answer.headers.get("x-run")];
	// Another version in its place is not what the subject was to see.
	if (!answer.ok || !variant || !run || answer.headers.has("x-worker-fallback")) return answer;
	const id = await digest(`${name}/${run}/${subject}`);
	const experiment = env.EXPERIMENTS.getByName(name);
	if (!converts) {
		// Of another version it is told again: the test may be another one of the name.
		const key = `${answer.headers.get("x-worker-version")}/${id}`;
		if (!told.has(key)) ctx.waitUntil(experiment.expose(run, variant, id).then(() => remember(key)));
		if (cookie !== undefined) answer.headers.append("set-cookie", cookie);
		return answer;
	}
	await answer.body?.cancel();
	let found;
	try {
		found = await experiment.convert(run, id);
	} catch (error) {
		console.error(`The test ${name} cannot count: ${error.message}`);
		return refused(503, "storage_unavailable", "Storage did not answer: try again in a moment.", { "retry-after": "1" });
	}
	if (found) return Response.json({ test: name, ...found }, { headers: { "cache-control": "no-store" } });
	const message = "This subject has seen no variant of the test: send the cookie, or the name, of who has.";
	return refused(409, "not_exposed", message);
}

function refused(status, code, message, headers = {}) {
	return Response.json({ error: { code, message } }, { status, headers: { "cache-control": "no-store", ...headers } });
}

function remember(key) {
	if (told.size >= MOST_TOLD) told.clear();
	told.add(key);
}

// What a test has come to, as JSON. `asked` is JSON, `{ test, run, variants: [name] }`.
export async function resultOf(env, asked) {
	const { test, run, variants } = JSON.parse(asked);
	const counts = await env.EXPERIMENTS.getByName(test).counts(run);
	const none = { exposures: 0, conversions: 0 };
	return JSON.stringify({ test, run, ...result(variants.map((name) => counts.find((one) => one.name === name) ?? { name, ...none })) });
}

export async function forgetTest(env, test) {
	await env.EXPERIMENTS.getByName(test).forget();
}

// Half of a SHA-256: enough to tell subjects apart, and nobody's name is stored.
async function digest(text) {
	const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)), 0, 16);
	return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
