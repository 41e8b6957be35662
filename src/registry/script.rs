//! A script as the API shows it.

use serde_json::{Value, json};

use super::version;

/// What of a script is in none of its versions.
pub struct Facts<'a> {
    /// Its name.
    pub name: &'a str,
    /// When it was first uploaded, in ISO 8601.
    pub created_on: &'a str,
    /// When it was last changed.
    pub modified_on: &'a str,
    /// Its settings.
    pub settings: &'a Value,
}

/// The script, told by `version`: the latest one. Cloudflare's `Script`.
pub fn view(facts: &Facts, version: &Value) -> Value {
    json!({
        "id": facts.name,
        "created_on": facts.created_on,
        "modified_on": facts.modified_on,
        "etag": version["etag"],
        "handlers": version["handlers"],
        "named_handlers": version["named_handlers"],
        "has_modules": !version["bundle"].is_null(),
        "has_assets": !version["assets"].is_null(),
        "compatibility_date": version["compatibility_date"],
        "compatibility_flags": version["compatibility_flags"],
        // What wrangler prints as the version.
        "deployment_id": version["id"],
        "last_deployed_from": version["source"],
        "pipeline_hash": version["etag"],
        "mutable_pipeline_id": "",
        "tag": version["annotations"]["workers/tag"],
        "tags": facts.settings["tags"],
        "logpush": facts.settings["logpush"],
        "observability": facts.settings["observability"],
        "tail_consumers": null,
        "usage_model": "standard",
    })
}

/// The script in a list of them, and by itself. The name of the namespace is put in by whoever knows it.
pub fn entry(facts: &Facts, version: &Value) -> Value {
    json!({
        "created_on": facts.created_on,
        "modified_on": facts.modified_on,
        "dispatch_namespace": null,
        "script": view(facts, version),
    })
}

/// The settings of a script: what its versions have, and what it has itself.
pub fn settings(facts: &Facts, version: &Value) -> Value {
    let mut shown = facts.settings.clone();
    shown["bindings"] = version::public_bindings(version).into();
    for field in ["compatibility_date", "compatibility_flags"] {
        shown[field] = version[field].clone();
    }
    shown["limits"] = if version["limits"].is_null() { json!({}) } else { version["limits"].clone() };
    shown["placement"] = json!({});
    shown["tail_consumers"] = json!([]);
    shown["usage_model"] = "standard".into();
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::settings as own;

    #[test]
    fn shows_all_but_secrets() {
        let settings = own::default();
        let facts = Facts { name: "s", created_on: "c", modified_on: "m", settings: &settings };
        let version = json!({
            "id": "v1", "etag": "b", "bundle": "b", "assets": null, "annotations": { "workers/tag": "t" }, "limits": null,
            "bindings": [{ "name": "S", "type": "secret_text", "text": "hush", "version": "v1" }],
        });
        let shown = super::settings(&facts, &version);
        assert_eq!(shown["bindings"], json!([{ "name": "S", "type": "secret_text" }]));
        assert_eq!((&shown["limits"], &shown["outbound"]), (&json!({}), &json!("block")));
        let entry = entry(&facts, &version);
        assert_eq!(entry["script"]["deployment_id"], "v1");
        assert_eq!((&entry["script"]["has_assets"], &entry["script"]["tag"]), (&json!(false), &json!("t")));
        assert!(!shown.to_string().contains("hush") && !entry.to_string().contains("hush"));
    }
}
