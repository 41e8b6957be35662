// Scripts, their content, versions and deployments: src/api/scripts.rs, versions.rs, deployments.rs.

import { SCRIPT } from "./namespaces.js";
import { answer, content, control, json, page, pages, query, result } from "./call.js";
import { any, flag, id, list, loose, map, maybe, name, number, partly, ref, short, text, time, told, whole, word } from "./schema.js";

const MODULE = "application/javascript+module";
const CODE = 'export default { fetch: () => new Response("hello") };';

/** An upload: metadata and modules, or one module. */
export const upload = (metadata = "Metadata", required = ["metadata"]) => ({
	required: true,
	content: {
		"multipart/form-data": {
			schema: loose({ metadata: ref(metadata), "index.js": text({ contentMediaType: MODULE }) }, required, { additionalProperties: text({ contentMediaType: MODULE }) }),
			encoding: { metadata: { contentType: "application/json" }, "index.js": { contentType: MODULE } },
			example: { metadata: { main_module: "index.js", compatibility_date: "2026-07-01" }, "index.js": CODE },
		},
		[MODULE]: { schema: text(), example: CODE },
	},
});

const link = (operationId, parameters, more) => ({ [operationId]: { operationId, parameters, ...more } });
const item = (name) => ({ namespace: "$request.path.namespace", script: "$request.path.script", item: `$response.body#/result/${name}` });
const uploaded = [409, 413, 415];

export const paths = {
	[SCRIPT]: {
		get: control("getScript", "Tells of a script.", { ok: result(ref("Script")) }),
		put: control("putScript", "Uploads a script and puts it live at once.", { body: upload(), ok: { ...result(ref("Uploaded")), links: link("getVersion", item("deployment_id")) }, also: uploaded }),
		delete: control("deleteScript", "Deletes a script with all its versions and what it stores.", { parameters: [force("though others call it as a service")] }),
	},
	[`${SCRIPT}/content`]: {
		get: control("getContent", "The modules of what is live, as they could be uploaded again.", { ok: answer(text(), "A form with a part for each module.", "multipart/form-data") }),
		put: control("putContent", "Replaces the modules, and keeps all else.", { body: upload("ContentMetadata"), ok: result(ref("Script")), also: uploaded }),
	},
	[`${SCRIPT}/versions`]: {
		get: control("listVersions", "Lists the versions, the newest first.", {
			parameters: [...pages(100, 10), query("deployable", flag, "All that can be deployed, in one page.")],
			ok: page(told({ items: list(ref("VersionItem")) })),
		}),
		post: control("createVersion", "Uploads a version that is not live yet.", {
			body: upload(),
			ok: {
				...result(ref("Version")),
				links: {
					...link("getVersion", item("id")),
					...link("createDeployment", { namespace: "$request.path.namespace", script: "$request.path.script" }, { requestBody: { strategy: "percentage", versions: [{ version_id: "$response.body#/result/id", percentage: 100 }] } }),
				},
			},
			also: uploaded,
		}),
	},
	[`${SCRIPT}/versions/{item}`]: {
		get: control("getVersion", "Tells of a version, by its id.", { ok: result(ref("Version")) }),
	},
	[`${SCRIPT}/deployments`]: {
		get: control("listDeployments", "What is live, and what was: the newest first.", { ok: result(told({ deployments: list(ref("Deployment")) })) }),
		post: control("createDeployment", "Puts versions live, each with its share.", {
			parameters: [force("over changed secrets")],
			body: json(ref("DeploymentAsked")),
			ok: { ...result(ref("Deployment")), links: { ...link("getDeployment", item("id")), ...link("deleteDeployment", item("id")) } },
			also: [413],
		}),
	},
	[`${SCRIPT}/deployments/{item}`]: {
		get: control("getDeployment", "Tells of a deployment, by its id.", { ok: result(ref("Deployment")) }),
		delete: control("deleteDeployment", "Takes a deployment out of the history. The one that is live stays (400)."),
	},
	[`${SCRIPT}/incidents`]: {
		get: control("listIncidents", "Which versions did not serve when they were called, and why.", {
			ok: result(told({ incidents: list(told({ version_id: id, kind: word("load_failed", "unavailable"), message: text(), first_on: time, last_on: time, count: whole(1) })) })),
		}),
	},
	[`${SCRIPT}/explain`]: {
		get: control("explain", "Which version a request would get and why, without running it.", {
			parameters: [query("url", text(), "The URL of the request: one of the script's.", { example: "http://localhost/dispatch/tenants/hello/" })],
			ok: result(ref("Explanation")),
		}),
	},
	[`${SCRIPT}/assets-upload-session`]: {
		post: control("openUploadSession", "Opens a session for the files of a script.", {
			body: json(loose({ manifest: map(loose({ hash: text({ pattern: "^[0-9a-fA-F]{32,64}$" }), size: whole(0, 25 << 20) }, ["hash", "size"]), { propertyNames: { pattern: "^/[^\\u0000]*$", maxLength: 4096 } }) }, ["manifest"]), {
				manifest: { "/hello.txt": { hash: "5d41402abc4b2a76b9719d911017c592", size: 5 } },
			}),
			ok: result(told({ jwt: text(), buckets: list(list(text())) }), "The session's token, and which files are to come in which uploads."),
			also: [413],
		}),
	},
	"/client/v4/accounts/{account}/workers/assets/upload": {
		post: control("uploadAssets", "Uploads files of a session, by its own token.", {
			security: [{ session: [] }],
			parameters: [query("base64", text(), "`true`: they come as base64.", { example: "true" })],
			body: { required: true, content: content(map(text()), "multipart/form-data", { example: { "5d41402abc4b2a76b9719d911017c592": "aGVsbG8=" } }) },
			status: 201,
			ok: result(told({ jwt: text() }), "All files are there: the token is for the upload of the script."),
			also: [413],
		}),
	},
};
paths["/client/v4/accounts/{account}/workers/assets/upload"].post.responses[202] = result(told({ jwt: { type: "null" } }), "Others of the session are still to come.");

