//! The Durable Object classes of a script, and how migrations change them.
//!
//! A class has a key, under which its objects are kept: it stays when the class is renamed, and one that is deleted and made anew
//! has another.

use serde_json::{Map, Value, json};

use super::{Problem, fields::Fields, problem};

/// What a script has before its first migration: `{tag, keys}`, the keys by the names of the classes.
pub fn none() -> Value {
    json!({ "tag": null, "keys": {} })
}

/// Does the migrations of an upload that makes this version of the script. Gives what there is then, and the keys of what is deleted.
///
/// # Errors
/// Everything that is wrong with them.
pub fn migrated(before: &Value, migrations: &Value, number: u64) -> Result<(Value, Vec<String>), Vec<Problem>> {
    let mut doomed = Vec::new();
    if migrations.as_object().is_none_or(Map::is_empty) {
        return Ok((before.clone(), doomed));
    }
    let mut fields = Fields::new(migrations, "migrations", "migrations.", problem::VALIDATION);
    let tag = fields.text("old_tag");
    let mut problems = Vec::new();
    if tag != before["tag"].as_str() {
        let message = match before["tag"].as_str() {
            Some(tag) => format!("Migration tag precondition failed; current tag is {tag:?}."),
            None => "Migration tag precondition failed; there is no current tag.".to_owned(),
        };
        problems.push(Problem::new(problem::MIGRATION_TAG, message));
    }
    let tag = fields.text("new_tag").map_or_else(|| before["tag"].clone(), Into::into);
    let mut keys = before["keys"].as_object().cloned().unwrap_or_default();
    let whole = [migrations.clone()];
    let steps = fields.list("steps").map_or(&whole[..], Vec::as_slice);
    problems.extend(fields.problems);
    for (at, step) in steps.iter().enumerate() {
        let mut fields = Fields::new(step, "A migration", "migrations.", problem::VALIDATION);
        let mut wrong = |message: String| problems.push(Problem::new(problem::MIGRATION, message));
        for field in ["new_classes", "new_sqlite_classes"] {
            for name in fields.texts(field).into_iter().flatten().filter_map(Value::as_str) {
                // The place of the step, as one may delete what another makes anew.
                let key = [name, ".", &number.to_string(), ".", &at.to_string()].concat();
                if !is_class(name) {
                    wrong(format!("{name:?} cannot be a Durable Object class: use a name that a class can have."));
                } else if keys.insert(name.to_owned(), key.into()).is_some() {
                    wrong(format!(
                        "Cannot apply new-class migration to class {name:?} that is already depended on by existing Durable Objects."
                    ));
                }
            }
        }
        for name in fields.texts("deleted_classes").into_iter().flatten().filter_map(Value::as_str) {
            match keys.remove(name) {
                Some(key) => doomed.extend(key.as_str().map(str::to_owned)),
                None => wrong(format!("Cannot apply delete-class migration to class {name:?}: there is none.")),
            }
        }
        for renamed in fields.list("renamed_classes").into_iter().flatten() {
            let name = |field: &str| renamed[field].as_str().unwrap_or_default();
            let (from, to) = (name("from"), name("to"));
            match keys.remove(from) {
                Some(key) if is_class(to) && !keys.contains_key(to) => drop(keys.insert(to.to_owned(), key)),
                _ => wrong(format!(
                    "Cannot apply rename-class migration from class {from:?} to {to:?}: the first has to be there, and the other not."
                )),
            }
        }
        if fields.list("transferred_classes").is_some_and(|list| !list.is_empty()) {
            wrong("transferred_classes: this host moves no objects from script to script. Take it out.".to_owned());
        }
        problems.extend(fields.problems);
    }
    if problems.is_empty() { Ok((json!({ "tag": tag, "keys": keys }), doomed)) } else { Err(problems) }
}

/// Gives the bindings to a script's classes the keys of those.
///
/// # Errors
/// Each that is to a class that the script `name` does not have.
pub fn bind(bindings: &mut [Value], keys: &Value, name: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for binding in bindings.iter_mut().filter(|binding| binding["type"] == "durable_object_namespace") {
        let class = binding["class_name"].as_str().unwrap_or_default();
        let elsewhere = binding["script_name"].as_str().filter(|script| *script != name);
        if let Some(script) = elsewhere {
            let message = format!(
                "The binding {} is to a class of the script {script:?}: this host gives a script objects of its own classes only. \
                 Call that script by a service binding.",
                binding["name"]
            );
            problems.push(Problem::new(problem::NO_SUCH_CLASS, message));
        } else if keys[class].is_null() {
            let message = format!(
                "Cannot create binding for class {class:?} because it is not currently configured to implement Durable Objects. Did \
                 you forget to apply migrations? It has to be in new_sqlite_classes of one."
            );
            problems.push(Problem::new(problem::NO_SUCH_CLASS, message));
        }
        binding["namespace_id"] = keys[class].clone();
    }
    problems
}

