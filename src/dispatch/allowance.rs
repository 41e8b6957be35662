//! Whether a script may store more, and ask for what it stores: as the quota of its namespace says.

use std::{cell::RefCell, panic::AssertUnwindSafe};

use js_sys::{Date, futures::future_to_promise};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::{Env, console_error};

use super::{age::is_fresh, namespace, recent::Recent, refresh::keep_alive, share};
use crate::{
    registry::{Refusal, allowance},
    settings, storage,
};

/// Of so many scripts it is known in an isolate how much they store.
const MOST: usize = 512;
/// How old what is known of how much is stored may be, in milliseconds.
const USAGE_TTL_MS: u32 = 10_000;
/// The same where there is no quota: so many times as long.
const MEANWHILE: u32 = 6;

thread_local! {
    static STORED: RefCell<Recent<(String, f64, Value)>> = const { RefCell::new(Recent::new(MOST)) };
}

/// What a script is about to do, or has done.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The name of its namespace.
    pub namespace: &'a str,
    /// The namespace's id.
    pub namespace_id: &'a str,
    /// The script.
    pub script: &'a str,
    /// So many operations.
    pub operations: u32,
    /// Whether there may be more stored after it.
    pub grows: bool,
}

/// Why not, where it may not: `{"rate": seconds}`, until when there were enough operations, or as [`allowance::full`].
///
/// # Errors
/// Storage's, where nothing is known of the namespace.
pub async fn denied(env: &Env, ctx: &JsValue, asked: &Asked<'_>) -> Result<Option<Value>, Refusal> {
    let namespace = namespace::told(env, asked.namespace).await?;
    // Another one of the name has no word in this.
    if namespace.id != asked.namespace_id {
        return Ok(None);
    }
    if namespace.storage.is_null() {
        if asked.grows {
            count_meanwhile(env, ctx, asked)?;
        }
        return Ok(None);
    }
    let quota = &namespace.storage;
    let whose = [("script_storage", ["store/", asked.script].concat()), ("storage", "store".to_owned())];
    for (whose, key) in &whose {
        let Some(limit) = quota[whose]["operations_per_minute"].as_u64() else { continue };
        if let Some(seconds) = share::take(env, ctx, (asked.namespace_id, key), limit, asked.operations) {
            return Ok(Some(json!({ "rate": seconds })));
        }
    }
    let is_limited = |whose: &str| quota[whose]["bytes"].is_u64() || quota[whose]["keys"].is_u64();
    if !asked.grows || !allowance::WHOSE.iter().any(|whose| is_limited(whose)) {
        return Ok(None);
    }
    match stored(env, asked).await {
        Ok(stored) => Ok(allowance::full(quota, &stored)),
        Err(refusal) => {
            // Nobody stands still because it cannot be counted.
            console_error!("What {} stores is not known: {refusal:?}", asked.script);
            Ok(None)
        }
    }
}

/// Has it counted how much a script stores, where nobody waits for that: what the API and the metrics tell is then a minute old.
fn count_meanwhile(env: &Env, ctx: &JsValue, asked: &Asked<'_>) -> Result<(), Refusal> {
    let object = [asked.namespace_id, "/", asked.script].concat();
    let ttl_ms = settings::number(env, "USAGE_TTL_MS", USAGE_TTL_MS)?.saturating_mul(MEANWHILE);
    let is_known = STORED.with_borrow_mut(|stored| {
        let known = stored.find(|(known, ..)| *known == object);
        known.is_some_and(|(_, since_ms, _)| is_fresh(*since_ms, Date::now(), ttl_ms))
    });
    if is_known {
        return Ok(());
    }
    let env = env.clone();
    keep(&object, Date::now(), Value::Null);
    let counting = future_to_promise(AssertUnwindSafe(async move {
        let told = storage::ask(&env, "SCRIPTS", &object, &json!({ "op": "usage" })).await.unwrap_or_default();
        keep(&object, Date::now(), serde_json::from_str(&told).unwrap_or_default());
        Ok(JsValue::UNDEFINED)
    }));
    keep_alive(ctx, &counting);
    Ok(())
}

fn keep(object: &str, since_ms: f64, value: Value) {
    STORED.with_borrow_mut(|stored| {
        stored.remove(|(known, ..)| known == object);
        stored.add((object.to_owned(), since_ms, value));
    });
}

async fn stored(env: &Env, asked: &Asked<'_>) -> Result<Value, Refusal> {
    let object = [asked.namespace_id, "/", asked.script].concat();
    let ttl_ms = settings::number(env, "USAGE_TTL_MS", USAGE_TTL_MS)?;
    let known = STORED.with_borrow_mut(|stored| {
        let (_, since_ms, value) = stored.find(|(known, ..)| *known == object)?;
        (is_fresh(*since_ms, Date::now(), ttl_ms) && !value.is_null()).then(|| value.clone())
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let since_ms = Date::now();
    let told = storage::ask(env, "SCRIPTS", &object, &json!({ "op": "usage" })).await?;
    let told: Value = serde_json::from_str(&told).unwrap_or_default();
    keep(&object, since_ms, told.clone());
    Ok(told)
}
