// A call as OpenAPI has it: what it takes, and what it answers.

import { list, none, ref, text, told } from "./schema.js";

const JSON_TYPE = "application/json";
export const content = (schema, type = JSON_TYPE, more = {}) => ({ [type]: { schema, ...more } });
const refusal = (status) => ({ $ref: `#/components/responses/${status}` });

/** What a body is: JSON of this schema. Its `example` is one that is taken. */
export const json = (schema, example, more = {}) => ({ required: true, content: content(schema, JSON_TYPE, example === undefined ? {} : { example }), ...more });

/** A parameter of the query. */
export const query = (name, schema, description, more = {}) => ({ name, in: "query", schema, description, ...more });

const envelope = (result, more = {}) => told({ success: { const: true }, errors: list(ref("Problem"), { maxItems: 0 }), messages: list(text(), { maxItems: 0 }), result, ...more });

/** What a call of the control API answers with: a result in Cloudflare's envelope. */
export const result = (schema = none, description = "Done.") => ({ description, content: content(envelope(schema)) });
/** The same, of a list by the page. */
export const page = (schema, description = "A page of it.") => ({ description, content: content(envelope(schema, { result_info: ref("Page") })) });

/** The parameters of a page. */
export const pages = (most, first) => [
	query("page", { type: "integer", minimum: 1, maximum: 2 ** 40, default: 1 }, "Which page."),
	query("per_page", { type: "integer", minimum: 1, maximum: most, default: first }, "How many a page has."),
];

/** A call under `/client/v4`. `also` are the statuses that it has beside those that its path brings along. */
export const control = (operationId, summary, { ok = result(), status = 200, also = [], body, ...more } = {}) => ({
	operationId,
	summary,
	...more,
	...(body && { requestBody: body }),
	responses: { ...(status && { [status]: ok }), ...Object.fromEntries(also.map((one) => [one, refusal(one)])) },
});

/** A call beside it, whose errors are in the Worker's own form. */
export const own = (operationId, summary, { ok, status = 200, others = {}, refuses = [], body, ...more }) => ({
	operationId,
	summary,
	...more,
	...(body && { requestBody: body }),
	responses: { [status]: ok, ...others, ...Object.fromEntries(refuses.map((one) => [one, { $ref: `#/components/responses/own_${one}` }])) },
});

export const answer = (schema, description, type) => ({ description, content: content(schema, type) });

/** The statuses that come of a path of the control API: of its token, of the names in it, of what is not there. */
export function statuses(path) {
	const more = [];
	if (path.includes("{account}")) more.push(400);
	if (path.includes("{namespace}") || path.includes("{item}")) more.push(404);
	return [...more, 401, 403, 429, 500, 503];
}

/** The refusals of both kinds, by their statuses: those that `isUsed`. */
export function refusals(isUsed) {
	const words = {
		400: "What was sent is not right: all that is wrong with it.",
		401: "No token, or a wrong one.",
		403: "The token may not do this, a quota is used up, or the operator has not set what this takes.",
		404: "There is no such thing.",
		409: "It cannot be done to what is there now.",
		410: "Nobody has asked for the script for as long as its namespace lets one be.",
		411: "The request has no `Content-Length`.",
		412: "It has been changed since; `ETag` is that of what is there now.",
		413: "The body is too long.",
		415: "A body of this type is not taken here.",
		428: "`If-Match` is missing.",
		429: "Too many requests.",
		500: "A setting of the operator's is wrong, or it is our fault.",
		503: "Storage did not answer.",
	};
	const header = (description, schema) => ({ description, schema });
	const headers = {
		401: { "WWW-Authenticate": header("How to authenticate.", text()) },
		412: { ETag: header("The revision that is there now.", text()) },
		429: { "Retry-After": header("In so many seconds.", text({ pattern: "^[0-9]+$" })) },
		503: { "Retry-After": header("In so many seconds.", text({ pattern: "^[0-9]+$" })) },
	};
	const all = {};
	for (const [status, description] of Object.entries(words)) {
		const more = headers[status] && { headers: headers[status] };
		all[status] = { description, ...more, content: content(ref("Failure")) };
		all[`own_${status}`] = { description, ...more, content: content(ref("Error")) };
	}
	return Object.fromEntries(Object.entries(all).filter(([name]) => isUsed(name)));
}
