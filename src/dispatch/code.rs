//! A version as the code that the loader takes.

use serde_json::{Value, json};
use worker_loader::{Bundle, Error, Limits, Outbound, Stub, WorkerCode};

use crate::{
    registry::{BUILTIN, given, host_module, outbound::Way, part, service, store},
    upload::{Place, bundle_key},
};

/// Raised when what an entrypoint of ours means changes: workers that were handed one are then loaded anew.
const REVISION: u32 = 1;

/// Whose a version is.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The namespace's name.
    pub namespace: &'a str,
    /// Its id.
    pub namespace_id: &'a str,
    /// The script's name.
    pub script: &'a str,
    /// Which life of the script.
    pub incarnation: &'a str,
    /// How many services deep it is called.
    pub depth: u32,
    /// Whether it is for what the host calls itself, Durable Objects and the consumer of queues, and not for requests.
    pub hosted: bool,
}

impl<'a> Owner<'a> {
    /// This life of a script, as its versions are run for requests.
    pub fn new(namespace: &'a str, namespace_id: &'a str, script: &'a str, incarnation: &'a str) -> Self {
        Self { namespace, namespace_id, script, incarnation, depth: 0, hosted: false }
    }

    /// One of the host's own.
    pub fn own(script: &'a str) -> Self {
        Self::new(BUILTIN, BUILTIN, script, "")
    }

    /// Whom it is counted for.
    pub fn to_value(self) -> Value {
        json!({ "namespace": self.namespace, "namespace_id": self.namespace_id, "script": self.script })
    }
}

/// What of a code is made where there is JavaScript.
pub struct Means<'a> {
    /// The bundle of this digest, from where it is kept.
    pub bundle: &'a dyn Fn(&str, Place) -> Bundle,
    /// The value of the secret of this name, of what is stored.
    pub open: &'a dyn Fn(&str, &str) -> Result<String, Error>,
    /// A stub to an entrypoint of ours, of this revision, with these props.
    pub stub: &'a dyn Fn(&str, u32, Value) -> Result<Stub, Error>,
}

/// What a script is set to, beside what its version is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// How its requests to elsewhere go.
    pub outbound: Way,
    /// Whether its logs are written where the operator's are, too.
    pub writes_logs: bool,
}

/// What the keys of a script's versions begin with.
pub fn prefix(owner: Owner<'_>) -> String {
    [owner.namespace, "/", owner.script].concat()
}

