// Bindings as an upload sends them: src/registry/binding.rs.

import { any, either, loose, maybe, name as script, short, text, whole } from "./schema.js";

/** What a binding, and so a secret, can be called. */
export const named = short(255, 1, { pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]+$" });

const binding = (type, required = {}, optional = {}) => loose({ name: named, type: { const: type }, ...required, ...optional }, ["name", "type", ...Object.keys(required)]);
const id = text({ pattern: "^[A-Za-z0-9._-]{1,100}$" });
const delivery_delay = maybe(whole(0, 86_400));
const part = text({ description: "The name of a part of the same upload." });

export const schemas = {
	BindingSent: either(
		binding("plain_text", { text: text() }),
		binding("secret_text", { text: text() }),
		binding("json", { json: any }),
		binding("data_blob", { part }),
		binding("text_blob", { part }),
		binding("wasm_module", { part }),
		binding("kv_namespace", { namespace_id: id }),
		binding("d1", { id }),
		binding("r2_bucket", { bucket_name: id }),
		binding("durable_object_namespace", { class_name: text() }),
		binding("queue", { queue_name: id }, { delivery_delay }),
		binding("service", { service: script }, { namespace: maybe(script), entrypoint: maybe(text()), props: maybe(loose({})) }),
		binding("inherit", {}, { old_name: maybe(text()) }),
		binding("assets"),
		binding("version_metadata"),
	),
};
