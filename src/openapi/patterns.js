// What is made of documents: src/pattern/table.rs. What is below a document's path is its worker's.

import { answer, json, own } from "./call.js";
import { any, either, flag, id, list, loose, map, maybe, name, none, number, ref, short, taken, text, told, whole, word } from "./schema.js";

const token = [401, 403, 429, 500, 503];
const manages = [400, 404, ...token];
const made = { id: name, url: text(), versions: list(told({ version_id: id, percentage: number() })) };

// Each with its document, and one that is taken.
const PATTERNS = {
	tenant: ["Tenant", "a tenant", { name: "Acme", settings: { plan: "pro" } }],
	feature: ["Feature", "a feature flag", { default: "off", rules: [{ serve: "on" }] }],
	test: ["Test", "an A/B test", { variants: [{ name: "a", percentage: 50 }, { name: "b", percentage: 50 }] }],
	tunnel: ["Tunnel", "a tunnel", { origin: "https://app.example.com" }],
	service: ["Service", "a service", { config: { ada: "Ada Lovelace" } }],
	plugin: ["Plugin", "a chain of plugins", { plugins: [{ name: "check", config: {} }] }],
};

const calls = ([pattern, [Of, what, example]]) => {
	const link = Object.fromEntries([`get${Of}`, `delete${Of}`].map((operationId) => [operationId, { operationId, parameters: { name: "$response.body#/id" } }]));
	const { description, content } = answer(told(made), "It is made.");
	const own_ = { get: own(`get${Of}`, `The document of ${what} that is live, and its versions.`, {
		description: "Without a token it is the worker's to answer.",
		security: [{ token: [] }, {}],
		ok: answer(ref("Document"), "It."),
		refuses: manages,
	}) };
	return {
		[`/${pattern}/{name}`]: {
			...own_,
			put: own(`put${Of}`, `Makes ${what}, or a new version of it that is live at once.`, {
				body: json(ref(Of), example),
				ok: { description: "It is changed.", content, links: link },
				others: { 201: { description, content, links: link } },
				refuses: [409, 413, ...manages],
			}),
			delete: own(`delete${Of}`, `Deletes ${what} with all its versions.`, { ok: answer(told({ id: name, deleted: { const: true } }), "It is gone."), refuses: manages }),
		},
	};
};

export const paths = {
	...Object.assign({}, ...Object.entries(PATTERNS).map(calls)),
	"/feature/{name}/rollback": { post: own("rollbackFeature", "Puts the rules of before live again.", { ok: answer(ref("Document"), "What is live now."), refuses: [409, ...manages] }) },
	"/test/{name}/result": { get: own("getTestResult", "What a test has come to.", { ok: answer(ref("TestResult"), "It."), refuses: manages }) },
};

const share = number({ minimum: 0, maximum: 1 });
const interval = list(number(), { minItems: 2, maxItems: 2 });
const changes = maybe(taken({ set: maybe(map(text())), remove: maybe(list(text())) }));

export const schemas = {
	Document: told({ ...made, document: any }),
	Tenant: taken({ name: short(100, 1), message: maybe(text()), settings: maybe(loose({})) }, ["name"]),
	Feature: loose({ default: text(), enabled: maybe(flag), description: maybe(text()), variants: maybe(map(any)), rules: maybe(list(loose({}), { maxItems: 100 })) }, ["default"]),
	Test: taken({ variants: list(loose({ name: text({ pattern: "^[!-~]{1,100}$" }), percentage: number({ minimum: 0.01 }), payload: any }, ["name", "percentage"]), { minItems: 2, maxItems: 10 }) }, ["variants"]),
	Tunnel: taken({ origin: text({ pattern: "^https?://" }), request_headers: changes, response_headers: changes }, ["origin"]),
	Service: taken({ code: maybe(text()), config: maybe(loose({})), services: maybe(map(name, { propertyNames: { pattern: "^[A-Za-z0-9_]+$" } })) }),
	Plugin: taken({
		plugins: list(taken({
			name, enabled: maybe(flag), hooks: maybe(list(word("request", "response"), { minItems: 1 })), body: maybe(flag), deadline_ms: maybe(whole(1, 60_000)), on_failure: maybe(word("open", "closed")), config: maybe(loose({})),
		}, ["name"]), { minItems: 1, maxItems: 32 }),
		target: maybe(text({ pattern: "^([a-z0-9_-]{1,63}/)?[a-z0-9_-]{1,63}$" })),
	}, ["plugins"]),
	TestResult: told({
		test: name, run: text(), confidence: number(), leader: maybe(text()), significant: flag,
		variants: list({ ...told({ name: text(), exposures: whole(), conversions: whole(), rate: either(share, none), interval, difference: told({ to: text(), estimate: maybe(number()), interval }) }), required: ["name", "exposures", "conversions", "rate", "interval"] }),
	}),
};