/// The code of a version that has one, within these limits; a version may be files alone.
///
/// # Errors
/// What the loader would not take of it.
pub fn code(
    owner: Owner<'_>,
    version: &Value,
    limits: &Value,
    policy: Policy,
    means: &Means<'_>,
) -> Result<Option<WorkerCode>, Error> {
    let text = |name: &str| version[name].as_str().unwrap_or_default();
    let digest = text("bundle");
    if digest.is_empty() {
        return Ok(None);
    }
    let key = bundle_key(owner.namespace_id, owner.script, digest);
    // Names come again, under other tenants; a life of a script does not. What one left in an isolate is not the next's.
    let mut covered = [digest, " of ", owner.namespace_id, " ", owner.incarnation].concat();
    let given = given(version);
    let adds =
        given["consumes"] == true || ["parts", "wrapped", "classes"].iter().any(|name| !list(&given[*name]).is_empty());
    let given = given.to_string();
    // Where nothing is given, what could be is no part of the worker.
    if adds {
        covered.push_str(&given);
    }
    let place = Place { key, main_module: text("main_module").to_owned(), given };
    let main_module = if owner.hosted { host_module(version) } else { text("main_module").to_owned() };
    let mut code = WorkerCode::builder(text("compatibility_date"), main_module)
        .bundle((means.bundle)(&covered, place))
        .limits(of_runtime(limits));
    for flag in list(&version["compatibility_flags"]) {
        code = code.compatibility_flag(flag.as_str().unwrap_or_default());
    }
    for binding in list(&version["bindings"]) {
        let field = |name: &str| binding[name].as_str().unwrap_or_default();
        let name = field("name");
        code = match field("type") {
            // In the bundle.
            of if part::kind(of).is_some() => code,
            of if store::of_type(of).is_some() => {
                let Some((kind, id)) = store::of(binding) else { continue };
                let mut props = json!({
                    "namespace": owner.namespace,
                    "namespace_id": owner.namespace_id,
                    "script": owner.script,
                    "incarnation": owner.incarnation,
                    "id": id,
                });
                if !binding["delivery_delay"].is_null() {
                    props["delivery_delay"] = binding["delivery_delay"].clone();
                }
                code.env_stub(name, (means.stub)(kind.entrypoint, REVISION, props)?)
            }
            "secret_text" => code.env_secret(name, (means.open)(name, field("text"))?, field("version")),
            "json" => code.env(name, &binding["json"]),
            "version_metadata" => code.env(name, metadata(version)),
            "service" => {
                let (namespace, service) = service::target(binding, owner.namespace);
                let props = json!({
                    "namespace": owner.namespace,
                    "namespace_id": owner.namespace_id,
                    "script": owner.script,
                    "service_namespace": namespace,
                    "service": service,
                    "entrypoint": binding["entrypoint"],
                    "props": binding["props"],
                    "depth": owner.depth + 1,
                });
                code.env_stub(name, (means.stub)("Service", REVISION, props)?)
            }
            "assets" => {
                let props = json!({ "manifest": version["assets"]["manifest"] });
                code.env_stub(name, (means.stub)("Assets", REVISION, props)?)
            }
            _ => code.env(name, field("text")),
        };
    }
    match policy.outbound {
        Way::Block => {}
        Way::Inherit => code = code.outbound(Outbound::Inherit),
        Way::Through => {
            // Not the policy: it is looked up with each request, so a change of it is no other worker.
            let props = json!({
                "namespace": owner.namespace,
                "namespace_id": owner.namespace_id,
                "script": owner.script,
                "incarnation": owner.incarnation,
                "version": version["id"],
            });
            code = code.outbound(Outbound::Through((means.stub)("Outbound", REVISION, props)?));
        }
    }
    let mut props = json!({
        "namespace": owner.namespace,
        "namespace_id": owner.namespace_id,
        "script": owner.script,
        "version": version["id"],
    });
    if policy.writes_logs {
        props["writes"] = true.into();
    }
    code.tail((means.stub)("Tail", REVISION, props)?).build().map(Some)
}

/// Cloudflare's `version_metadata`.
fn metadata(version: &Value) -> Value {
    let tag = version["annotations"]["workers/tag"].as_str().unwrap_or_default();
    json!({ "id": version["id"], "tag": tag, "timestamp": version["created_on"] })
}

