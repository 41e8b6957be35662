// Tokens, and what clients ask beside: src/api/tokens.rs, beside.rs.

import { control, json, page, query, result } from "./call.js";
import { either, id, list, maybe, name, none, ref, short, taken, text, time, told, whole, word } from "./schema.js";

const V4 = "/client/v4";
const ACCOUNT = `${V4}/accounts/{account}`;
const number = query("page", text(), "Which page: all is in the first.");
const item = { item: "$response.body#/result/id" };

// Ordinary Workers there are none, whatever is asked of them.
const nowhere = (path, Of) => ({
	[path]: Object.fromEntries(["get", "put", "post", "patch", "delete"].map((method) => [method, control(`${method}${Of}`, "404: there are no ordinary Workers here, only scripts in namespaces.", { status: null, also: [404] })])),
});

export const paths = {
	[`${ACCOUNT}/tokens`]: {
		get: control("listTokens", "Lists the tokens, without their values.", { ok: result(list(ref("Token"))) }),
		post: control("createToken", "Makes a token; its value is told this once.", {
			body: json(ref("TokenAsked"), { name: "ci", permission: "read", namespaces: ["tenants"] }),
			ok: { ...result(ref("NewToken")), links: Object.fromEntries(["rollToken", "deleteToken"].map((operationId) => [operationId, { operationId, parameters: item }])) },
			also: [404, 413],
		}),
	},
	[`${ACCOUNT}/tokens/{item}`]: { delete: control("deleteToken", "Deletes a token.", { ok: result(told({ id })) }) },
	[`${ACCOUNT}/tokens/{item}/value`]: {
		put: control("rollToken", "Gives a token a new value; the old one works so much longer.", {
			body: json(maybe(taken({ grace_seconds: maybe(whole(0, 604_800)) })), { grace_seconds: 60 }, { required: false }),
			ok: result(ref("NewToken")),
			also: [413],
		}),
	},
	[`${ACCOUNT}/tokens/verify`]: { get: control("verifyAccountToken", "Whose the token is.", { ok: result(ref("Verified")) }) },
	[`${V4}/user/tokens/verify`]: { get: control("verifyToken", "Whose the token is.", { ok: result(ref("Verified")) }) },
	[`${V4}/user`]: { get: control("getUser", "403: tokens of this host are no user's.", { status: null }) },
	[`${V4}/memberships`]: {
		get: control("listMemberships", "What the token's holder is here.", { parameters: [number], ok: page(list(told({ id: text(), status: text(), account: ref("Account"), roles: list(text()) }))) }),
	},
	[`${V4}/accounts`]: { get: control("listAccounts", "The one account.", { parameters: [number], ok: page(list(ref("Account"))) }) },
	[ACCOUNT]: { get: control("getAccount", "The one account, whatever it is called.", { ok: result(ref("Account")) }) },
	[`${ACCOUNT}/r2/buckets/{item}`]: { get: control("getBucket", "There is one, whatever its name: each script has its own with its first write.", { ok: result(told({ name: text() })) }) },
	[`${ACCOUNT}/queues`]: {
		get: control("findQueue", "Of a name one, as each namespace has it with the first message.", {
			parameters: [query("name", text(), "Its name."), number],
			ok: page(list(told({ queue_name: text(), queue_id: text(), producers: list({}, { maxItems: 0 }), consumers: list({}, { maxItems: 0 }) }))),
		}),
	},
	...nowhere(`${ACCOUNT}/workers/scripts/{script}`, "OrdinaryWorker"),
	...nowhere(`${ACCOUNT}/workers/scripts/{script}/{rest}`, "OfOrdinaryWorker"),
	...nowhere(`${ACCOUNT}/workers/services/{script}`, "OrdinaryService"),
	...nowhere(`${ACCOUNT}/workers/services/{script}/{rest}`, "OfOrdinaryService"),
};

const namespaces = either({ const: "*" }, list(name));
const token = { id, name: text(), permission: word("read", "write"), namespaces, created_on: time, modified_on: time, expires_on: maybe(time) };

export const schemas = {
	Account: told({ id: text(), name: text(), type: text(), settings: taken({}) }),
	Verified: { ...told({ id: text(), status: word("active"), expires_on: time }), required: ["id", "status"] },
	Token: told(token),
	NewToken: told({ ...token, value: text({ pattern: "^dlt_[0-9a-f]{40}$" }) }),
	TokenAsked: taken({
		name: short(100, 1, { pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]+$" }), permission: word("read", "write"), namespaces: either({ const: "*" }, list(name, { minItems: 1 })),
		expires_on: either(text({ pattern: "^20[3-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$" }), none),
	}, ["name", "permission", "namespaces"]),
};
