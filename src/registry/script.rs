//! A script as the API shows it.

use serde_json::{Value, json};

use super::{shape, version};

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
    /// The tag of the last migration of its Durable Object classes, or null.
    pub migration_tag: &'a Value,
}

/// The script in a list of them, and by itself; `version` is its latest one. In `script` it is Cloudflare's `Script`. The
/// name of the namespace is put in by whoever knows it.
pub fn entry(facts: &Facts, version: &Value) -> Value {
    let from = json!([facts.name, facts.created_on, facts.modified_on, facts.settings, version, facts.migration_tag]);
    // What wrangler prints as the version is `deployment_id`.
    let mut entry = shape(
        r#"{"created_on":"=1","modified_on":"=2","dispatch_namespace":null,"script":{"id":"=0","created_on":"=1",
            "modified_on":"=2","etag":"=4.etag","handlers":"=4.handlers","named_handlers":"=4.named_handlers",
            "compatibility_date":"=4.compatibility_date","compatibility_flags":"=4.compatibility_flags","deployment_id":"=4.id",
            "last_deployed_from":"=4.source","pipeline_hash":"=4.etag","mutable_pipeline_id":"",
            "tag":"=4.annotations.workers/tag","tags":"=3.tags","logpush":"=3.logpush","observability":"=3.observability",
            "tail_consumers":null,"usage_model":"standard","migration_tag":"=5"}}"#,
        &from,
    );
    if facts.migration_tag.is_null()
        && let Some(script) = entry["script"].as_object_mut()
    {
        // As Cloudflare, which has none then.
        script.remove("migration_tag");
    }
    for (name, field) in [("has_modules", "bundle"), ("has_assets", "assets")] {
        entry["script"][name] = (!version[field].is_null()).into();
    }
    entry
}

/// The settings of a script: what its versions have, and what it has itself.
pub fn settings(facts: &Facts, version: &Value) -> Value {
    let mut shown = facts.settings.clone();
    let of_version = shape(
        r#"{"compatibility_date":"=compatibility_date","compatibility_flags":"=compatibility_flags","limits":"=limits",
            "placement":{},"tail_consumers":[],"usage_model":"standard"}"#,
        version,
    );
    for (name, value) in of_version.as_object().into_iter().flatten() {
        shown[name] = value.clone();
    }
    shown["bindings"] = version::public_bindings(version).into();
    version::or_empty(&mut shown["limits"]);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::settings as own;

    #[test]
    fn shows_all_but_secrets() {
        let settings = own::default();
        let facts =
            Facts { name: "s", created_on: "c", modified_on: "m", settings: &settings, migration_tag: &json!("v1") };
        let version = json!({
            "id": "v1", "etag": "b", "bundle": "b", "assets": null, "annotations": { "workers/tag": "t" }, "limits": null,
            "bindings": [{ "name": "S", "type": "secret_text", "text": "hush", "version": "v1" }],
        });
        let shown = super::settings(&facts, &version);
        assert_eq!(shown["bindings"], json!([{ "name": "S", "type": "secret_text" }]));
        assert_eq!((&shown["limits"], &shown["outbound"], &shown["tags"]), (&json!({}), &json!(null), &json!([])));
        let entry = entry(&facts, &version);
        assert_eq!((&entry["script"]["id"], &entry["script"]["deployment_id"]), (&json!("s"), &json!("v1")));
        assert_eq!((&entry["created_on"], &entry["script"]["modified_on"]), (&json!("c"), &json!("m")));
        assert_eq!(entry["script"]["migration_tag"], "v1");
        let has = |what: &str| entry["script"][what].as_bool();
        assert_eq!(
            (has("has_modules"), has("has_assets"), &entry["script"]["tag"]),
            (Some(true), Some(false), &json!("t"))
        );
        assert!(!shown.to_string().contains("hush") && !entry.to_string().contains("hush"));
    }
}
