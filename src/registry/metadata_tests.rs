use super::*;
use proptest::prelude::*;
use serde_json::json;

fn module(name: &str, kind: &str) -> Value {
    json!({ "name": name, "type": "application/javascript+module", "kind": kind, "bytes": 9, "sha256": "ab" })
}

fn parsed(metadata: Value) -> Result<Value, Vec<Problem>> {
    parse(&metadata, &[module("index.js", "js"), module("./f00-hello.txt", "text")])
}

fn messages(metadata: Value) -> Vec<String> {
    parsed(metadata).unwrap_err().into_iter().map(|problem| problem.message).collect()
}

#[test]
fn what_wrangler_sends_is_a_draft() {
    let draft = parsed(json!({
        "main_module": "index.js",
        "bindings": [{ "name": "GREETING", "type": "plain_text", "text": "hi" }],
        "compatibility_date": "2026-01-01",
        "compatibility_flags": ["nodejs_compat"],
        "code_update_strategy": { "mode": "deferred", "max_delay": 300 },
        "keep_bindings": ["secret_text", "secret_key"],
        "annotations": { "workers/message": "first", "workers/triggered_by": "forged" },
        "migrations": null, "tail_consumers": [], "limits": { "cpu_ms": 50 }, "observability": { "enabled": true },
    }))
    .unwrap();
    assert_eq!(draft["main_module"], "index.js");
    assert_eq!(draft["keep_bindings"], json!(["secret_text", "secret_key"]));
    assert_eq!(draft["annotations"], json!({ "workers/message": "first" }));
    assert_eq!(draft["limits"], json!({ "cpu_ms": 50 }));
    assert_eq!((&draft["observability"], &draft["tags"]), (&json!({ "enabled": true }), &Value::Null));
    assert_eq!(draft["modules"][1]["name"], "f00-hello.txt", "as it is imported");
    assert_eq!(draft["bundle"].as_str().map(str::len), Some(64));
}

#[test]
fn the_least_is_a_main_module() {
    let draft = parsed(json!({ "main_module": "index.js" })).unwrap();
    assert_eq!(draft["compatibility_date"], OLDEST_DATE);
    assert_eq!((&draft["assets"], &draft["limits"], &draft["bindings"]), (&Value::Null, &Value::Null, &json!([])));
}

#[test]
fn assets_need_no_module() {
    let draft = parse(&json!({ "assets": { "jwt": "x", "config": {} } }), &[]).unwrap();
    assert_eq!((&draft["main_module"], &draft["bundle"]), (&Value::Null, &Value::Null));
    assert_eq!(draft["assets"]["jwt"], "x");
    assert_eq!(parse(&json!({}), &[]).unwrap_err().len(), 1);
}

#[test]
fn every_field_is_looked_at() {
    let all = messages(json!({
        "main_module": "gone.js",
        "compatibility_date": "yesterday",
        "compatibility_flags": ["a", "a"],
        "bindings": [{ "name": "KV", "type": "kv_namespace" }],
        "keep_bindings": "secret_text",
        "annotations": { "workers/tag": "x".repeat(101) },
        "limits": { "cpu_ms": 0, "subrequests": "many" },
        "containers": [{ "class_name": "A" }],
        "tail_consumers": [{ "service": "x" }],
        "tags": ["a,b"],
        "outbound": "open",
    }));
    for part in [
        "\"gone.js\" is not among the modules: index.js, f00-hello.txt",
        "\"yesterday\"",
        "\"a\" twice",
        "kv_namespace",
        "keep_bindings",
        "workers/tag",
        "limits.cpu_ms",
        "limits.subrequests",
        "containers",
        "tail_consumers",
        "a,b",
        "outbound",
    ] {
        assert!(all.iter().any(|message| message.contains(part)), "{part}: {all:#?}");
    }
    assert_eq!(all.len(), 12);
    for message in all {
        assert!(!message.to_lowercase().contains("startup"), "wrangler would take it for a failed start: {message}");
    }
}

#[test]
fn a_module_has_a_name_and_a_kind() {
    for bad in ["", "/a.js", "../a.js", "a/../b.js", "a//b.js", "a/./b.js", "././a.js", "a\n.js"] {
        let problems =
            parse(&json!({ "main_module": "m.js" }), &[module("m.js", "js"), module(bad, "js")]).unwrap_err();
        assert!(problems[0].message.contains("name of a module"), "{bad:?}");
    }
    let twice = [module("m.js", "js"), module("a.js", "js"), module("./a.js", "text")];
    assert!(parse(&json!({ "main_module": "m.js" }), &twice).unwrap_err()[0].message.contains("two modules \"a.js\""));
    let strange = [module("m.js", "js"), json!({ "name": "a.png", "type": "image/png", "kind": null })];
    assert!(parse(&json!({ "main_module": "m.js" }), &strange).unwrap_err()[0].message.contains("image/png"));
}

#[test]
fn the_main_module_is_an_es_module() {
    for (metadata, part) in [
        (json!({ "body_part": "index.js" }), "ES modules only"),
        (json!({}), "main_module is missing"),
        (json!({ "main_module": "f00-hello.txt" }), "no ES module"),
        (json!({ "main_module": 5 }), "main_module has to be a text"),
    ] {
        assert!(messages(metadata.clone())[0].contains(part), "{metadata}");
    }
}

#[test]
fn what_is_no_object_is_told() {
    for metadata in [json!([]), json!(5), json!("{}"), Value::Null] {
        assert!(parse(&metadata, &[]).unwrap_err()[0].message.contains("metadata"), "{metadata}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "index.js|name|type|plain_text|secret_text|inherit|text|jwt|\\PC{0,9}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let key = "name|type|text|json|jwt|cpu_ms|workers/tag|\\PC{0,9}";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    /// No metadata makes it panic, and what it takes has a bundle or assets.
    #[test]
    fn any_metadata_is_a_draft_or_problems(
        metadata in prop::collection::vec(("main_module|bindings|limits|assets|tags|annotations|affinity", any_json()), 0..4),
    ) {
        let metadata = Value::Object(metadata.into_iter().collect());
        for modules in [vec![], vec![module("index.js", "js")]] {
            match parse(&metadata, &modules) {
                Ok(draft) => prop_assert!(draft["bundle"].is_string() || !draft["assets"].is_null()),
                Err(problems) => prop_assert!(!problems.is_empty()),
            }
        }
    }
}
