use super::*;
use crate::registry::problem;
use serde_json::json;

const BIRTH: Birth<'static> =
    Birth { id: "v2", number: 2, created_on: "2026-11-24T00:00:00.000Z", script: "app", classes: &Value::Null };

fn draft() -> Value {
    json!({
        "source": "wrangler", "main_module": "index.js", "compatibility_date": "2026-01-01", "compatibility_flags": [],
        "bindings": [{ "name": "A", "type": "plain_text", "text": "a" }], "keep_bindings": ["secret_text"],
        "keep_assets": false, "assets": null, "annotations": {}, "limits": null, "bundle": "b1", "maps": false,
        "modules": [], "handlers": ["fetch"], "named_handlers": [],
    })
}

fn latest() -> Value {
    json!({
        "id": "v1", "number": 1, "bundle": "b0", "etag": "b0", "compatibility_date": "2026-01-01",
        "compatibility_flags": [], "limits": null, "assets": { "manifest": "m0", "digest": "d0" }, "modules": [], "handlers": ["fetch"],
        "bindings": [
            { "name": "S", "type": "secret_text", "text": "hush", "version": "v1" },
            { "name": "P", "type": "plain_text", "text": "p" },
        ],
    })
}

fn resolved(draft: Value) -> Result<Value, Vec<Problem>> {
    resolve(&draft, &BIRTH, &|version| version.is_none().then(latest))
}

#[test]
fn a_version_is_the_draft_and_what_it_keeps() {
    let version = resolved(draft()).unwrap();
    assert_eq!((&version["id"], &version["number"], &version["etag"]), (&json!("v2"), &json!(2), &json!("b1")));
    assert_eq!(version["bindings"][1], latest()["bindings"][0]);
    assert_eq!((&version["assets"], version.get("keep_bindings")), (&Value::Null, None));
    assert_eq!(version["annotations"], json!({ "workers/triggered_by": "upload" }));
}

#[test]
fn assets_are_kept_on_request_only() {
    let mut keeping = draft();
    keeping["keep_assets"] = true.into();
    assert_eq!(resolved(keeping.clone()).unwrap()["assets"], json!({ "manifest": "m0", "digest": "d0" }));
    keeping["bundle"] = Value::Null;
    assert_eq!(resolved(keeping.clone()).unwrap()["etag"], "d0");
    keeping["keep_assets"] = false.into();
    keeping["bindings"] = json!([{ "name": "ASSETS", "type": "assets" }]);
    let problems = resolved(keeping).unwrap_err();
    assert_eq!(problems.len(), 2, "nothing to run, and a binding to nothing: {problems:?}");
    assert!(problems.iter().all(|problem| problem.code == problem::VALIDATION));
}

#[test]
fn a_document_has_a_size() {
    let mut large = draft();
    large["bindings"] = json!([{ "name": "A", "type": "plain_text", "text": "\u{1}".repeat(400_000) }]);
    let problems = resolved(large).unwrap_err();
    assert_eq!(problems[0].code, problem::TOO_LARGE, "{problems:?}");
}

#[test]
fn a_successor_differs_in_what_is_given() {
    let secret = json!({ "name": "T", "type": "secret_text", "text": "new" });
    let mut bindings = Map::new();
    bindings.insert("T".to_owned(), secret);
    bindings.insert("P".to_owned(), Value::Null);
    let version = resolved(successor(&latest(), &bindings, "secret")).unwrap();
    assert_eq!(
        version["bindings"],
        json!([
            { "name": "S", "type": "secret_text", "text": "hush", "version": "v1" },
            { "name": "T", "type": "secret_text", "text": "new", "version": "v2" },
        ])
    );
    assert_eq!((&version["bundle"], &version["assets"]), (&json!("b0"), &json!({ "manifest": "m0", "digest": "d0" })));
    assert_eq!(version["annotations"]["workers/triggered_by"], "secret");
}

#[test]
fn a_patch_of_what_a_version_has_is_a_new_version() {
    for nothing in [json!({}), json!({ "logpush": true, "tags": [] }), json!({ "compatibility_date": "2026-01-01" })] {
        assert_eq!(patched(&latest(), &nothing), Ok(None), "{nothing}");
    }
    let patch = json!({
        "compatibility_date": "2026-02-02",
        "bindings": [{ "name": "Q", "type": "json", "json": 1 }],
        "keep_bindings": ["secret_text"],
    });
    let version = resolved(patched(&latest(), &patch).unwrap().unwrap()).unwrap();
    assert_eq!(version["compatibility_date"], "2026-02-02");
    let names: Vec<_> = version["bindings"].as_array().unwrap().iter().map(|binding| &binding["name"]).collect();
    assert_eq!(names, ["Q", "S"]);
    let bad = json!({ "compatibility_date": "x", "bindings": [{ "name": "D", "type": "d1" }], "limits": { "cpu_ms": "x" },
        "tail_consumers": [{ "service": "t" }] });
    assert_eq!(patched(&latest(), &bad).unwrap_err().len(), 4);
}

#[test]
fn secrets_are_shown_nowhere() {
    let version = resolved(draft()).unwrap();
    assert!(version.to_string().contains("hush"));
    for shown in [item(&version), detail(&version), public_bindings(&version).into()] {
        assert!(!shown.to_string().contains("hush"), "{shown}");
    }
    assert_eq!(detail(&version)["resources"]["bindings"][1], json!({ "name": "S", "type": "secret_text" }));
}
