// The calls of jobs, by whoever holds a token.
import { readText } from "../../api/body.js";

const MOST_INPUTS = 10_000;
const MOST_BYTES = 16 << 20;
const MOST_INPUT_BYTES = 1 << 20;
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FIELDS = ["code", "script", "inputs", "concurrency", "deadline_ms", "reduce", "async"];

/** A call to `/job` and below, `rest` of the path. `main` is the main module of the workers of jobs. */
export async function job(request, env, ctx, rest, main) {
	const { method } = request;
	const [, id, call = ""] = rest.split("/");
	const at = `${id ?? ""}` === "" ? "" : call === "" ? ":id" : `:id/${rest.split("/").slice(2).join("/")}`;
	const calls = {
		"": { POST: () => create(request, env, ctx, main) },
		":id": { GET: () => status(env, id), DELETE: () => remove(env, id) },
		":id/results": { GET: () => results(env, id) },
		":id/cancel": { POST: () => cancel(env, id) },
		":id/retry": { POST: () => retry(env, id) },
	}[at];
	if (calls === undefined) return refused(404, "not_found", "A job is at /job/:id, its results at /job/:id/results; /cancel and /retry are POST.");
	const named = calls[method === "HEAD" ? "GET" : method];
	if (named === undefined) {
		const allow = Object.keys(calls).flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : [name])).join(", ");
		return refused(405, "method_not_allowed", `This path takes ${allow}.`, { allow });
	}
	if (at !== "" && !ID.test(id)) return none();
	return named();
}

/** `{ job, inputs }` of a document, the inputs as texts; or all that is wrong with it. */
export function checked(document) {
	const problems = [];
	if (document === null || typeof document !== "object" || Array.isArray(document)) return { problems: ["The job has to be a JSON object."] };
	const { code = null, script = null, inputs, concurrency = 8, deadline_ms = 10_000, reduce = false, async = false } = document;
	const whole = (name, value, most) => {
		if (!Number.isInteger(value) || value < 1 || value > most) problems.push(`${name} has to be a whole number from 1 to ${most}.`);
	};
	if ((typeof code === "string") === (typeof script === "string")) problems.push("One of the two has to be there: code, the text of a module, or script, the name of a script of the namespace job.");
	else if (script !== null && !/^[a-z0-9_-]{1,63}$/.test(script)) problems.push("script has to be a name of 1 to 63 of a-z, 0-9, - and _.");
	if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > MOST_INPUTS) problems.push(`inputs has to be a list of 1 to ${MOST_INPUTS}.`);
	whole("concurrency", concurrency, 64);
	whole("deadline_ms", deadline_ms, 600_000);
	for (const [name, value] of [["reduce", reduce], ["async", async]]) if (typeof value !== "boolean") problems.push(`${name} has to be true or false.`);
	for (const name of Object.keys(document)) if (!FIELDS.includes(name)) problems.push(`${JSON.stringify(name)} is no field: there are ${FIELDS.join(", ")}.`);
	if (problems.length > 0) return { problems };
	const texts = inputs.map((input) => JSON.stringify(input));
	const long = texts.findIndex((text) => text.length > MOST_INPUT_BYTES);
	if (long >= 0) return { problems: [`inputs[${long}] is longer than ${MOST_INPUT_BYTES} characters of JSON.`] };
	return { problems, job: { code, script, concurrency, deadline_ms, reduce }, inputs: texts, isAsync: async };
}

async function create(request, env, ctx, main) {
	const text = await readText(request, MOST_BYTES);
	if (text === null) return refused(413, "body_too_large", `The body is over ${MOST_BYTES} bytes.`);
	let document;
	try {
		document = JSON.parse(text);
	} catch {
		return refused(400, "invalid_document", "The body is no JSON.");
	}
	const { problems, job, inputs, isAsync } = checked(document);
	if (problems.length > 0) return refused(400, "invalid_document", problems.join(" "));
	const problem = job.script === null ? null : await ctx.exports.Runner({ props: {} }).problem(job.script);
	if (problem) return refused(problem.status, problem.code, problem.message);
	const id = crypto.randomUUID();
	await of(env, id).create({ ...job, main }, inputs);
	const url = `${new URL(request.url).origin}/job/${id}`;
	if (isAsync) return Response.json({ id, url, results: `${url}/results`, total: inputs.length }, { status: 202, headers: { location: url, "cache-control": "no-store" } });
	const answer = await of(env, id).fetch("https://job/followed");
	return new Response(answer.body, { headers: [...answer.headers, ["x-job", id]] });
}

async function status(env, id) {
	const status = await of(env, id).status();
	return status === null ? none() : Response.json({ id, ...status }, { headers: { "cache-control": "no-store" } });
}

async function results(env, id) {
	if ((await of(env, id).status()) === null) return none();
	const answer = await of(env, id).fetch("https://job/results");
	return new Response(answer.body, answer);
}

async function cancel(env, id) {
	if ((await of(env, id).status()) === null) return none();
	await of(env, id).cancel();
	return status(env, id);
}

async function retry(env, id) {
	if ((await of(env, id).status()) === null) return none();
	const retried = await of(env, id).retry();
	if (retried === null) return refused(409, "job_running", "The job runs still: what fails can be run again when it is done.");
	return status(env, id);
}

async function remove(env, id) {
	if ((await of(env, id).status()) === null) return none();
	await of(env, id).forget();
	return Response.json({ id, deleted: true });
}

const of = (env, id) => env.JOBS.getByName(id);
const none = () => refused(404, "not_found", "There is no such job. One is kept for a day after it is done.");

function refused(status, code, message, headers = {}) {
	return Response.json({ error: { code, message } }, { status, headers: { "cache-control": "no-store", ...headers } });
}