/// The classes that are not among the exports of a new version, `null` where those are not known yet.
pub fn missing(keys: &Value, exports: &Value) -> Vec<Problem> {
    let Some(exports) = exports.as_array() else { return Vec::new() };
    let names = keys.as_object().into_iter().flat_map(Map::keys);
    let missing = names.filter(|name| !exports.iter().any(|export| export == *name));
    let problem = |name: &String| {
        let message = format!(
            "New version of script does not export class {name:?} which is depended on by existing Durable Objects. If you want to \
             delete the class's existing Durable Objects, use a delete-class migration (deleted_classes)."
        );
        Problem::new(problem::CLASS_MISSING, message)
    };
    missing.map(problem).collect()
}

/// The name in a version of the class with this key.
pub fn name_of<'a>(version: &'a Value, key: &str) -> Option<&'a str> {
    version["classes"].as_object()?.iter().find(|(_, known)| *known == key).map(|(name, _)| name.as_str())
}

/// What is an identifier and short; it is part of the name of an object.
fn is_class(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
    (1..=64).contains(&name.len())
        && name.bytes().all(is_part)
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(before: &Value, migrations: Value, number: u64) -> (Value, Vec<String>) {
        migrated(before, &migrations, number).unwrap()
    }

    fn refused(before: &Value, migrations: Value) -> u32 {
        migrated(before, &migrations, 9).unwrap_err()[0].code
    }

    #[test]
    fn classes_come_are_renamed_and_go() {
        assert_eq!(done(&none(), Value::Null, 1), (none(), vec![]));
        let (one, _) = done(&none(), json!({ "new_tag": "v1", "new_sqlite_classes": ["A"], "new_classes": ["B"] }), 1);
        assert_eq!(one, json!({ "tag": "v1", "keys": { "A": "A.1.0", "B": "B.1.0" } }));
        let steps = json!([{ "renamed_classes": [{ "from": "A", "to": "C" }] }, { "deleted_classes": ["B"] }, { "new_classes": ["B"] }]);
        let (two, doomed) = done(&one, json!({ "old_tag": "v1", "new_tag": "v2", "steps": steps }), 2);
        assert_eq!(two, json!({ "tag": "v2", "keys": { "C": "A.1.0", "B": "B.2.2" } }));
        assert_eq!(doomed, ["B.1.0"]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (one, _) = done(&none(), json!({ "new_tag": "v1", "new_classes": ["A", "B"] }), 1);
        assert_eq!(refused(&one, json!({ "new_tag": "v2", "new_classes": ["C"] })), problem::MIGRATION_TAG);
        assert_eq!(refused(&none(), json!({ "old_tag": "v0", "new_classes": ["C"] })), problem::MIGRATION_TAG);
        for step in [
            json!({ "new_classes": ["A"] }),
            json!({ "new_classes": ["1A"] }),
            json!({ "new_classes": ["a/b"] }),
            json!({ "deleted_classes": ["C"] }),
            json!({ "renamed_classes": [{ "from": "C", "to": "D" }] }),
            json!({ "renamed_classes": [{ "from": "A", "to": "B" }] }),
            json!({ "transferred_classes": [{ "from": "A", "from_script": "s", "to": "C" }] }),
        ] {
            let migrations = json!({ "old_tag": "v1", "steps": [step] });
            assert_eq!(refused(&one, migrations), problem::MIGRATION, "{step}");
        }
        for wrong in [json!({ "old_tag": "v1", "steps": 5 }), json!({ "old_tag": "v1", "new_classes": "A" })] {
            assert_eq!(refused(&one, wrong), problem::VALIDATION);
        }
    }

    #[test]
    fn a_binding_is_to_a_class_that_is_there_and_exported() {
        let keys = json!({ "A": "A.1.0" });
        let to = |class: &str, script: Value| json!({ "name": "X", "type": "durable_object_namespace", "class_name": class, "script_name": script });
        let mut bindings =
            [to("A", Value::Null), to("A", json!("me")), json!({ "name": "Y", "type": "json", "json": 1 })];
        assert_eq!(bind(&mut bindings, &keys, "me"), []);
        assert_eq!((&bindings[0]["namespace_id"], &bindings[2]["namespace_id"]), (&json!("A.1.0"), &Value::Null));
        for wrong in [to("B", Value::Null), to("A", json!("other"))] {
            assert_eq!(bind(&mut [wrong], &keys, "me")[0].code, problem::NO_SUCH_CLASS);
        }
        assert_eq!(missing(&keys, &Value::Null), []);
        assert_eq!(missing(&keys, &json!(["B", "A"])), []);
        assert_eq!(missing(&keys, &json!(["B"]))[0].code, problem::CLASS_MISSING);
        let version = json!({ "classes": keys });
        assert_eq!(
            (name_of(&version, "A.1.0"), name_of(&version, "A"), name_of(&json!({}), "A")),
            (Some("A"), None, None)
        );
    }
}
