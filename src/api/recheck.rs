//! A change of bindings, secrets, date or flags is a new version: it is tried before it is made, as an upload is.

use serde_json::{Map, Value, json};

/// What of a version an operation changes, with `bindings` as they are now, for those that need them: as a patch of the
/// settings. `None` where a new version would load as the old one does, or where the operation is not in order, which it
/// is told itself.
pub(super) fn patch_of(operation: &Value, bindings: &Value) -> Option<Value> {
    let one = |name: &Value, secret: Value| {
        let mut one = Map::new();
        one.insert(name.as_str()?.to_owned(), secret);
        Some(one)
    };
    let changed = match operation["op"].as_str()? {
        "patch_settings" => {
            let patch = &operation["patch"];
            let loads = ["bindings", "compatibility_date", "compatibility_flags"];
            return loads.iter().any(|field| !patch[field].is_null()).then(|| patch.clone());
        }
        "put_secret" => one(&operation["body"]["name"], secret(&operation["body"])?)?,
        "delete_secret" => one(&operation["name"], Value::Null)?,
        "patch_secrets" => {
            // Not collected: that is a sort, and sorting is code.
            let mut changed = Map::new();
            for (name, value) in operation["body"]["secrets"].as_object()? {
                let mut value = if value.is_null() { Value::Null } else { secret(value)? };
                if !value.is_null() {
                    value["name"] = name.as_str().into();
                }
                changed.insert(name.clone(), value);
            }
            changed
        }
        _ => return None,
    };
    let kept =
        bindings.as_array()?.iter().filter(|old| !old["name"].as_str().is_some_and(|old| changed.contains_key(old)));
    let kept = kept.map(|old| json!({ "name": old["name"], "type": "inherit" }));
    let sent = changed.values().filter(|value| !value.is_null()).cloned();
    Some(json!({ "bindings": kept.chain(sent).collect::<Vec<_>>() }))
}

/// Whether [`patch_of`] needs the bindings.
pub(super) fn is_of_secrets(operation: &Value) -> bool {
    matches!(operation["op"].as_str(), Some("put_secret" | "delete_secret" | "patch_secrets"))
}

fn secret(body: &Value) -> Option<Value> {
    Some(json!({ "name": body["name"], "type": "secret_text", "text": body["text"].as_str()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(operation: Value) -> Option<Value> {
        let bindings =
            json!([{ "name": "A", "type": "plain_text", "text": "a" }, { "name": "S", "type": "secret_text" }]);
        patch_of(&operation, &bindings)
    }

    #[test]
    fn secrets_are_changed_and_all_else_is_inherited() {
        let kept = json!({ "name": "A", "type": "inherit" });
        let old = json!({ "name": "S", "type": "inherit" });
        let new = |name| json!({ "name": name, "type": "secret_text", "text": "hush" });
        for (operation, bindings) in [
            (json!({ "op": "put_secret", "body": { "name": "S", "text": "hush" } }), json!([kept, new("S")])),
            (json!({ "op": "put_secret", "body": { "name": "T", "text": "hush" } }), json!([kept, old, new("T")])),
            (json!({ "op": "delete_secret", "name": "S" }), json!([kept])),
            (
                json!({ "op": "patch_secrets", "body": { "secrets": { "S": null, "T": { "text": "hush" } } } }),
                json!([kept, new("T")]),
            ),
        ] {
            assert!(is_of_secrets(&operation));
            assert_eq!(patch(operation).unwrap()["bindings"], bindings);
        }
    }

    #[test]
    fn settings_matter_where_they_are_a_versions() {
        let settings = |patch: Value| json!({ "op": "patch_settings", "patch": patch });
        let matters = json!({ "compatibility_flags": [], "tags": ["a"] });
        assert_eq!(patch(settings(matters.clone())), Some(matters));
        assert_eq!(patch(settings(json!({ "tags": ["a"], "limits": {} }))), None);
        assert_eq!(patch(settings(json!(5))), None);
    }

    #[test]
    fn what_is_not_in_order_is_told_by_the_operation_itself() {
        for operation in [
            json!({ "op": "tags" }),
            json!({ "op": "put_secret", "body": { "name": "S" } }),
            json!({ "op": "put_secret", "body": { "text": "S" } }),
            json!({ "op": "put_secret", "body": [] }),
            json!({ "op": "patch_secrets", "body": { "secrets": { "S": 5 } } }),
            json!({ "op": "patch_secrets", "body": null }),
        ] {
            assert_eq!(patch(operation.clone()), None, "{operation}");
        }
    }
}
