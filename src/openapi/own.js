// What is beside the control API: the Worker's own routes, and jobs: src/http/route.rs, src/pattern/job.rs.

import { answer, json, own } from "./call.js";
import { any, flag, id, list, map, maybe, none, partly, ref, taken, text, time, told, whole, word } from "./schema.js";

const open = { security: [] };
const token = [401, 403, 429, 500, 503];
const LINES = "application/x-ndjson";
const etag = { ETag: { description: "The revision.", schema: text() } };
const job = { id: "$response.body#/id" };
const links = Object.fromEntries(["getJob", "getJobResults", "cancelJob", "retryJob", "deleteJob"].map((operationId) => [operationId, { operationId, parameters: job }]));

export const paths = {
	"/": {
		get: own("listEndpoints", "The page, or with `Accept: application/json` the list of endpoints.", {
			...open,
			ok: { description: "The page, or the list.", content: { "application/json": { schema: told({ name: text(), version: text(), endpoints: list(told({ method: text(), path: text(), description: text() })) }) }, "text/html": { schema: text() } } },
			refuses: [500],
		}),
	},
	"/openapi.json": { get: own("getOpenapi", "This document.", { ...open, ok: answer({ type: "object", properties: { openapi: text() }, required: ["openapi", "paths"] }, "OpenAPI 3.1.", "application/json"), refuses: [500] }) },
	"/dynamic": {
		get: own("dynamic", "A dynamic worker made for this one request.", { ...open, ok: answer(told({ id, createdAt: time, counter: { const: 1 }, loadTime: text() }), "What it says of itself."), refuses: [429, 500, 503] }),
	},
	"/metrics": {
		get: own("getMetrics", "How this Worker is doing; with `Accept: text/plain` or `application/openmetrics-text` and a token, for Prometheus.", {
			security: [{}, { token: [] }],
			ok: {
				description: "The numbers of the moment.",
				content: {
					"application/json": { schema: told({ timestamp: time, activeConnections: whole(), loadedWorkers: whole(), responseTime: text(), healthScore: text() }) },
					"text/plain": { schema: text() },
					"application/openmetrics-text": { schema: text() },
				},
			},
			refuses: token,
		}),
	},
	"/config": {
		get: own("getConfig", "The configuration document.", { ...open, ok: { ...answer(ref("Config"), "The document."), headers: etag }, refuses: [500, 503] }),
		put: own("putConfig", "Stores a new document; the next request is served by a new worker.", {
			parameters: [{ name: "If-Match", in: "header", required: true, schema: text({ pattern: '^(\\*|"[0-9]{1,9}")$' }), description: "The ETag of the document that this replaces, or `*`.", example: "*" }],
			body: json(ref("ConfigSent"), { version: "1.0.1", features: { dynamicWorkers: true, metricsCollection: true, configReload: true, gracefulShutdown: true } }),
			ok: { ...answer(ref("Config"), "The document as it is stored."), headers: etag },
			refuses: [400, 411, 412, 413, 428, ...token],
		}),
	},
	"/job": {
		post: own("createJob", "Runs code, or a script, for each of a list of inputs.", {
			body: json(ref("JobAsked"), { code: "export const map = (n) => n * n;", inputs: [1, 2], async: true }),
			ok: { description: "A line of JSON each, in the order of the inputs, as they come.", headers: { "x-job": { description: "The job's id.", schema: id } }, content: { [LINES]: { schema: text() } } },
			others: { 202: { ...answer(told({ id, url: text(), results: text(), total: whole(1) }), "It is begun."), links } },
			refuses: [400, 404, 410, 413, ...token],
		}),
	},
	"/job/{id}": {
		get: own("getJob", "How far a job is.", { ok: answer(ref("Job"), "It."), refuses: [404, ...token] }),
		delete: own("deleteJob", "Deletes a job: it never was.", { ok: answer(told({ id, deleted: { const: true } }), "It is gone."), refuses: [404, ...token] }),
	},
	"/job/{id}/results": { get: own("getJobResults", "The lines from the first on; those that are not there yet are waited for.", { ok: answer(text(), "A line of JSON each.", LINES), refuses: [404, ...token] }) },
	"/job/{id}/cancel": { post: own("cancelJob", "Nothing more of it is run.", { ok: answer(ref("Job"), "It."), refuses: [404, ...token] }) },
	"/job/{id}/retry": { post: own("retryJob", "Runs again what did not come out `ok`.", { ok: answer(ref("Job"), "It."), refuses: [404, 409, ...token] }) },
};

const features = map(flag, { propertyNames: { pattern: "^[A-Za-z][A-Za-z0-9]{0,63}$" }, description: "At most 256.", required: ["dynamicWorkers", "metricsCollection", "configReload", "gracefulShutdown"] });
const version = text({ pattern: "^[0-9]{1,9}\\.[0-9]{1,9}\\.[0-9]{1,9}([-+][A-Za-z0-9.+-]{1,30})?$" });
const counts = { ok: whole(), threw: whole(), timed_out: whole(), never_ran: whole() };

export const schemas = {
	Config: told({ version: text(), lastUpdated: text(), features }),
	ConfigSent: taken({ version, features, lastUpdated: any }, ["version", "features"]),
	JobAsked: {
		...taken({
			code: maybe(text()), script: maybe(text({ pattern: "^[a-z0-9_-]{1,63}$" })), inputs: list(any, { minItems: 1, description: "At most 10,000." }), concurrency: whole(1, 64), deadline_ms: whole(1, 600_000), reduce: flag, async: flag,
		}, ["inputs"]),
		oneOf: [{ properties: { code: text(), script: none }, required: ["code"] }, { properties: { script: text(), code: none }, required: ["script"] }],
	},
	Job: partly({ reduced: any, id, state: word("running", "reducing", "done", "canceled"), total: whole(1), finished: whole(), ...counts, concurrency: whole(1), deadline_ms: whole(1), script: maybe(text()), created_on: time, finished_on: maybe(time) }, ["reduced"]),
};
