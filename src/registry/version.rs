//! Versions: what an upload asks for becomes a document that never changes; and what of it is shown.

use serde_json::{Map, Value, json};

use super::{
    Problem, binding, classes,
    fields::{Fields, METADATA},
    limits, metadata, part, problem, shape,
};

/// A document is at most so many bytes: it is a row of SQLite, of which Cloudflare keeps 2 MB.
pub const MOST_BYTES: usize = 1_900_000;

/// What makes a new version a version.
pub struct Birth<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its number among the versions of the script.
    pub number: u64,
    /// When, in ISO 8601.
    pub created_on: &'a str,
    /// The script's name.
    pub script: &'a str,
    /// The keys of the script's Durable Object classes, by their names.
    pub classes: &'a Value,
}

/// The document of a version, by its id, or of the latest for `None`.
pub type Documents<'a> = &'a dyn Fn(Option<&str>) -> Option<Value>;

/// The version that a draft asks for: with the bindings and assets that it keeps of the latest one.
///
/// # Errors
/// What it asks to keep or to inherit and is not there.
pub fn resolve(draft: &Value, birth: &Birth, of: Documents) -> Result<Value, Vec<Problem>> {
    let list = |field: &str| draft[field].as_array().cloned().unwrap_or_default();
    let bindings_of = |version: Option<&str>| of(version)?["bindings"].as_array().cloned();
    let mut bindings = binding::resolve(&list("bindings"), &list("keep_bindings"), birth.id, &bindings_of)?;
    let mut assets = draft["assets"].clone();
    if assets.is_null() && draft["keep_assets"] == true {
        assets = of(None).map(|latest| latest["assets"].clone()).unwrap_or_default();
    }
    let mut problems = part::problems(&bindings, &draft["modules"], &draft["compatibility_flags"]);
    problems.extend(classes::bind(&mut bindings, birth.classes, birth.script));
    // Files alone export nothing.
    let exports = if draft["bundle"].is_null() { &json!([]) } else { &draft["exports"] };
    problems.extend(classes::missing(birth.classes, exports));
    if draft["bundle"].is_null() && assets.is_null() {
        let message = "There is nothing to run: no module, and no assets to keep.";
        problems.push(Problem::new(METADATA, message));
    }
    for binding in bindings.iter().filter(|binding| binding["type"] == "assets" && assets.is_null()) {
        let message = format!("The binding {} is of the type \"assets\", and there are no assets.", binding["name"]);
        problems.push(Problem::new(METADATA, message));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut version = shape(
        r#"{"source":"=source","main_module":"=main_module","compatibility_date":"=compatibility_date",
            "compatibility_flags":"=compatibility_flags","bundle":"=bundle","modules":"=modules","maps":"=maps","limits":"=limits",
            "handlers":"=handlers","named_handlers":"=named_handlers","annotations":"=annotations","etag":"=bundle","exports":"=exports"}"#,
        draft,
    );
    version["classes"] = birth.classes.clone();
    if version["etag"].is_null() {
        version["etag"] = assets["digest"].clone();
    }
    version["id"] = birth.id.into();
    version["number"] = birth.number.into();
    version["created_on"] = birth.created_on.into();
    version["bindings"] = bindings.into();
    version["assets"] = assets;
    let bytes = version.to_string().len();
    if bytes > MOST_BYTES {
        let message = format!(
            "The bindings and the names of the modules make {bytes} bytes as JSON: at most {MOST_BYTES} are kept."
        );
        return Err(vec![Problem::new(problem::TOO_LARGE, message)]);
    }
    if version["annotations"].get("workers/triggered_by").is_none() {
        version["annotations"]["workers/triggered_by"] = "upload".into();
    }
    Ok(version)
}

