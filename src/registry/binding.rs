//! Bindings: what a script finds in its `env`.

use serde_json::{Map, Value};

use super::{Problem, part, problem, service, shape, store, vault};

const MOST: usize = 128;
const LONGEST_NAME: usize = 255;
/// What the loader takes as an `env`, with room for how it is written.
const MOST_BYTES: usize = 1_000_000;

/// What a dynamic worker can be given today. `inherit` is none of them: it takes one of the latest version.
pub const TYPES: [&str; 14] = [
    "plain_text",
    "secret_text",
    "json",
    "data_blob",
    "text_blob",
    "wasm_module",
    "kv_namespace",
    "d1",
    "r2_bucket",
    "durable_object_namespace",
    "queue",
    "assets",
    "version_metadata",
    "service",
];

/// Looks at bindings as they are sent.
///
/// # Errors
/// Every binding that cannot be one, with its name and type.
pub fn check(bindings: &[Value]) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut names = Vec::new();
    let mut add = |message: String| problems.push(Problem::new(problem::VALIDATION, message));
    for (at, binding) in bindings.iter().enumerate() {
        let (Some(name), Some(kind)) = (binding["name"].as_str(), binding["type"].as_str()) else {
            // Not shown: what it was meant to be may be a secret.
            add(format!("bindings[{at}] has to be an object with a name and a type, which are texts."));
            continue;
        };
        if !(1..=LONGEST_NAME).contains(&name.len()) || name == "__proto__" || name.chars().any(char::is_control) {
            add(format!("{name:?} cannot be the name of a binding: use 1 to {LONGEST_NAME} printable characters."));
        }
        if names.contains(&name) {
            add(format!("There are two bindings {name:?}."));
        }
        names.push(name);
        let wants = match kind {
            "plain_text" | "secret_text" if !binding["text"].is_string() => Some("`text`, a text"),
            "json" if binding.get("json").is_none() => Some("`json`, any JSON value"),
            "service" => service::wrong(binding),
            _ if store::of_type(kind).is_some() => store::wrong(binding),
            _ if part::kind(kind).is_some() && !binding["part"].is_string() => {
                Some("`part`, the name of a part of the upload")
            }
            "inherit" if !matches!(binding["old_name"], Value::Null | Value::String(_)) => Some("`old_name`, a text"),
            _ => None,
        };
        if let Some(field) = wants {
            add(format!("The binding {name:?} is a {kind}: it needs {field}."));
        }
        if kind == "secret_text" && binding["text"].as_str().is_some_and(|text| text.starts_with(vault::PREFIX)) {
            add(format!("The secret {name:?} begins with {:?}, as those that are sealed.", vault::PREFIX));
        }
        if kind != "inherit" && !TYPES.contains(&kind) {
            add(format!(
                "The binding {name:?} is of the type {kind:?}, which this host does not have: there are {} and inherit. \
                 Take it out, or keep this script on Cloudflare.",
                TYPES.join(", ")
            ));
        }
    }
    if bindings.len() > MOST {
        add(format!("A script has at most {MOST} bindings; these are {}.", bindings.len()));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The bindings of the next version, `id`: those sent, with what they inherit; and of the latest version those of the
/// types to keep that are not sent. `of` gives the bindings of a version, or of the latest for `None`.
///
/// A secret says in `version` which version it came with; the same value keeps it. So it can stand for the value in a
/// key.
///
/// # Errors
/// Each `inherit` that finds nothing, and an `env` that is too large.
pub fn resolve(
    sent: &[Value],
    keep: &[Value],
    id: &str,
    of: &dyn Fn(Option<&str>) -> Option<Vec<Value>>,
) -> Result<Vec<Value>, Vec<Problem>> {
    let latest = of(None).unwrap_or_default();
    let mut problems = Vec::new();
    let mut resolved = Vec::new();
    for binding in sent {
        let name = &binding["name"];
        if binding["type"] == "inherit" {
            let source = if binding["old_name"].is_string() { &binding["old_name"] } else { name };
            let version = binding["version_id"].as_str().filter(|version| *version != "latest");
            let other = version.map(|version| of(Some(version)).unwrap_or_default());
            match find(other.as_ref().unwrap_or(&latest), source) {
                Some(found) => {
                    let mut found = found.clone();
                    found["name"] = name.clone();
                    resolved.push(found);
                }
                None => problems.push(Problem::new(
                    problem::INHERIT,
                    format!("inherit binding {name} is invalid: the version to inherit from has no binding {source}."),
                )),
            }
            continue;
        }
        let mut binding = kept_fields(binding);
        if binding["type"] == "secret_text" {
            let same = find(&latest, name).filter(|old| old["type"] == "secret_text" && old["text"] == binding["text"]);
            binding["version"] = same.map_or_else(|| id.into(), |old| old["version"].clone());
        }
        resolved.push(binding);
    }
    for old in latest.iter().filter(|old| keep.contains(&old["type"])) {
        match find(&resolved, &old["name"]) {
            Some(new) => problems.extend(in_use(old, new)),
            None if find(sent, &old["name"]).is_none() => resolved.push(old.clone()),
            None => {}
        }
    }
    if resolved.len() > MOST {
        let message =
            format!("A script has at most {MOST} bindings; with those that are kept these are {}.", resolved.len());
        problems.push(Problem::new(problem::VALIDATION, message));
    }
    let bytes: usize = resolved.iter().map(bytes).sum();
    if bytes > MOST_BYTES {
        let message = format!("The bindings hold {bytes} bytes; at most {MOST_BYTES} can be given to a script.");
        problems.push(Problem::new(problem::VALIDATION, message));
    }
    if problems.is_empty() { Ok(resolved) } else { Err(problems) }
}

/// What is wrong where a binding would take the place of another: a secret is not lost to what is none, and what is
/// none does not become a secret, unless it is taken away first.
pub fn in_use(old: &Value, new: &Value) -> Option<Problem> {
    let is_secret = |binding: &Value| binding["type"] == "secret_text";
    let name = old["name"].as_str().unwrap_or_default();
    (is_secret(old) != is_secret(new)).then(|| {
        Problem::new(
            problem::NAME_IN_USE,
            format!("Binding name '{name}' already in use. Please use a different name and try again."),
        )
    })
}

/// The binding of this name.
pub fn find<'a>(bindings: &'a [Value], name: &Value) -> Option<&'a Value> {
    bindings.iter().find(|binding| &binding["name"] == name)
}

