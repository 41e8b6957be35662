//! The operator's settings: the vars and secrets of wrangler.toml.

use js_sys::{JSON, Reflect};
use serde_json::Value;
use worker::Env;

use worker_loader::CompatibilityDate;

use crate::registry::{Refusal, vault::Vault};

/// The compatibility date of our own dynamic workers, unless the operator sets another.
const COMPATIBILITY_DATE: &str = "2026-07-01";

/// A setting that is set, as text.
pub fn text(env: &Env, name: &str) -> Option<String> {
    Reflect::get(env, &name.into()).ok()?.as_string()
}

/// A setting that is a whole number.
///
/// # Errors
/// [`Refusal::Misconfigured`] when it is set to something else.
pub fn number(env: &Env, name: &str, default: u32) -> Result<u32, Refusal> {
    let value = Reflect::get(env, &name.into()).unwrap_or_default();
    // wrangler.toml gives numbers as numbers, .dev.vars as text.
    let number = match (value.as_f64(), value.as_string()) {
        (Some(number), _) => (number.fract() == 0.0 && (0.0..4e9).contains(&number)).then_some(number as u32),
        (_, Some(text)) => text.trim().parse().ok(),
        _ => value.is_undefined().then_some(default),
    };
    number.ok_or_else(|| Refusal::Misconfigured(format!("The variable {name} has to be a whole number.")))
}

/// A setting that is JSON, as wrangler.toml gives it or as text; null where there is none.
///
/// # Errors
/// [`Refusal::Misconfigured`] when it is no JSON.
pub fn json(env: &Env, name: &str) -> Result<Value, Refusal> {
    let value = Reflect::get(env, &name.into()).unwrap_or_default();
    let text = value.as_string().or_else(|| JSON::stringify(&value).ok().and_then(|text| text.as_string()));
    let wrong = |_| Refusal::Misconfigured(format!("The variable {name} has to be JSON."));
    text.map_or(Ok(Value::Null), |text| serde_json::from_str(&text).map_err(wrong))
}

/// The keys that secrets are sealed with.
///
/// # Errors
/// [`Refusal::Misconfigured`] where one of them is none.
pub fn vault(env: &Env) -> Result<Vault, Refusal> {
    Vault::new(text(env, "SECRETS_KEY").as_deref(), text(env, "SECRETS_KEY_PREVIOUS").as_deref())
}

/// The compatibility date of our own dynamic workers.
///
/// # Errors
/// [`Refusal::Misconfigured`] when it is set to something that is no date.
pub fn compatibility_date(env: &Env) -> Result<String, Refusal> {
    let name = "DYNAMIC_COMPATIBILITY_DATE";
    let value = Reflect::get(env, &name.into()).unwrap_or_default();
    let date = match value.as_string() {
        Some(date) if !date.is_empty() => date,
        None if !value.is_undefined() => {
            return Err(Refusal::Misconfigured(format!("The variable {name} has to be text.")));
        }
        _ => COMPATIBILITY_DATE.to_owned(),
    };
    match date.parse::<CompatibilityDate>() {
        Ok(_) => Ok(date),
        Err(error) => Err(Refusal::Misconfigured(format!("The variable {name} is wrong: {error}."))),
    }
}
