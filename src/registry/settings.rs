//! Settings of a script: what belongs to no version of it.

use serde_json::{Map, Value};

use super::{
    Problem,
    fields::Fields,
    observability,
    outbound::{self, Policy},
    problem, shape, tag,
};

const NAMES: [&str; 7] = ["tags", "outbound", "tail", "observability", "logpush", "affinity", "retention"];

/// What else a patch may have: what is a version's, and what Cloudflare's clients send beside it.
const ALSO: [&str; 15] = [
    "bindings",
    "keep_bindings",
    "compatibility_date",
    "compatibility_flags",
    "limits",
    "annotations",
    "usage_model",
    "placement",
    "cache_options",
    "tail_consumers",
    "streaming_tail_consumers",
    "migrations",
    "containers",
    "capnp_schema",
    "exports",
];

/// The fields of a patch that there are none of: passed over, a slip of the pen would be a change that was never made.
pub fn unknown(patch: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for name in patch.as_object().into_iter().flat_map(Map::keys) {
        if !NAMES.contains(&name.as_str()) && !ALSO.contains(&name.as_str()) {
            problems.push(Problem::new(problem::MALFORMED, format!("{name:?} is no field of the settings.")));
        }
    }
    problems
}

/// What a script has that nobody has set anything of.
pub fn default() -> Value {
    shape(
        r#"{"tags":[],"outbound":null,"tail":false,"observability":{"enabled":false},"logpush":false,"affinity":null,
            "retention":50}"#,
        &Value::Null,
    )
}

/// The settings that a document (metadata of an upload, its draft, a patch) sets: only those that are in it. A `null` sets
/// nothing, as drafts have one for what is not asked for.
///
/// # Errors
/// Everything that is wrong with them.
pub fn changes(document: &Value) -> Result<Map<String, Value>, Vec<Problem>> {
    let mut fields = Fields::new(document, "The document", "", problem::MALFORMED);
    let mut changes = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            changes.insert(name.to_owned(), value);
        }
    };
    if let Some(policy) = fields.get("outbound") {
        match outbound::parse(policy) {
            Ok(_) => set("outbound", Some(policy.clone())),
            Err(problems) => fields.problems.extend(problems),
        }
    }
    set("tail", fields.boolean("tail").map(Into::into));
    set("logpush", fields.boolean("logpush").map(Into::into));
    let observability = fields.object("observability").filter(|value| {
        let wrong = observability::check(value);
        let right = wrong.is_empty();
        wrong.into_iter().for_each(|message| fields.wrong(message));
        right
    });
    set("observability", observability.cloned());
    set("retention", fields.whole("retention", 1, 200).map(Into::into));
    let affinity = fields.object("affinity").filter(|affinity| {
        let right = is_affinity(affinity);
        if !right {
            fields.wrong("affinity has to be {\"header\": NAME}, {\"cookie\": NAME} or null.".to_owned());
        }
        right
    });
    set("affinity", affinity.cloned());
    if let Some(tags) = fields.get("tags") {
        match tag::parse_list(tags) {
            Ok(tags) => set("tags", Some(tags.into())),
            Err(problems) => fields.problems.extend(problems),
        }
    }
    if fields.problems.is_empty() { Ok(changes) } else { Err(fields.problems) }
}

/// As [`changes`], of a patch: in that, `null` takes away what can be away.
///
/// # Errors
/// As [`changes`].
pub fn patch(patch: &Value) -> Result<Map<String, Value>, Vec<Problem>> {
    let mut changes = changes(patch)?;
    for name in ["affinity", "outbound"] {
        if patch.get(name).is_some_and(Value::is_null) {
            changes.insert(name.to_owned(), Value::Null);
        }
    }
    Ok(changes)
}

/// The settings after these changes. A setting that `current` has not, as it is older, is the default one.
pub fn apply(current: &Value, changes: &Map<String, Value>) -> Value {
    let mut settings = default();
    for name in NAMES {
        if let Some(value) = changes.get(name).or_else(|| current.get(name)) {
            settings[name] = value.clone();
        }
    }
    settings
}