/// The draft that makes a version's successor with these other bindings, all else equal. A binding of it replaces the
/// one of its name; one that is `null` takes it away.
pub fn successor(latest: &Value, bindings: &Map<String, Value>, triggered_by: &str) -> Value {
    let mut draft = latest.clone();
    let kept = latest["bindings"].as_array().into_iter().flatten();
    let mut list: Vec<Value> = kept
        .filter(|old| !old["name"].as_str().is_some_and(|name| bindings.contains_key(name)))
        .map(inherited)
        .collect();
    list.extend(bindings.values().filter(|binding| !binding.is_null()).cloned());
    draft["bindings"] = list.into();
    draft["annotations"] = Value::Null;
    draft["annotations"]["workers/triggered_by"] = triggered_by.into();
    draft
}

/// The draft that a patch of the settings asks for, where it asks for a new version at all: bindings, dates, flags and
/// limits are a version's, the rest is not.
///
/// # Errors
/// Everything that is wrong with it.
pub fn patched(latest: &Value, patch: &Value) -> Result<Option<Value>, Vec<Problem>> {
    let mut fields = Fields::new(patch, "settings", "", METADATA);
    let mut draft = successor(latest, &Map::new(), "settings");
    let mut changed = false;
    let mut set = |field: &str, value: Option<Value>| {
        if let Some(value) = value {
            changed |= draft[field] != value;
            draft[field] = value;
        }
    };
    set("compatibility_date", fields.text("compatibility_date").map(Into::into));
    set("compatibility_flags", fields.texts("compatibility_flags").cloned().map(Into::into));
    set("limits", limits::of(&mut fields));
    let keep = fields.texts("keep_bindings").cloned();
    if let Some(bindings) = fields.list("bindings") {
        set("bindings", Some(bindings.clone().into()));
        if let Err(problems) = binding::check(bindings) {
            fields.problems.extend(problems);
        }
        // As an upload does: what is not sent goes, unless it is to be kept.
        set("keep_bindings", keep.map(Into::into));
    }
    let date = draft["compatibility_date"].as_str().unwrap_or_default();
    if date.parse::<worker_loader::CompatibilityDate>().is_err() {
        fields.wrong(format!("compatibility_date has to be a date such as 2026-07-01: {date:?} is none."));
    }
    if fields.object("migrations").is_some_and(|migrations| *migrations != json!({})) {
        fields.wrong("migrations: they go with an upload of the script, which has the classes.".to_owned());
    }
    metadata::not_built(&mut fields);
    let annotations = metadata::annotations(&mut fields);
    for (name, value) in annotations {
        draft["annotations"][name] = value;
    }
    if fields.problems.is_empty() { Ok(changed.then_some(draft)) } else { Err(fields.problems) }
}

fn inherited(binding: &Value) -> Value {
    shape(r#"{"name":"=name","type":"inherit"}"#, binding)
}

/// The bindings of a version as anybody may see them.
pub fn public_bindings(version: &Value) -> Vec<Value> {
    version["bindings"].as_array().into_iter().flatten().map(binding::public).collect()
}

/// A version as a list of them shows it.
pub fn item(version: &Value) -> Value {
    shape(
        r#"{"id":"=id","number":"=number","annotations":"=annotations","metadata":{"author_email":"","author_id":"",
            "created_on":"=created_on","modified_on":"=created_on","source":"=source","hasPreview":true,"has_preview":true}}"#,
        version,
    )
}

/// A version by itself, without the values of its secrets.
pub fn detail(version: &Value) -> Value {
    let mut detail = item(version);
    detail["resources"] = shape(
        r#"{"script":{"etag":"=etag","handlers":"=handlers","named_handlers":"=named_handlers","last_deployed_from":"=source"},
            "script_runtime":{"compatibility_date":"=compatibility_date","compatibility_flags":"=compatibility_flags",
            "usage_model":"standard","limits":"=limits"}}"#,
        version,
    );
    detail["resources"]["bindings"] = public_bindings(version).into();
    or_empty(&mut detail["resources"]["script_runtime"]["limits"]);
    detail
}

/// No limits are limits without a field.
pub(super) fn or_empty(limits: &mut Value) {
    if limits.is_null() {
        *limits = Map::new().into();
    }
}

#[cfg(test)]
#[path = "version_tests.rs"]
mod tests;
