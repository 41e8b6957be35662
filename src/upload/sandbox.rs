//! Whether it loads.

use js_sys::{Reflect, futures::JsFuture};
use serde_json::{Map, Value, json};
use worker::Env;
use worker_loader::{Error, ErrorKind};

use super::{Received, received::problems};
use crate::{
    registry::{Refusal, problem},
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
    /// How long it took to load, in milliseconds.
    pub startup_time_ms: Value,
}

impl Received {
    /// Loads the script as the version document says, in a sandbox with no outbound.
    ///
    /// # Errors
    /// [`Refusal::Api`] with 400 where the script does not load or has no handler.
    pub async fn check(&self, env: &Env, version: &Value) -> Result<Checked, Refusal> {
        let loader = Reflect::get(env, &"LOADER".into()).unwrap_or_default();
        let asked = json!({
            "compatibility_date": version["compatibility_date"],
            "compatibility_flags": version["compatibility_flags"],
            "main_module": version["main_module"],
            "env": plain_env(&version["bindings"]),
        });
        let told = sys::upload::check(&loader, PROBE, &asked.to_string(), &self.kept, DEADLINE_MS);
        let told = JsFuture::from(told).await.map_err(|thrown| refusal(Error::from(thrown)))?;
        let mut told: Value = serde_json::from_str(&told.as_string().unwrap_or_default()).unwrap_or_default();
        let problems = problems(&told["problems"], problem::VALIDATION);
        if !problems.is_empty() {
            return Err(Refusal::Api { status: 400, problems });
        }
        Ok(Checked {
            handlers: told["handlers"].take(),
            named_handlers: told["named_handlers"].take(),
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

/// The bindings that are values.
fn plain_env(bindings: &Value) -> Map<String, Value> {
    let mut env = Map::new();
    for binding in bindings.as_array().map_or(&[][..], Vec::as_slice) {
        let value = match binding["type"].as_str() {
            Some("plain_text" | "secret_text") => binding["text"].clone(),
            Some("json") => binding["json"].clone(),
            _ => continue,
        };
        env.insert(binding["name"].as_str().unwrap_or_default().to_owned(), value);
    }
    env
}