/// Whether a namespace allows these settings: only one whose scripts its owner trusts lets them out as we are let out, or
/// lets out what no rule allows.
///
/// # Errors
/// [`problem::VALIDATION`].
pub fn check_trust(settings: &Value, trusted: bool) -> Result<(), Problem> {
    let what = match outbound::parse(&settings["outbound"]) {
        Ok(Policy::Inherit) => "\"inherit\"",
        Ok(Policy::Rules(rules)) if rules.dry_run => "with dry_run",
        _ => return Ok(()),
    };
    if trusted {
        return Ok(());
    }
    let rest = " is for namespaces of trusted scripts: set trusted_workers of the namespace first.";
    Err(Problem::new(problem::VALIDATION, ["outbound ", what, rest].concat()))
}

fn is_affinity(affinity: &Value) -> bool {
    let one = |name: &str| affinity[name].as_str().is_some_and(is_token);
    affinity.as_object().is_some_and(|map| map.len() == 1) && (one("header") || one("cookie"))
}

/// A name of a header or a cookie (RFC 9110, 5.6.2).
pub fn is_token(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_sent_changes() {
        let set =
            changes(&json!({ "outbound": "inherit", "tags": ["a"], "logpush": "true", "main_module": "x" })).unwrap();
        let settings = apply(&default(), &set);
        assert_eq!(settings["outbound"], "inherit");
        assert_eq!(settings["tags"], json!(["a"]));
        assert_eq!(
            (&settings["logpush"], &settings["tail"], &settings["retention"]),
            (&json!(true), &json!(false), &json!(50))
        );
        assert_eq!(apply(&settings, &changes(&json!({ "tags": null })).unwrap()), settings);
        assert_eq!(apply(&json!({}), &Map::new()), default(), "settings of an older host");
    }

    #[test]
    fn affinity_is_a_header_a_cookie_or_none() {
        for good in [json!({ "header": "x-user" }), json!({ "cookie": "sid" })] {
            let settings = apply(&default(), &changes(&json!({ "affinity": good })).unwrap());
            assert_eq!(settings["affinity"], good);
            assert_eq!(apply(&settings, &changes(&json!({ "affinity": null })).unwrap())["affinity"], good, "a draft");
            assert_eq!(apply(&settings, &patch(&json!({ "affinity": null })).unwrap())["affinity"], Value::Null);
            assert_eq!(apply(&settings, &patch(&json!({})).unwrap())["affinity"], good);
        }
        for bad in [
            json!("x"),
            json!({}),
            json!({ "header": "a b" }),
            json!({ "cookie": "" }),
            json!({ "header": "a", "cookie": "b" }),
        ] {
            assert_eq!(changes(&json!({ "affinity": bad })).unwrap_err().len(), 1, "{bad}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let bad = json!({ "outbound": "open", "tail": 5, "retention": 0, "tags": ["a,b"], "observability": true, "logpush": "no" });
        assert_eq!(changes(&bad).unwrap_err().len(), 6);
        assert_eq!(changes(&json!({ "observability": { "enabled": 5, "logs": 1 } })).unwrap_err().len(), 2);
    }

    #[test]
    fn only_trusted_scripts_go_out_as_we_do() {
        let open = json!({ "outbound": "inherit" });
        assert!(check_trust(&open, true).is_ok() && check_trust(&default(), false).is_ok());
        assert_eq!(check_trust(&open, false).unwrap_err().code, problem::VALIDATION);
        let dry = |dry| json!({ "outbound": { "rules": [], "dry_run": dry } });
        assert!(check_trust(&dry(true), true).is_ok() && check_trust(&dry(false), false).is_ok());
        assert!(check_trust(&dry(true), false).unwrap_err().message.contains("dry_run"));
    }

    #[test]
    fn outbound_is_a_policy_or_the_namespaces() {
        let rules = json!({ "rules": [{ "host": "api.example.com" }] });
        let settings = apply(&default(), &changes(&json!({ "outbound": rules })).unwrap());
        assert_eq!((&default()["outbound"], &settings["outbound"]), (&Value::Null, &rules));
        assert_eq!(apply(&settings, &changes(&json!({ "outbound": null })).unwrap()), settings, "a draft");
        assert_eq!(apply(&settings, &patch(&json!({ "outbound": null })).unwrap())["outbound"], Value::Null);
        assert_eq!(changes(&json!({ "outbound": { "rules": [{}, {}] } })).unwrap_err().len(), 2);
    }
}
