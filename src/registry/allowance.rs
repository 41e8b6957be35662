//! How much the scripts of a namespace may store: all of them, and each.

use serde_json::{Map, Value, json};

use super::Fields;

/// What there is of it, and the most that it can be set to: bytes, keys (of KV keys, of R2 files, of Durable Objects those), and
/// operations in a minute (calls; of D1 statements, and the rows that they read and write).
const NAMES: [(&str, u64); 3] =
    [("bytes", 1 << 50), ("keys", 1_000_000_000_000), ("operations_per_minute", 1_000_000_000)];

/// Those of a quota, by the name of its field.
pub const WHOSE: [&str; 2] = ["storage", "script_storage"];

/// Reads the field of a quota; null where nothing is said in it.
pub fn read(fields: &mut Fields, name: &'static str) -> Value {
    let mut read = Map::new();
    if let Some(mut inner) = fields.within(name, "storage.") {
        for (name, most) in NAMES {
            if let Some(number) = inner.whole(name, 1, most) {
                read.insert(name.to_owned(), number.into());
            }
        }
        let others: Vec<_> = inner.names().filter(|name| NAMES.iter().all(|(known, _)| known != name)).collect();
        if !others.is_empty() {
            inner.wrong(format!("{name} has bytes, keys and operations_per_minute, and no {}.", others.join(", ")));
        }
        fields.problems.extend(inner.problems);
    }
    if read.is_empty() { Value::Null } else { read.into() }
}

/// Why nothing more may be stored where so much is, `{"full": "bytes", "of": "namespace", "most"}`: of a quota, as the Directory tells
/// it, and what is stored, `{"script": {"bytes", "keys"}, "namespace": ...}`.
pub fn full(quota: &Value, stored: &Value) -> Option<Value> {
    for (whose, of) in [("script_storage", "script"), ("storage", "namespace")] {
        for name in ["bytes", "keys"] {
            let most = quota[whose][name].as_u64();
            if let Some(most) = most.filter(|most| stored[of][name].as_u64().unwrap_or_default() >= *most) {
                return Some(json!({ "full": name, "of": of, "most": most }));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::problem;

    #[test]
    fn what_is_set_is_read() {
        let quota = json!({ "storage": { "bytes": 5, "keys": null }, "script_storage": { "keys": 0, "rows": 1 } });
        let mut fields = Fields::new(&quota, "The quota", "", problem::MALFORMED);
        assert_eq!(read(&mut fields, "storage"), json!({ "bytes": 5 }));
        assert_eq!((read(&mut fields, "none"), fields.problems.len()), (Value::Null, 0));
        read(&mut fields, "script_storage");
        let told: Vec<_> = fields.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("storage.keys") && told[1].contains("no rows"), "{told:?}");
    }

    #[test]
    fn full_is_what_has_as_much_as_it_may() {
        let stored = json!({ "script": { "bytes": 5, "keys": 1 }, "namespace": { "bytes": 9, "keys": 3 } });
        let of = |quota: Value| full(&quota, &stored);
        assert_eq!(of(Value::Null), None);
        assert_eq!(
            of(json!({ "script_storage": { "bytes": 6, "keys": 2 }, "storage": { "bytes": 10, "keys": 4 } })),
            None
        );
        assert_eq!(
            of(json!({ "script_storage": { "bytes": 5 } })),
            Some(json!({ "full": "bytes", "of": "script", "most": 5 }))
        );
        assert_eq!(
            of(json!({ "storage": { "keys": 3 } })),
            Some(json!({ "full": "keys", "of": "namespace", "most": 3 }))
        );
    }
}
