//! Whether it loads.

use js_sys::{Reflect, futures::JsFuture};
use serde_json::{Map, Value, json};
use worker::Env;
use worker_loader::{Error, ErrorKind};

use super::{Kept, received::problems};
use crate::{
    registry::{Refusal, given, part, problem, store},
    sys,
};

/// The module that imports the script and tells what it exports.
const PROBE: &str = include_str!("probe.js");

/// How long a script may take to load, by the clock on the wall.
const DEADLINE_MS: f64 = 5000.0;

/// What a script that loaded exports.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The handlers of the default export.
    pub handlers: Value,
    /// The other entrypoints: `{name, handlers}` each.
    pub named_handlers: Value,
    /// The names of the classes that it exports which Durable Objects can be of.
    pub classes: Value,
    /// How long it took to load, in milliseconds.
    pub startup_time_ms: Value,
}

impl Kept {
    /// Loads the script as the version document says, in a sandbox with no outbound.
    ///
    /// # Errors
    /// [`Refusal::Api`] with 400 where the script does not load or has no handler.
    pub async fn check(&self, env: &Env, version: &Value) -> Result<Checked, Refusal> {
        let loader = Reflect::get(env, &"LOADER".into()).unwrap_or_default();
        let (env_values, stubs) = env_of(version);
        let asked = json!({
            "compatibility_date": version["compatibility_date"],
            "compatibility_flags": version["compatibility_flags"],
            "main_module": version["main_module"],
            "env": env_values,
            "stubs": stubs,
            "given": given(version),
        });
        let told = sys::upload::check(&loader, PROBE, &asked.to_string(), &self.0, DEADLINE_MS);
        let told = JsFuture::from(told).await.map_err(|thrown| refusal(Error::from(thrown)))?;
        let mut told: Value = serde_json::from_str(&told.as_string().unwrap_or_default()).unwrap_or_default();
        let problems = problems(&told["problems"], problem::VALIDATION);
        if !problems.is_empty() {
            return Err(Refusal::invalid(problems));
        }
        Ok(Checked {
            handlers: told["handlers"].take(),
            named_handlers: told["named_handlers"].take(),
            classes: told["classes"].take(),
            startup_time_ms: told["startup_time_ms"].take(),
        })
    }
}

/// What the runtime throws before the script is even compiled; the rest is no fault of the script.
fn refusal(error: Error) -> Refusal {
    match error.kind() {
        ErrorKind::Refused { message } => Refusal::api(400, problem::VALIDATION, message.clone()),
        ErrorKind::TooLarge { .. } => Refusal::api(413, problem::TOO_LARGE, error.to_string()),
        _ => error.into(),
    }
}

/// The bindings that are values, and the names of those that are stubs with the entrypoints that they lead to.
fn env_of(version: &Value) -> (Map<String, Value>, Vec<Value>) {
    let (mut env, mut stubs) = (Map::new(), Vec::new());
    for binding in version["bindings"].as_array().map_or(&[][..], Vec::as_slice) {
        if let Some((kind, _)) = store::of(binding) {
            stubs.push(json!([binding["name"], kind.entrypoint]));
            continue;
        }
        let value = match binding["type"].as_str() {
            Some("assets") => {
                stubs.push(json!([binding["name"], "Assets"]));
                continue;
            }
            // In the bundle.
            Some(of) if part::kind(of).is_some() => continue,
            Some("json") => binding["json"].clone(),
            Some("version_metadata") => version_metadata(version),
            _ => binding["text"].clone(),
        };
        env.insert(binding["name"].as_str().unwrap_or_default().to_owned(), value);
    }
    (env, stubs)
}

/// Cloudflare's `version_metadata`.
fn version_metadata(version: &Value) -> Value {
    let tag = version["annotations"]["workers/tag"].as_str().unwrap_or_default();
    json!({ "id": version["id"], "tag": tag, "timestamp": version["created_on"] })
}
