// The API as an OpenAPI document. scripts/openapi.mjs writes it to public/openapi.json; src/openapi/routes.txt holds it to the code.

import { refusals, statuses } from "./call.js";
import { CODES } from "./codes.js";
import * as bindings from "./bindings.js";
import * as accounts from "./accounts.js";
import * as namespaces from "./namespaces.js";
import * as outbound from "./outbound.js";
import * as own from "./own.js";
import * as patterns from "./patterns.js";
import * as scripts from "./scripts.js";
import * as settings from "./settings.js";
import * as stores from "./stores.js";
import * as telemetry from "./telemetry.js";
import { list, name, none, text, told, whole } from "./schema.js";

const PARTS = { namespaces, scripts, settings, outbound, stores, telemetry, accounts, patterns, own };
const V4 = "/client/v4/";

const parameter = (name, schema, example, description) => ({ name, in: "path", required: true, schema, example, description });
const PARAMETERS = {
	account: parameter("account", text({ pattern: "^[A-Za-z0-9_-]{1,64}$" }), "local", "Any name: a host has one account."),
	namespace: parameter("namespace", name, "tenants", "A namespace."),
	script: parameter("script", name, "hello", "A script of it."),
	item: parameter("item", text({ minLength: 1 }), "x", "A name or an id."),
	rest: parameter("rest", text({ minLength: 1 }), "settings", "Anything."),
	name: parameter("name", name, "acme", "Its name."),
	id: parameter("id", text({ format: "uuid" }), "00000000-0000-4000-8000-000000000000", "A job."),
};

const codes = Object.entries(CODES);
const code = { type: "integer", enum: codes.map(([code]) => Number(code)), description: codes.map(([code, means]) => `- ${code}: ${means}`).join("\n") };
const problem = told({ code, message: text() });
const schemas = {
	Problem: { ...problem, description: "What is wrong: a number that stays, Cloudflare's where it has one, and a sentence." },
	Failure: told({ success: { const: false }, errors: list({ $ref: "#/components/schemas/Problem" }, { minItems: 1 }), messages: list(text(), { maxItems: 0 }), result: none }),
	Error: told({ error: told({ code: text({ pattern: "^[a-z0-9_]+$" }), message: text() }) }, { description: "An error outside of the control API: a word that stays, and a sentence." }),
	Page: told({ page: whole(1), per_page: whole(), count: whole(), total_count: whole(), total_pages: whole() }),
};

const METHODS = ["get", "put", "post", "patch", "delete"];

function completed(path, tag, item) {
	const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ $ref: `#/components/parameters/${name}` }));
	const done = parameters.length > 0 ? { parameters } : {};
	for (const method of METHODS.filter((method) => item[method])) {
		const { responses, ...operation } = item[method];
		const more = path.startsWith(V4) ? Object.fromEntries(statuses(path).map((status) => [status, { $ref: `#/components/responses/${status}` }])) : {};
		done[method] = { tags: [tag], ...operation, responses: { ...more, ...responses } };
	}
	return done;
}

const parts = Object.entries(PARTS);
const paths = Object.fromEntries(parts.flatMap(([tag, { paths }]) => Object.entries(paths).map(([path, item]) => [path, completed(path, tag, item)])));
const used = JSON.stringify(paths);

export const document = {
	openapi: "3.1.0",
	info: {
		title: "dynamic-loader",
		version: "4",
		summary: "Workers that are created while another one runs.",
		description: "The control API under `/client/v4` is in Cloudflare's shapes, envelope and codes; beside it are the Worker's own routes. `HEAD` works where `GET` does. README.md says more.",
		license: { name: "Apache-2.0", identifier: "Apache-2.0" },
	},
	servers: [{ url: "/" }],
	security: [{ token: [] }],
	tags: parts.map(([name]) => ({ name })),
	paths,
	components: {
		securitySchemes: {
			token: { type: "http", scheme: "bearer", description: "`API_TOKEN`, or one of the tokens that were made with it." },
			session: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "The token of an upload session." },
		},
		parameters: PARAMETERS,
		responses: refusals((name) => used.includes(`"#/components/responses/${name}"`)),
		schemas: Object.assign({}, schemas, bindings.schemas, ...parts.map(([, { schemas }]) => schemas)),
	},
};
