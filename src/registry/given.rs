//! What `upload/given.js` puts into the env of a version, beside what the loader does.

use serde_json::{Value, json};

use super::{part, store};

/// `{parts, wrapped, sources}`: of its parts, and of its stores with what makes of a stub what a script knows.
pub fn given(version: &Value) -> Value {
    let (mut wrapped, mut sources) = (Vec::new(), json!({}));
    for binding in version["bindings"].as_array().into_iter().flatten() {
        if let Some((kind, _)) = store::of(binding) {
            wrapped.push(json!([binding["name"], kind.name]));
            sources[kind.name] = kind.source.into();
        }
    }
    json!({ "parts": part::list(version), "wrapped": wrapped, "sources": sources })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_given_once() {
        let store = |name: &str| json!({ "name": name, "type": "kv_namespace", "namespace_id": name });
        let given = given(&json!({ "bindings": [store("A"), store("B"), { "name": "C", "type": "json", "json": 1 }] }));
        assert_eq!(given["wrapped"], json!([["A", "kv"], ["B", "kv"]]));
        assert_eq!(given["sources"].as_object().map(serde_json::Map::len), Some(1));
        assert_eq!(super::given(&json!({})), json!({ "parts": [], "wrapped": [], "sources": {} }));
    }
}
