//! `/plugin/:chain/*`: an ordered chain of plugins over requests and their responses, each a script of the namespace `plugin`.

use serde_json::{Value, json};

use super::table::{Made, Pattern, Upload, binding, metadata, wrong};
use crate::{
    http::Endpoint,
    registry::{Fields, is_name},
};

/// The pattern.
pub const PATTERN: Pattern = Pattern {
    namespace: "plugin",
    document: "CHAIN",
    make,
    endpoints: &[
        Endpoint { method: "*", path: "/plugin/:chain/*", description: "A script behind a chain of plugins." },
        Endpoint {
            method: "PUT",
            path: "/plugin/:chain",
            description: "Makes or changes a chain (token); GET, DELETE.",
        },
    ],
    routes: &[],
};

const MOST: usize = 32;
const FIELDS: [&str; 7] = ["name", "enabled", "hooks", "body", "deadline_ms", "on_failure", "config"];

/// `{plugins: [{name, enabled?, hooks?, body?, deadline_ms?, on_failure?, config?}], target?}`.
fn make(name: &str, document: &Value) -> Made {
    let mut fields = Fields::new(document, "The chain", "", 0);
    let plugins = fields.list("plugins").map_or(&[][..], Vec::as_slice);
    if !(1..=MOST).contains(&plugins.len()) {
        fields.wrong(format!("plugins has to be a list of 1 to {MOST}."));
    }
    let mut bindings = vec![binding("CHAIN", document), json!({ "type": "plain_text", "name": "NAME", "text": name })];
    for (at, plugin) in plugins.iter().enumerate() {
        let mut one = fields.inner(plugin, "A plugin");
        let of = one.text("name").unwrap_or_default();
        if !is_name(of) || of == name {
            one.wrong("name has to be that of a script of the namespace plugin, and not the chain's.".to_owned());
        }
        if plugins[..at].iter().any(|other| other["name"] == plugin["name"]) {
            one.wrong("name is that of another one.".to_owned());
        }
        let enabled = one.boolean("enabled").unwrap_or(true);
        one.boolean("body");
        one.whole("deadline_ms", 1, 60_000);
        one.one_of("on_failure", &["open", "closed"]);
        one.object("config");
        let hooks = one.list("hooks").is_none_or(|hooks| {
            !hooks.is_empty() && hooks.iter().all(|hook| matches!(hook.as_str(), Some("request" | "response")))
        });
        if !hooks {
            one.wrong("hooks has to have request, response or both.".to_owned());
        }
        for field in one.names().filter(|field| !FIELDS.contains(field)).collect::<Vec<_>>() {
            one.wrong([field, " is no field of a plugin."].concat());
        }
        for problem in one.problems {
            fields.wrong(format!("plugins[{at}]: {}", problem.message));
        }
        if enabled {
            let name = ["plugin:", of].concat();
            bindings.push(json!({ "type": "service", "name": name, "service": of }));
        }
    }
    if let Some(target) = fields.text("target") {
        let (namespace, script) = target.split_once('/').unwrap_or(("plugin", target));
        if is_name(namespace) && is_name(script) {
            bindings.push(json!({ "type": "service", "name": "TARGET", "service": script, "namespace": namespace }));
        } else {
            fields.wrong("target has to be SCRIPT, of the namespace plugin, or NAMESPACE/SCRIPT.".to_owned());
        }
    }
    wrong(fields, &["plugins", "target"])?;
    let modules = vec![("chain.js", include_str!("chain.js").into())];
    Ok(vec![Upload { modules, metadata: metadata("chain.js", bindings), percentage: 100.into() }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_has_a_binding_for_each_plugin_that_is_enabled() {
        let document =
            json!({ "plugins": [{ "name": "auth" }, { "name": "log", "enabled": false }], "target": "shop/front" });
        let upload = &make("main", &document).unwrap()[0];
        let names: Vec<_> =
            upload.metadata["bindings"].as_array().unwrap().iter().map(|binding| binding["name"].clone()).collect();
        assert_eq!(names, ["CHAIN", "NAME", "plugin:auth", "TARGET"]);
        assert_eq!(upload.metadata["bindings"][3]["namespace"], "shop");
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let bad = json!({
            "plugins": [
                { "name": "c" }, { "name": "a", "hooks": ["x"], "deadline_ms": 0, "on_failure": "maybe", "other": 1 },
                { "name": "a", "config": 5 },
            ],
            "target": "A B", "more": 1,
        });
        let told = make("c", &bad).unwrap_err();
        assert_eq!(told.len(), 9, "{told:?}");
        assert_eq!(make("c", &json!({})).unwrap_err().len(), 1);
    }
}
