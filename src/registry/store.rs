//! Bindings to what a script stores.

use serde_json::Value;

/// A kind of store.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The type of its bindings.
    pub binding: &'static str,
    /// The field of a binding that has the name of the store.
    pub id: &'static str,
    /// What it is called in the names of its objects.
    pub name: &'static str,
    /// The binding in wrangler.toml of its objects.
    pub objects: &'static str,
    /// The entrypoint of ours that a script's stub leads to.
    pub entrypoint: &'static str,
    /// Whether it is the namespace's: any of its scripts has the same.
    pub shared: bool,
    /// What makes of the stub what Cloudflare's runtime would give the script.
    pub source: &'static str,
}

const KINDS: &[Kind] = &[
    Kind {
        binding: "kv_namespace",
        id: "namespace_id",
        name: "kv",
        objects: "KVS",
        entrypoint: "Kv",
        shared: false,
        source: include_str!("../capability/kv/child.js"),
    },
    Kind {
        binding: "d1",
        // Cloudflare's API takes it as `id`, and gives it as `database_id`.
        id: "id",
        name: "d1",
        objects: "DATABASES",
        entrypoint: "D1",
        shared: false,
        source: include_str!("../capability/d1/child.js"),
    },
    Kind {
        binding: "r2_bucket",
        id: "bucket_name",
        name: "r2",
        objects: "SWEEPS",
        entrypoint: "R2",
        shared: false,
        source: include_str!("../capability/r2/child.js"),
    },
    Kind {
        binding: "durable_object_namespace",
        // The key of the class.
        id: "namespace_id",
        name: OBJECT,
        objects: "OBJECT_INDEXES",
        entrypoint: "Objects",
        shared: false,
        source: include_str!("../capability/object/child.js"),
    },
    Kind {
        binding: "queue",
        id: "queue_name",
        name: "queue",
        objects: "QUEUES",
        entrypoint: "Queue",
        shared: true,
        source: include_str!("../capability/queue/child.js"),
    },
];

/// The kind that Durable Objects are.
pub const OBJECT: &str = "object";

/// What runs a Durable Object class of a script below our supervisor.
pub const SUPERVISED: &str = include_str!("../capability/object/supervised.js");
/// What that knows of SQLite databases.
pub const TABLES: &str = include_str!("../capability/object/tables.js");

/// What brings a batch of a queue to a script's handler.
pub const CONSUMER: &str = include_str!("../capability/queue/consumer.js");

/// How long a queue may keep a message back, in seconds: <https://developers.cloudflare.com/queues/platform/limits/>.
const MOST_DELAY_S: u64 = 86_400;
const LONGEST_ID: usize = 100;

/// The kind of this name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The kind that bindings of this type are.
pub fn of_type(binding_type: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.binding == binding_type)
}

/// The kind of store that a binding is to, and its name.
pub fn of(binding: &Value) -> Option<(&'static Kind, &str)> {
    let kind = of_type(binding["type"].as_str()?)?;
    Some((kind, binding[kind.id].as_str().unwrap_or_default()))
}

/// What the ids of stores begin with that are the host's own, shared by its operator.
const SHARED: &str = "host.";

/// Whether a store of this id is the host's own.
pub fn is_shared(id: &str) -> bool {
    id.starts_with(SHARED)
}

/// Whether the host shares what a binding is to, where that is its own: `shared` is what its operator says,
/// `[{"type", "id", "namespaces": [...] or "*"}]`.
pub fn may_have(shared: &Value, binding: &Value, namespace: &str) -> bool {
    let Some((kind, id)) = of(binding).filter(|(_, id)| is_shared(id)) else { return true };
    let id = &id[SHARED.len()..];
    shared.as_array().into_iter().flatten().any(|one| {
        let namespaces = &one["namespaces"];
        let is_for = *namespaces == "*" || namespaces.as_array().is_some_and(|names| names.contains(&namespace.into()));
        one["type"] == kind.binding && one["id"] == *id && is_for
    })
}

/// What is wrong with a binding to a store, for people.
pub fn wrong(binding: &Value) -> Option<&'static str> {
    let (kind, id) = of(binding)?;
    if kind.name == OBJECT {
        // Which it is, and whether it is there, is known when the migrations are done.
        return (!binding["class_name"].is_string())
            .then_some("`class_name`, the name of a class that the script exports");
    }
    if !(binding["delivery_delay"].is_null()
        || binding["delivery_delay"].as_u64().is_some_and(|delay| delay <= MOST_DELAY_S))
    {
        return Some("`delivery_delay`, a whole number of seconds up to a day, or none");
    }
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_good = (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(is_id);
    (!is_good)
        .then_some("the id of its store (namespace_id of kv_namespace, id of d1, bucket_name of r2_bucket, queue_name of queue), 1 to 100 letters, digits, - _ and .")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_binding_names_its_store() {
        let binding = |id: Value| json!({ "name": "KV", "type": "kv_namespace", "namespace_id": id });
        let good = binding(json!("0123456789abcdef"));
        assert_eq!(
            (wrong(&good), of(&good).map(|(kind, id)| (kind.name, id))),
            (None, Some(("kv", "0123456789abcdef")))
        );
        for bad in [json!(null), json!(""), json!("a/b"), json!("x".repeat(101)), json!("ä"), json!(5)] {
            assert!(wrong(&binding(bad.clone())).is_some(), "{bad}");
        }
        let database = json!({ "name": "DB", "type": "d1", "id": "main" });
        assert_eq!((wrong(&database), of(&database).map(|(kind, id)| (kind.name, id))), (None, Some(("d1", "main"))));
        assert_eq!(wrong(&json!({ "name": "A", "type": "json" })), None);
        let queue = |delay: Value| json!({ "name": "Q", "type": "queue", "queue_name": "q", "delivery_delay": delay });
        let is_wrong = |delay: Value| wrong(&queue(delay)).is_some();
        assert!(!is_wrong(Value::Null) && !is_wrong(json!(86_400)) && is_wrong(json!(86_401)) && is_wrong(json!("5")));
        let shared = json!([{ "type": "kv_namespace", "id": "a", "namespaces": ["n"] }, { "type": "d1", "id": "b", "namespaces": "*" }]);
        let may = |binding: Value, namespace: &str| may_have(&shared, &binding, namespace);
        assert!(may(good, "m") && may(json!({ "type": "json", "json": "host.x" }), "m"));
        assert!(
            may(binding(json!("host.a")), "n")
                && !may(binding(json!("host.a")), "m")
                && !may(binding(json!("host.b")), "n")
        );
        assert!(
            may(json!({ "type": "d1", "id": "host.b" }), "m")
                && !may(json!({ "type": "r2_bucket", "bucket_name": "host.b" }), "m")
        );
        assert!(kind("kv").is_some() && kind("none").is_none());
    }
}
