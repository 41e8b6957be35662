//! What `upload/given.js` puts into the env of a version, beside what the loader does.

use serde_json::{Map, Value, json};

use super::{part, store};

/// The main module of the worker that runs what the host calls itself of a version, in the folder of what is given.
const HOST: &str = "/host.js";

/// From this date on what deletes all that an object has stored deletes its alarm, too:
/// <https://developers.cloudflare.com/workers/configuration/compatibility-flags/>.
const ALARM_GOES: (&str, &str, &str) = ("2026-02-24", "delete_all_deletes_alarm", "delete_all_preserves_alarm");

/// `{folder, parts, wrapped, sources, classes, alarm_goes, consumes}`: of its parts, of its stores with what makes of a stub what a
/// script knows, of its Durable Object classes, and whether it consumes queues. `folder` is of modules that the script has none in.
pub fn given(version: &Value) -> Value {
    let (mut wrapped, mut sources) = (Vec::new(), json!({}));
    let mut add = |kind: &store::Kind| sources[kind.name] = kind.source.into();
    for binding in version["bindings"].as_array().into_iter().flatten() {
        if let Some((kind, id)) = store::of(binding) {
            wrapped.push(json!([binding["name"], kind.name, id]));
            add(kind);
        }
    }
    let classes: Vec<_> = version["classes"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
    if !classes.is_empty() {
        store::kind(store::OBJECT).into_iter().for_each(add);
        sources["supervised"] = store::SUPERVISED.into();
        sources["tables"] = store::TABLES.into();
    }
    let consumes = consumes(version);
    if consumes {
        sources["consumer"] = store::CONSUMER.into();
    }
    json!({
        "folder": folder(version),
        "parts": part::list(version),
        "wrapped": wrapped,
        "sources": sources,
        "classes": classes,
        "alarm_goes": alarm_goes(version),
        "consumes": consumes,
    })
}

/// Whether the version has a handler for what is in queues.
pub fn consumes(version: &Value) -> bool {
    version["handlers"].as_array().is_some_and(|handlers| handlers.contains(&"queue".into()))
}

/// The main module of the worker that runs what the host calls itself of a version: its Durable Objects, and its consumer of queues.
pub fn host_module(version: &Value) -> String {
    folder(version) + HOST
}

fn folder(version: &Value) -> String {
    let mut folder = "given".to_owned();
    let modules = version["modules"].as_array();
    let is_taken = |folder: &str| {
        let prefix = [folder, "/"].concat();
        let mut names = modules.into_iter().flatten().filter_map(|module| module["name"].as_str());
        names.any(|name| name.starts_with(&prefix))
    };
    while is_taken(&folder) {
        folder.insert(0, '_');
    }
    folder
}

fn alarm_goes(version: &Value) -> bool {
    let (since, with, without) = ALARM_GOES;
    let has = |flag: &str| version["compatibility_flags"].as_array().is_some_and(|flags| flags.contains(&flag.into()));
    has(with) || (version["compatibility_date"].as_str().is_some_and(|date| date >= since) && !has(without))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_given_once() {
        let store = |name: &str| json!({ "name": name, "type": "kv_namespace", "namespace_id": name });
        let given = given(&json!({ "bindings": [store("A"), store("B"), { "name": "C", "type": "json", "json": 1 }] }));
        assert_eq!(given["wrapped"], json!([["A", "kv", "A"], ["B", "kv", "B"]]));
        assert_eq!(given["sources"].as_object().map(serde_json::Map::len), Some(1));
        let nothing = json!({ "folder": "given", "parts": [], "wrapped": [], "sources": {}, "classes": [], "alarm_goes": false, "consumes": false });
        assert_eq!(super::given(&json!({})), nothing);
    }

    #[test]
    fn what_is_given_is_in_a_folder_of_its_own() {
        let version =
            json!({ "modules": [{ "name": "given/a.js" }, { "name": "_given/env.js" }, { "name": "__given" }] });
        assert_eq!(given(&version)["folder"], "__given");
        assert_eq!(host_module(&version), "__given/host.js");
    }

    #[test]
    fn classes_bring_what_runs_them() {
        let given = given(&json!({ "classes": { "A": "A.1.0", "B": "B.1.0" } }));
        assert_eq!(given["classes"], json!(["A", "B"]));
        assert!(given["sources"]["object"].is_string() && given["sources"]["supervised"].is_string());
    }

    #[test]
    fn with_a_date_an_alarm_goes_with_all_else() {
        let goes =
            |date: &str, flags: Value| alarm_goes(&json!({ "compatibility_date": date, "compatibility_flags": flags }));
        assert!(goes("2026-02-24", json!([])) && !goes("2026-02-23", json!([])));
        assert!(goes("2026-01-01", json!([ALARM_GOES.1])) && !goes("2026-07-01", json!([ALARM_GOES.2])));
    }
}
