// Settings, bindings, secrets and tags of scripts: src/api/settings.rs, bindings.rs, secrets.rs, tags.rs.

import { SCRIPT } from "./namespaces.js";
import { named } from "./bindings.js";
import { control, json, result } from "./call.js";
import { any, either, flag, list, loose, map, maybe, number, ref, short, taken, text, told, whole, word } from "./schema.js";

const secret = told({ name: text(), type: word("secret_text") });
const sent = loose({ name: named, text: text(), type: maybe(word("secret_text")) }, ["name", "text"]);

export const paths = {
	[`${SCRIPT}/settings`]: {
		get: control("getSettings", "The settings: those of the script, and those of its latest version.", { ok: result(ref("Settings")) }),
		patch: control("patchSettings", "Changes settings. What is a version's makes a new one, which is live at once.", {
			body: {
				required: true,
				content: {
					"application/json": { schema: maybe(ref("SettingsPatch")), example: { tags: ["plan:pro"], affinity: { header: "x-user" } } },
					"multipart/form-data": { schema: loose({ settings: loose({}, [], { description: "As in JSON." }) }), encoding: { settings: { contentType: "application/json" } }, example: { settings: { logpush: false } } },
				},
			},
			ok: result(ref("Settings")),
			also: [413],
		}),
	},
	[`${SCRIPT}/bindings`]: {
		get: control("listBindings", "The bindings of the latest version.", { ok: result(list(ref("Binding"))) }),
	},
	[`${SCRIPT}/secrets`]: {
		get: control("listSecrets", "The secrets: names and types.", { ok: result(list(secret)) }),
		put: control("putSecret", "Sets a secret, in a new version that is live at once.", { body: json(sent, { name: "KEY", text: "s3cr3t", type: "secret_text" }), ok: result(secret), also: [413] }),
	},
	[`${SCRIPT}/secrets-bulk`]: {
		patch: control("patchSecrets", "Sets several secrets in one version; `null` deletes one.", {
			body: json(loose({ secrets: maybe(map(maybe(loose({ text: text(), type: maybe(word("secret_text")) }, ["text"])), { propertyNames: named })) }), { secrets: { OTHER: { text: "s3cr3t", type: "secret_text" } } }),
			ok: result(map(secret)),
			also: [413],
		}),
	},
	[`${SCRIPT}/secrets/{item}`]: {
		get: control("getSecret", "Tells of a secret.", { ok: result(secret) }),
		delete: control("deleteSecret", "Deletes a secret, in a new version that is live at once."),
	},
	[`${SCRIPT}/tags`]: {
		get: control("listTags", "The tags.", { ok: result(ref("Tags")) }),
		put: control("putTags", "Sets the tags: these, and no others.", { body: json(ref("TagsSent"), ["plan:pro"]), ok: result(ref("Tags")), also: [413] }),
	},
	[`${SCRIPT}/tags/{item}`]: {
		put: control("putTag", "Adds a tag.", { ok: result(ref("Tags")) }),
		delete: control("deleteTag", "Takes a tag away."),
	},
};

const observed = { enabled: maybe(flag), head_sampling_rate: maybe(number({ minimum: 0, maximum: 1 })), invocation_logs: maybe(flag), persist: maybe(flag) };
const token = short(128, 1, { pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" });
const empty = maybe(list(any, { maxItems: 0 }));
const settable = { outbound: maybe(ref("Outbound")), tail: flag, observability: ref("Observability"), logpush: flag, affinity: maybe(ref("Affinity")), retention: whole(1, 200) };

export const schemas = {
	Settings: told({
		...settable, tags: ref("Tags"), compatibility_date: text(), compatibility_flags: list(text()), limits: ref("Limits"), bindings: list(ref("Binding")), placement: taken({}), tail_consumers: list(any, { maxItems: 0 }),
		usage_model: text(),
	}),
	SettingsPatch: taken({
		...Object.fromEntries(Object.entries(settable).map(([name, schema]) => [name, maybe(schema)])), tags: maybe(ref("TagsSent")), compatibility_date: maybe(text({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })),
		compatibility_flags: maybe(list(short(100, 1), { uniqueItems: true })), limits: maybe(ref("Limits")), bindings: maybe(list(ref("BindingSent"), { maxItems: 128 })), keep_bindings: maybe(list(text({ minLength: 1 }))),
		annotations: maybe(loose({ "workers/message": maybe(short(1000)), "workers/tag": maybe(short(100)), "workers/alias": maybe(short(100)) })), usage_model: maybe(text()), placement: maybe(loose({})),
		cache_options: maybe(loose({})), tail_consumers: empty, streaming_tail_consumers: empty, migrations: maybe(taken({})), containers: empty, capnp_schema: empty, exports: empty,
	}),
	Observability: loose({ ...observed, logs: maybe(loose(observed)), traces: maybe(loose(observed)) }),
	Affinity: either(taken({ header: token }, ["header"]), taken({ cookie: token }, ["cookie"])),
};