/// A binding as anybody may see it: a secret without its value.
pub fn public(binding: &Value) -> Value {
    match binding["type"].as_str() {
        Some("secret_text" | "secret_key") => shape(r#"{"name":"=name","type":"=type"}"#, binding),
        _ => binding.clone(),
    }
}

/// The names of the secrets in which two versions differ.
pub fn changed_secrets(a: &[Value], b: &[Value]) -> Vec<String> {
    let secrets =
        |of: &[Value]| of.iter().filter(|binding| binding["type"] == "secret_text").cloned().collect::<Vec<_>>();
    let (a, b) = (secrets(a), secrets(b));
    let mut names: Vec<String> = Vec::new();
    for (one, other) in [(&a, &b), (&b, &a)] {
        for secret in one {
            let name = secret["name"].as_str().unwrap_or_default();
            let same = find(other, &secret["name"]).is_some_and(|twin| twin["version"] == secret["version"]);
            if !same && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Without what clients send beside what the type has.
fn kept_fields(binding: &Value) -> Value {
    let mut kept = Map::new();
    for field in [
        "name",
        "type",
        "text",
        "json",
        "part",
        "namespace_id",
        "id",
        "bucket_name",
        "queue_name",
        "delivery_delay",
        "class_name",
        "script_name",
        "service",
        "namespace",
        "entrypoint",
        "props",
    ] {
        if let Some(value) = binding.get(field) {
            kept.insert(field.to_owned(), value.clone());
        }
    }
    if let Some(part) = binding["part"].as_str() {
        kept.insert("part".to_owned(), part::name(part).into());
    }
    Value::Object(kept)
}

fn bytes(binding: &Value) -> usize {
    let length = |field: &str| binding[field].as_str().map_or(0, str::len);
    let json = ["json", "props"]
        .iter()
        .filter_map(|field| binding.get(field))
        .map(|json| json.to_string().len())
        .sum::<usize>();
    length("name")
        + length("text")
        + length("part")
        + length("namespace_id")
        + length("id")
        + length("bucket_name")
        + length("queue_name")
        + length("class_name")
        + json
}

#[cfg(test)]
#[path = "binding_tests.rs"]
mod tests;
