// Namespaces, and what they may have: src/api/namespaces.rs.

import { control, json, page, pages, query, result } from "./call.js";
import { flag, id, list, maybe, name, ref, short, taken, text, time, told, whole } from "./schema.js";

export const NAMESPACES = "/client/v4/accounts/{account}/workers/dispatch/namespaces";
export const NAMESPACE = `${NAMESPACES}/{namespace}`;
export const SCRIPTS = `${NAMESPACE}/scripts`;
export const SCRIPT = `${SCRIPTS}/{script}`;

const PATCH = json(ref("NamespacePatch"), { limits: { cpu_ms: 50 }, outbound: { rules: [{ host: "api.example.com" }] } });
const created = { getNamespace: { operationId: "getNamespace", parameters: { namespace: "$response.body#/result/namespace_name" } } };

export const paths = {
	[NAMESPACES]: {
		get: control("listNamespaces", "Lists the namespaces that the token is for.", { parameters: pages(100, 100), ok: page(list(ref("Namespace"))) }),
		post: control("createNamespace", "Makes a namespace.", {
			body: json(taken({ name }, ["name"]), { name: "another" }),
			ok: { ...result(ref("Namespace")), links: created },
			also: [409, 413],
		}),
	},
	[NAMESPACE]: {
		get: control("getNamespace", "Tells of a namespace.", { ok: result(ref("Namespace")) }),
		put: control("putNamespace", "Changes a namespace: as `PATCH`.", { body: PATCH, ok: result(ref("Namespace")), also: [409, 413] }),
		patch: control("patchNamespace", "Changes a namespace. Scripts of one that is renamed are at other addresses.", { body: PATCH, ok: result(ref("Namespace")), also: [409, 413] }),
		delete: control("deleteNamespace", "Deletes a namespace with all its scripts and what they store."),
	},
	[`${NAMESPACE}/quota`]: {
		get: control("getQuota", "Tells how much a namespace may have, and has.", { ok: result(ref("Quota")) }),
		patch: control("patchQuota", "Changes how much it may have; `null` takes a limit away.", { body: json(ref("QuotaPatch"), { scripts: 500, idle_days: null }), ok: result(ref("Quota")), also: [413] }),
	},
	[SCRIPTS]: {
		get: control("listScripts", "Lists the scripts of a namespace.", { parameters: [tags(false), ...pages(100, 25)], ok: page(list(ref("Script"))) }),
		delete: control("deleteScripts", "Deletes the scripts that have tags, and have not.", {
			parameters: [tags(true), query("limit", { type: "integer", minimum: 1, maximum: 100, default: 100 }, "At most so many.")],
			ok: result(told({ deleted: list(told({ id: name })), deleted_count: whole(), has_more: flag })),
		}),
	},
};

function tags(required) {
	const pattern = `^,*([^,]+:(yes|no)(,+|$))${required ? "+" : "*"}$`;
	return query("tags", text({ pattern }), "Those with these tags, and without those: `plan:pro:yes,old:no`.", { required, example: "old:yes" });
}

const storage = maybe(ref("Storage"));
const most = maybe(whole());

export const schemas = {
	Namespace: told({
		namespace_id: id, namespace_name: name, created_on: time, created_by: text(), modified_on: time, modified_by: text(), script_count: whole(),
		trusted_workers: flag, outbound: maybe(ref("Outbound")), limits: ref("Limits"), services: ref("Services"),
		requests_per_minute: most, idle_days: most, storage: maybe(ref("Storages")),
	}),
	NamespacePatch: taken({
		name: maybe(name),
		trusted_workers: maybe(flag),
		outbound: maybe(ref("Outbound")),
		limits: maybe(ref("Limits")),
		services: maybe(ref("Services")),
	}, [], { minProperties: 1, description: "One of them at least, and not `null` alone: `null` takes away `outbound`, `limits`, `services`, and is nothing for the other two." }),
	Services: list(text({ pattern: "^[a-z0-9_-]{1,63}/([a-z0-9_-]{1,63}|\\*)$" }), { maxItems: 100, description: "What the scripts may call in other namespaces." }),
	Storage: taken({ bytes: maybe(whole(1, 2 ** 50)), keys: maybe(whole(1, 1e12)), operations_per_minute: maybe(whole(1, 1e9)) }),
	Storages: taken({ storage, script_storage: storage }),
	Quota: told({
		scripts: whole(), script_count: whole(), versions: most, version_count: whole(), bytes: most, byte_count: whole(), requests_per_minute: most,
		idle_days: most, storage, script_storage: storage, stored_keys: whole(), stored_bytes: whole(),
	}),
	QuotaPatch: taken({
		scripts: maybe(whole(0, 1e6)), versions: maybe(whole(0, 1e9)), bytes: maybe(whole(0, 2 ** 50)), requests_per_minute: maybe(whole(0, 1e9)),
		idle_days: maybe(whole(1, 36_500)), storage, script_storage: storage,
	}, [], { minProperties: 1 }),
	Limits: taken({
		cpu_ms: maybe(whole(1, 300_000)), subrequests: maybe(whole(1, 1e7)), wall_ms: maybe(whole(1, 3_600_000)), idle_ms: maybe(whole(1, 3_600_000)),
		request_bytes: maybe(whole(1, 1e11)), response_bytes: maybe(whole(1, 1e11)), subrequests_per_minute: maybe(whole(1, 1e6)),
	}, [], { description: "What a script may use." }),
	Tag: short(63, 1, { pattern: "^[^,&\\u0000-\\u001f\\u007f-\\u009f]*[^,&\\s\\u0000-\\u001f\\u007f-\\u009f][^,&\\u0000-\\u001f\\u007f-\\u009f]*$" }),
};
