//! The patterns whose workers are scripts of a namespace: one row each, and what a row is made of.
//!
//! A script of a pattern is a script as any other, so versions, rollback, fallback, settings and the control API are what
//! they are everywhere. What is a pattern's own is how a JSON document becomes an upload, and a few calls beside.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{feature, plugin, service, tenant, test, tunnel};
use crate::{http::Endpoint, registry::Fields};

/// A pattern. Its scripts are at `/{namespace}/{script}/*`, see [`PATTERNS`](crate::registry::PATTERNS).
#[derive(Debug)]
pub struct Pattern {
    /// The namespace, which is made when it is first needed.
    pub namespace: &'static str,
    /// The binding that holds the document in each version, so that it can be read again.
    pub document: &'static str,
    /// What a script's name and document ask for.
    pub make: fn(&str, &Value) -> Made,
    /// What the list of endpoints says of it.
    pub endpoints: &'static [Endpoint],
    /// Calls of its own below `/{namespace}/{script}`; all others are the worker's.
    pub routes: &'static [(&'static str, &'static str, Task)],
}

/// What is uploaded for a document, a version each; or all that is wrong with the document.
pub type Made = Result<Vec<Upload>, Vec<String>>;

/// A version to be uploaded, through the very code of the control API.
#[derive(Debug)]
pub struct Upload {
    /// Names and sources, the main one first.
    pub modules: Vec<(&'static str, Cow<'static, str>)>,
    /// As of any upload.
    pub metadata: Value,
    /// Its share of the traffic, a number.
    pub percentage: Value,
}

/// What is asked of a pattern rather than of one of its workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// `PUT /{namespace}/{script}`: makes the script of this document, or another version of it.
    Put,
    /// `GET`, with a token of this host: tells the document.
    Get,
    /// `DELETE`.
    Delete,
    /// Tells what a test has come to.
    Result,
    /// Puts the version live that was before this one.
    Rollback,
}

/// All of them.
pub const PATTERNS: &[Pattern] =
    &[tenant::PATTERN, feature::PATTERN, test::PATTERN, tunnel::PATTERN, service::PATTERN, plugin::PATTERN];

/// The pattern of this namespace.
pub fn find(namespace: &str) -> Option<&'static Pattern> {
    PATTERNS.iter().find(|pattern| pattern.namespace == namespace)
}

impl Pattern {
    /// What a request is for, if it is not for the worker. `path` is nothing where it ends with the script's name;
    /// `shows_token` tells whether it comes with what may be a token of this host, which no worker ever gets to see.
    pub fn task(&self, method: &str, path: &str, shows_token: impl Fn() -> bool) -> Option<Task> {
        if !path.is_empty() {
            let own = self.routes.iter().find(|(of, at, _)| *of == method && *at == path);
            return own.map(|(_, _, task)| *task);
        }
        match method {
            "PUT" => Some(Task::Put),
            "DELETE" => Some(Task::Delete),
            "GET" | "HEAD" if shows_token() => Some(Task::Get),
            _ => None,
        }
    }
}

/// The metadata of an upload.
pub(super) fn metadata(main_module: &str, bindings: Vec<Value>) -> Value {
    // What a script was given beside its document stays.
    let kept = ["secret_text"];
    json!({
        "main_module": main_module, "compatibility_date": "2026-07-01", "bindings": bindings, "keep_bindings": kept,
    })
}

/// A binding that is JSON.
pub(super) fn binding(name: &str, document: &Value) -> Value {
    json!({ "type": "json", "name": name, "json": document })
}

/// All that is wrong with a document, fields that it does not have among it.
pub(super) fn wrong(mut fields: Fields<'_>, known: &[&str]) -> Result<(), Vec<String>> {
    for name in fields.names().filter(|name| !known.contains(name)).collect::<Vec<_>>() {
        fields.wrong(format!("{name:?} is no field: there are {}.", known.join(", ")));
    }
    let problems: Vec<_> = fields.problems.into_iter().map(|problem| problem.message).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn paths_lead_to_those_that_there_are() {
        let paths: Vec<_> = registry::PATTERNS.iter().map(|(name, _)| *name).collect();
        assert_eq!(PATTERNS.iter().map(|pattern| pattern.namespace).collect::<Vec<_>>(), paths);
        assert!(find("tenant").is_some() && find("builtin").is_none());
    }

    #[test]
    fn the_bare_path_is_managed_and_all_below_is_the_workers() {
        let task = |method, path, token| find("tenant").unwrap().task(method, path, || token);
        assert_eq!(task("PUT", "", false), Some(Task::Put), "who may is asked later");
        assert_eq!(task("DELETE", "", false), Some(Task::Delete));
        assert_eq!((task("GET", "", true), task("GET", "", false)), (Some(Task::Get), None));
        for method in ["PUT", "DELETE", "GET", "POST"] {
            for path in ["/", "/x", "/rollback"] {
                assert_eq!(task(method, path, true), None, "{method} {path}");
            }
        }
    }
}