/// Those of limits that the runtime enforces.
pub fn of_runtime(limits: &Value) -> Limits {
    let number = |name: &str| limits[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let of_cpu = number("cpu_ms").map_or(Limits::new(), |ms| Limits::new().cpu_ms(ms));
    number("subrequests").map_or(of_cpu, |count| of_cpu.sub_requests(count))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use worker_loader::{Handle, WorkerKey};

    const OWNER: Owner<'static> =
        Owner { namespace: "ns", namespace_id: "id", script: "app", incarnation: "i1", depth: 0, hosted: false };

    fn version() -> Value {
        json!({
            "id": "v1", "created_on": "2026-11-24T00:00:00Z", "main_module": "index.js", "compatibility_date": "2026-07-01",
            "compatibility_flags": ["nodejs_compat"], "bundle": "b1", "annotations": { "workers/tag": "t" },
            "limits": { "cpu_ms": 50, "subrequests": null }, "assets": { "manifest": "m1" },
            "bindings": [
                { "name": "A", "type": "plain_text", "text": "a" },
                { "name": "S", "type": "secret_text", "text": "hush", "version": "v1" },
                { "name": "J", "type": "json", "json": { "a": 1 } },
                { "name": "V", "type": "version_metadata" },
                { "name": "ASSETS", "type": "assets" },
            ],
        })
    }

    fn made(owner: Owner<'_>, version: &Value, policy: Policy) -> Option<WorkerCode> {
        let means = Means {
            bundle: &|digest, Place { key, .. }| {
                let (bundle, _) = digest.split_once(' ').unwrap();
                assert_eq!(key, format!("{}/app/bundle/{bundle}", owner.namespace_id));
                Bundle::new(digest, || std::future::ready(Ok(Handle::nothing())))
            },
            open: &|_, stored| Ok(stored.to_owned()),
            stub: &|name, revision, props| Ok(Stub::new(Handle::nothing(), format!("{name} {revision} {props}"))),
        };
        code(owner, version, &version["limits"], policy, &means).unwrap()
    }

    fn key(owner: Owner<'_>, version: &Value, policy: Policy) -> WorkerKey {
        made(owner, version, policy).unwrap().key(&prefix(owner))
    }

    #[test]
    fn the_key_covers_all_that_the_worker_sees() {
        let plain = key(OWNER, &version(), Policy::default());
        assert_eq!(plain.prefix(), "ns/app");
        assert_eq!(plain, key(OWNER, &version(), Policy::default()));
        let changed = |change: fn(&mut Value)| {
            let mut version = version();
            change(&mut version);
            key(OWNER, &version, Policy::default())
        };
        for (what, key) in [
            ("code", changed(|v| v["bundle"] = json!("b2"))),
            ("date", changed(|v| v["compatibility_date"] = json!("2026-06-01"))),
            ("flags", changed(|v| v["compatibility_flags"] = json!([]))),
            ("limits", changed(|v| v["limits"] = json!({ "cpu_ms": 50, "subrequests": 1 }))),
            ("text", changed(|v| v["bindings"][0]["text"] = json!("b"))),
            ("secret", changed(|v| v["bindings"][1]["version"] = json!("v2"))),
            ("json", changed(|v| v["bindings"][2]["json"] = json!(2))),
            ("id", changed(|v| v["id"] = json!("v2"))),
            ("part", changed(|v| v["bindings"][0] = json!({ "name": "A", "type": "data_blob", "part": "a" }))),
            (
                "store",
                changed(|v| v["bindings"][0] = json!({ "name": "A", "type": "kv_namespace", "namespace_id": "a" })),
            ),
            ("assets", changed(|v| v["assets"]["manifest"] = json!("m2"))),
            ("tail", key(OWNER, &version(), Policy { writes_logs: true, ..Policy::default() })),
            ("outbound", key(OWNER, &version(), Policy { outbound: Way::Inherit, writes_logs: false })),
            ("gateway", key(OWNER, &version(), Policy { outbound: Way::Through, writes_logs: false })),
        ] {
            assert_ne!(key, plain, "{what}");
        }
        let value = changed(|v| v["bindings"][1]["text"] = json!("other"));
        assert_eq!(value, plain, "no digest of a secret is in a key, its version is");
        for (what, other) in [
            ("name", Owner { namespace: "other", ..OWNER }),
            ("namespace", Owner { namespace_id: "id2", ..OWNER }),
            ("hosted", Owner { hosted: true, ..OWNER }),
            ("life", Owner { incarnation: "i2", ..OWNER }),
        ] {
            assert_ne!(key(other, &version(), Policy::default()), plain, "{what}: two tenants share no isolate");
        }
    }

    #[test]
    fn a_version_is_a_worker_of_its_own() {
        let mut one = version();
        one["bindings"] = json!([]);
        let mut two = one.clone();
        two["id"] = json!("v2");
        let parts =
            |version: &Value| made(OWNER, version, Policy::default()).unwrap().part_digests().collect::<Vec<_>>();
        let changed: Vec<_> = parts(&one).into_iter().zip(parts(&two)).filter(|(one, two)| one != two).collect();
        assert!(matches!(&changed[..], [(("tails", _), _)]), "what it does is told apart by its tail: {changed:?}");
    }

    #[test]
    fn files_alone_are_no_code() {
        let mut files = version();
        files["bundle"] = Value::Null;
        assert!(made(OWNER, &files, Policy::default()).is_none());
    }
}
