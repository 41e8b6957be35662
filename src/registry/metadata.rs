//! The metadata of an upload, and the modules that came with it, as a draft of a version.

use serde_json::{Map, Value};

use super::{
    Problem, binding,
    fields::{Fields, METADATA},
    limits, manifest, settings, shape,
};

/// The date of a script that names none: Cloudflare's.
const OLDEST_DATE: &str = "2021-11-02";

const KINDS: [&str; 7] = ["js", "cjs", "text", "data", "json", "py", "wasm"];

/// What asks for a thing that is not built. Ignored, it would be missed only when the script runs.
const NOT_BUILT: [(&str, &str); 5] = [
    ("containers", "containers"),
    ("tail_consumers", "tail consumers"),
    ("streaming_tail_consumers", "tail consumers"),
    ("capnp_schema", "Cap'n Proto schemas"),
    ("exports", "exports"),
];

/// Reads the metadata of an upload. `modules` are those that came with it, `{name, type, kind, bytes, sha256}` each; a
/// leading `./` of a name is dropped, as an import does.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(metadata: &Value, modules: &[Value]) -> Result<Value, Vec<Problem>> {
    let mut fields = Fields::new(metadata, "The part metadata", "", METADATA);

    let modules = checked_modules(modules, &mut fields);
    let main = main_module(&modules, &mut fields);
    let date = fields.text("compatibility_date").unwrap_or(OLDEST_DATE);
    if date.parse::<worker_loader::CompatibilityDate>().is_err() {
        fields.wrong(format!("compatibility_date has to be a date such as 2026-07-01: {date:?} is none."));
    }
    let flags = fields.texts("compatibility_flags").cloned().unwrap_or_default();
    if let Some((_, twice)) = flags.iter().enumerate().find(|(at, flag)| flags[..*at].contains(flag)) {
        fields.wrong(format!("compatibility_flags has {twice} twice."));
    }
    let bindings = fields.list("bindings").cloned().unwrap_or_default();
    if let Err(problems) = binding::check(&bindings) {
        fields.problems.extend(problems);
    }
    not_built(&mut fields);
    let mut draft = shape(
        r#"{"keep_assets":false,"assets":null,"bundle":null,"maps":false,"handlers":[],"named_handlers":[],"source":"api",
            "tags":null,"outbound":null,"tail":null,"observability":null,"logpush":null,"affinity":null}"#,
        &Value::Null,
    );
    draft["main_module"] = main.into();
    draft["compatibility_date"] = date.into();
    draft["compatibility_flags"] = flags.into();
    draft["bindings"] = bindings.into();
    draft["keep_bindings"] = fields.texts("keep_bindings").cloned().unwrap_or_default().into();
    if let Some(keep) = fields.boolean("keep_assets") {
        draft["keep_assets"] = keep.into();
    }
    // As sent, `{jwt, config}`: what the token stands for is put here later.
    if let Some(assets) = fields.object("assets") {
        draft["assets"] = assets.clone();
    }
    draft["migrations"] = fields.object("migrations").cloned().unwrap_or_default();
    draft["annotations"] = annotations(&mut fields).into();
    draft["limits"] = limits::of(&mut fields).unwrap_or_default();
    if !modules.is_empty() {
        draft["bundle"] = manifest::digest(&modules).into();
    }
    draft["modules"] = modules.into();
    match settings::changes(metadata) {
        Ok(changes) => changes.into_iter().for_each(|(name, value)| draft[name.as_str()] = value),
        Err(problems) => fields.problems.extend(problems),
    }
    if fields.problems.is_empty() { Ok(draft) } else { Err(fields.problems) }
}

/// Refuses what is not built.
pub(super) fn not_built(fields: &mut Fields) {
    // Taken and passed over: it is run where it is run.
    for name in ["placement", "cache_options"] {
        fields.object(name);
    }
    fields.text("usage_model");
    for (name, what) in NOT_BUILT {
        let empty = match fields.get(name) {
            Some(Value::Array(list)) => list.is_empty(),
            Some(Value::Object(map)) => map.is_empty() && !name.ends_with("consumers"),
            value => value.is_none(),
        };
        if !empty {
            fields.wrong(format!("{name}: this host has no {what}. Take it out, or keep this script on Cloudflare."));
        }
    }
}

/// The annotations that a client may set.
pub(super) fn annotations(fields: &mut Fields) -> Map<String, Value> {
    let mut kept = Map::new();
    if let Some(Value::Object(annotations)) = fields.object("annotations") {
        for (name, most) in [("workers/message", 1000), ("workers/tag", 100), ("workers/alias", 100)] {
            match annotations.get(name) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) if text.len() <= most => {
                    kept.insert(name.to_owned(), text.as_str().into());
                }
                Some(_) => fields.wrong(format!("annotations[{name:?}] has to be a text of at most {most} bytes.")),
            }
        }
    }
    kept
}

fn checked_modules(modules: &[Value], fields: &mut Fields) -> Vec<Value> {
    let mut checked: Vec<Value> = Vec::new();
    for module in modules {
        let sent = module["name"].as_str().unwrap_or_default();
        let name = sent.strip_prefix("./").unwrap_or(sent);
        if !is_module_name(name) {
            fields
                .wrong(format!("{sent:?} cannot be the name of a module: use a relative path without . and .. in it."));
        }
        if binding::find(&checked, &name.into()).is_some() {
            fields.wrong(format!("There are two modules {name:?}."));
        }
        if !module["kind"].as_str().is_some_and(|kind| KINDS.contains(&kind)) {
            fields.wrong(format!(
                "The module {name:?} is of the content type {}, which is none of a module.",
                module["type"]
            ));
        }
        let mut kept = shape(r#"{"kind":"=kind","bytes":"=bytes","sha256":"=sha256"}"#, module);
        kept["name"] = name.into();
        checked.push(kept);
    }
    checked
}

/// Without a module there is none: then it is a script of assets only.
fn main_module<'a>(modules: &[Value], fields: &mut Fields<'a>) -> Option<&'a str> {
    if fields.get("body_part").is_some() {
        fields.wrong(
            "body_part: this host runs ES modules only. Export a default handler, and send main_module.".to_owned(),
        );
        return None;
    }
    let main = fields.text("main_module").map(|name| name.strip_prefix("./").unwrap_or(name));
    match (main, modules.is_empty()) {
        (None, true) if fields.get("assets").is_none() && fields.get("keep_assets") != Some(&Value::Bool(true)) => {
            fields.wrong("There is nothing to upload: no module and no assets.".to_owned());
        }
        (None, false) => {
            fields.wrong("main_module is missing: the name of the module that has the handlers.".to_owned())
        }
        (Some(name), _) => match binding::find(modules, &name.into()) {
            None => {
                let names: Vec<_> = modules.iter().filter_map(|module| module["name"].as_str()).collect();
                fields.wrong(format!("main_module {name:?} is not among the modules: {}.", names.join(", ")));
            }
            Some(module) if module["kind"] != "js" && module["kind"] != "py" => {
                fields
                    .wrong(format!("main_module {name:?} is no ES module: send it as application/javascript+module."));
            }
            Some(_) => {}
        },
        (None, true) => {}
    }
    main
}

fn is_module_name(name: &str) -> bool {
    (1..=1024).contains(&name.len())
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !name.chars().any(char::is_control)
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;
