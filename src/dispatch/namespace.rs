//! What is known of a namespace, for those who run its scripts.

use std::rc::Rc;

use js_sys::Date;
use serde_json::{Value, json};
use worker::{Env, console_error};

use super::{isolate, operator, refresh::is_missing, script::Namespace};
use crate::{
    registry::{
        Refusal,
        outbound::{Terms, secret},
        vault,
    },
    storage,
};

/// A namespace may be known for so many times as long as a script: it changes that much less often.
const NAMESPACES: u32 = 10;

// A secret that does not open is one that a rule lacks, which is then told.
pub(super) fn opened(env: &Env, place: &str, stored: &str) -> Option<String> {
    let vault = operator::vault(env).ok()?;
    vault.open(place, stored).inspect_err(|why| console_error!("The secret {place} cannot be opened: {why}")).ok()
}

/// A namespace: what is known of it, or what the Directory says now.
///
/// # Errors
/// [`Refusal::Api`] with 404 where there is none, or storage's where nothing is known.
pub(super) async fn told(env: &Env, name: &str) -> Result<Namespace, Refusal> {
    let ttl_ms = operator::ttl_ms(env)?.saturating_mul(NAMESPACES);
    let known = isolate::namespace(name, ttl_ms);
    if let Some((namespace, true)) = known {
        return Ok(namespace);
    }
    let asked = (Date::now(), isolate::forgets());
    let question = json!({ "op": "namespace", "name": name, "secrets": true });
    let told = storage::ask(env, "DIRECTORY", "directory", &question).await;
    let told = told.map(|text| serde_json::from_str::<Value>(&text).unwrap_or_default());
    match (told, known) {
        (Ok(told), _) => {
            let id = told["namespace_id"].as_str().unwrap_or_default().to_owned();
            let mut outbound = Terms::read(&told["outbound"], &told["outbound_secrets"]);
            outbound.open(|name, text| opened(env, &vault::place(&id, "", &secret::at(name)), text));
            let outbound = Rc::new(outbound);
            let namespace = Namespace {
                id,
                trusted: told["trusted_workers"] == true,
                outbound,
                limits: told["limits"].clone(),
                requests_per_minute: told["requests_per_minute"].as_u64(),
                services: told["services"].clone(),
                idle_days: told["idle_days"].as_u64(),
                storage: told["storage"].clone(),
            };
            isolate::keep_namespace(name, asked, Some(namespace.clone()));
            Ok(namespace)
        }
        (Err(refusal), _) if is_missing(&refusal) => {
            isolate::keep_namespace(name, asked, None);
            Err(refusal)
        }
        (Err(_), Some((namespace, _))) => Ok(namespace),
        (Err(refusal), None) => Err(refusal),
    }
}
