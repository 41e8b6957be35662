//! Bindings that are a part of the upload: data, text or WebAssembly of its own file.

use serde_json::{Value, json};

use super::{Problem, problem};

/// With this flag a script's modules have no `env` of their own, through which parts are given.
const WITHOUT_ENV: &str = "disallow_importable_env";

/// The kind of module that the part of a binding of this type is.
pub fn kind(binding_type: &str) -> Option<&'static str> {
    Some(match binding_type {
        "data_blob" => "data",
        "text_blob" => "text",
        "wasm_module" => "wasm",
        _ => return None,
    })
}

/// The part's name, as modules are named: a leading `./` is dropped, as an import does.
pub fn name(part: &str) -> &str {
    part.strip_prefix("./").unwrap_or(part)
}

/// What is wrong with the parts of these bindings, in a version of these modules and compatibility flags.
pub fn problems(bindings: &[Value], modules: &Value, flags: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for binding in bindings {
        let text = |field: &str| binding[field].as_str().unwrap_or_default();
        let Some(kind) = kind(text("type")) else { continue };
        let (binding, of, part) = (text("name"), text("type"), text("part"));
        let module = modules.as_array().into_iter().flatten().find(|module| module["name"] == *part);
        let why = match module {
            None => format!("there is no part {part:?} in this upload. Send it along, or take the binding out"),
            Some(module) if module["kind"] != kind => {
                format!("its part {part:?} came as another type. Send it as {}", content_type(kind))
            }
            Some(_) if flags.as_array().is_some_and(|flags| flags.contains(&WITHOUT_ENV.into())) => {
                format!("that cannot be had with the flag {WITHOUT_ENV}. Import {part:?} as a module")
            }
            Some(_) => continue,
        };
        problems.push(Problem::new(problem::VALIDATION, format!("The binding {binding:?} is a {of}: {why}.")));
    }
    problems
}

/// `[[binding, part], ...]` of the bindings that have one.
pub fn list(version: &Value) -> Vec<Value> {
    let bindings = version["bindings"].as_array().into_iter().flatten();
    let parts = bindings.filter(|binding| binding["type"].as_str().is_some_and(|of| kind(of).is_some()));
    parts.map(|binding| json!([binding["name"], binding["part"]])).collect()
}

fn content_type(kind: &str) -> &'static str {
    match kind {
        "data" => "application/octet-stream",
        "text" => "text/plain",
        _ => "application/wasm",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(of: &str, part: &str) -> Value {
        json!({ "name": "P", "type": of, "part": part })
    }

    #[test]
    fn a_part_is_a_module_of_its_kind() {
        let modules = json!([
            { "name": "a.wasm", "kind": "wasm" }, { "name": "a.bin", "kind": "data" }, { "name": "a.txt", "kind": "text" },
        ]);
        let good = [binding("wasm_module", "a.wasm"), binding("data_blob", "a.bin"), binding("text_blob", "a.txt")];
        assert_eq!(problems(&good, &modules, &json!([])), []);
        for (wrong, says) in [
            (binding("wasm_module", "b.wasm"), "no part \"b.wasm\""),
            (binding("wasm_module", "a.bin"), "application/wasm"),
            (binding("data_blob", "a.txt"), "application/octet-stream"),
            (binding("text_blob", "a.wasm"), "text/plain"),
        ] {
            let found = problems(&[wrong], &modules, &json!([]));
            assert!(found.len() == 1 && found[0].message.contains(says), "{says}: {found:?}");
        }
        let found = problems(&good, &modules, &json!(["disallow_importable_env"]));
        assert!(found.len() == 3 && found[0].message.contains("Import \"a.wasm\" as a module"), "{found:?}");
        assert_eq!(problems(&[json!({ "name": "A", "type": "json", "json": 1 })], &Value::Null, &Value::Null), []);
    }

    #[test]
    fn parts_are_listed_by_their_bindings() {
        let version =
            json!({ "bindings": [binding("data_blob", "a.bin"), { "name": "A", "type": "json", "json": 1 }] });
        assert_eq!(list(&version), [json!(["P", "a.bin"])]);
        assert_eq!(list(&json!({})), Vec::<Value>::new());
    }
}