function force(what) {
	return query("force", flag, `Do it ${what}.`);
}

const compatibility_date = text({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });
const flags = list(text());
const annotations = loose({ "workers/message": maybe(short(1000)), "workers/tag": maybe(short(100)), "workers/alias": maybe(short(100)) });
const annotated = map(text());
const source = text();
const script = {
	id: name, created_on: time, modified_on: time, etag: text(), pipeline_hash: text(), mutable_pipeline_id: text(), handlers: list(text()), named_handlers: list(any), compatibility_date, compatibility_flags: flags,
	deployment_id: id, last_deployed_from: source, tag: maybe(text()), tags: list(ref("Tag")), logpush: flag, observability: ref("Observability"), tail_consumers: { type: "null" }, usage_model: text(),
	migration_tag: maybe(text()), has_modules: flag, has_assets: flag,
};
const item_ = {
	id, number: whole(1), annotations: annotated,
	metadata: told({ author_email: text(), author_id: text(), created_on: time, modified_on: time, source, hasPreview: flag, has_preview: flag }),
};

export const schemas = {
	Script: told({ created_on: time, modified_on: time, dispatch_namespace: name, script: partly(script, ["migration_tag"]) }),
	Uploaded: partly({ ...script, startup_time_ms: number({ minimum: 0 }), entry_point: maybe(text()) }, ["migration_tag"]),
	VersionItem: told(item_),
	Version: partly({
		...item_,
		resources: told({
			script: told({ etag: text(), handlers: list(text()), named_handlers: list(any), last_deployed_from: source }),
			script_runtime: told({ compatibility_date, compatibility_flags: flags, usage_model: text(), limits: ref("Limits") }),
			bindings: list(ref("Binding")),
		}),
		startup_time_ms: number({ minimum: 0 }),
	}, ["startup_time_ms"]),
	Binding: loose({ name: text(), type: text() }, ["name", "type"]),
	Metadata: loose({
		main_module: maybe(text()), compatibility_date: maybe(compatibility_date), compatibility_flags: maybe(list(short(100, 1), { uniqueItems: true })), bindings: maybe(list(ref("BindingSent"), { maxItems: 128 })),
		keep_bindings: maybe(list(text({ minLength: 1 }))), keep_assets: maybe(flag), assets: maybe(loose({ jwt: text(), config: loose({}) })), annotations: maybe(annotations), limits: maybe(ref("Limits")), tags: maybe(ref("TagsSent")),
		outbound: maybe(ref("Outbound")), tail: maybe(flag), logpush: maybe(flag), observability: maybe(ref("Observability")), affinity: maybe(ref("Affinity")), retention: maybe(whole(1, 200)), migrations: maybe(loose({})),
	}, [], { description: "Of an upload. `main_module` is the name of the part that has the handlers." }),
	ContentMetadata: loose({ main_module: text() }, [], { description: "What else there is in it is passed over: that stays as it is." }),
	Tags: list(ref("Tag"), { maxItems: 8 }),
	TagsSent: list(ref("Tag"), { description: "At most eight; one that is there twice counts once." }),
	Share: loose({ version_id: text(), percentage: number({ minimum: 0.01, maximum: 100 }) }, ["version_id", "percentage"]),
	DeploymentAsked: loose({
		strategy: maybe(word("percentage")), versions: list(ref("Share"), { minItems: 1, maxItems: 10 }), annotations: maybe(annotations),
		automatic_rollback: maybe(loose({ threshold_percent: maybe(whole(1, 100)), window_seconds: maybe(whole(1, 3600)), minimum_requests: maybe(whole(1, 1e6)) })),
	}, ["versions"], { description: "Percentages have at most two decimals, and add up to 100." }),
	Deployment: told({
		id, sequence: whole(1), strategy: word("percentage"), versions: list(told({ version_id: id, percentage: number() })), annotations: annotated, created_on: time, source, author_email: text(),
		automatic_rollback: maybe(told({ threshold_percent: whole(), window_seconds: whole(), minimum_requests: whole() })),
	}),
	Explanation: told({
		namespace: name, script: name, url: text(), version: id, number: whole(1), why: text(), subject: maybe(told({ point: whole(), of: whole(), by: word("affinity", "key", "cookie", "address", "chance") })),
		instead: maybe(id), key: maybe(text()), cache: word("warm", "cold", "unknown"), compatibility_date, compatibility_flags: flags, bindings: list(ref("Binding")), has_assets: flag, outbound: text(), tail: flag, limits: any,
		deployment: maybe(told({ id, sequence: whole(), versions: list(told({ version_id: id, percentage: number() })) })),
	}),
};
