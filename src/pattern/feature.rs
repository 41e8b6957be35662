//! `/feature/:name`: a worker for each flag, which tells what the flag is for somebody, and why.
//!
//! The rules are in the worker's env. They are checked and evaluated by the same file, `rules.js`.

use serde_json::{Value, json};

use super::table::{Made, Pattern, Task, Upload, binding, metadata};
use crate::http::Endpoint;

/// The pattern.
pub const PATTERN: Pattern = Pattern {
    namespace: "feature",
    document: "FLAG",
    make,
    endpoints: &[
        Endpoint {
            method: "GET",
            path: "/feature/:name",
            description: "What a flag is for somebody, ?user=1&plan=pro; POST with JSON.",
        },
        Endpoint {
            method: "PUT",
            path: "/feature/:name",
            description: "Makes or changes a flag (token); GET tells its rules, DELETE.",
        },
        Endpoint {
            method: "POST",
            path: "/feature/:name/rollback",
            description: "Puts a flag's rules of before live again (token).",
        },
    ],
    routes: &[("POST", "/rollback", Task::Rollback)],
};

/// The attributes of somebody are at most so many bytes.
const MOST_BYTES: u32 = 64 * 1024;

/// See `rules.js`.
fn make(name: &str, document: &Value) -> Made {
    let problems = problems(document);
    if !problems.is_empty() {
        return Err(problems);
    }
    let modules = vec![("flag.js", include_str!("flag.js").into()), ("rules.js", include_str!("rules.js").into())];
    let name = json!({ "type": "plain_text", "name": "NAME", "text": name });
    let mut metadata = metadata("flag.js", vec![binding("FLAG", document), name]);
    metadata["limits"]["request_bytes"] = MOST_BYTES.into();
    Ok(vec![Upload { modules, metadata, percentage: 100.into() }])
}

#[cfg(target_arch = "wasm32")]
fn problems(document: &Value) -> Vec<String> {
    crate::sys::pattern::flag_problems(&document.to_string())
}

/// Where there is no JavaScript, nobody is asked.
#[cfg(not(target_arch = "wasm32"))]
fn problems(_: &Value) -> Vec<String> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_its_rules_and_its_name() {
        let document = json!({ "default": "off", "rules": [{ "serve": "on" }] });
        let uploads = make("checkout", &document).unwrap();
        assert_eq!(uploads[0].metadata["main_module"], uploads[0].modules[0].0);
        assert_eq!(uploads[0].metadata["bindings"][0]["json"], document);
        assert_eq!(uploads[0].metadata["bindings"][1]["text"], "checkout", "flags do not split alike");
    }

    #[test]
    fn a_flag_answers_at_its_bare_path() {
        assert!(crate::registry::PATTERNS.contains(&(PATTERN.namespace, true)));
        assert_eq!(PATTERN.task("POST", "/rollback", || false), Some(Task::Rollback));
        assert_eq!(PATTERN.task("POST", "", || true), None, "which evaluates");
        assert_eq!(PATTERN.task("GET", "/rollback", || true), None);
    }
}
