//! Whether a namespace may have a request more in this minute.

use std::{cell::RefCell, panic::AssertUnwindSafe};

use js_sys::{Date, futures::future_to_promise};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::Env;

use super::{
    meter::{Meter, Share},
    recent::Recent,
    refresh::keep_alive,
    script::Namespace,
};
use crate::{registry::Refusal, storage};

/// So many namespaces are counted in an isolate.
const MOST: usize = 512;

thread_local! {
    static METERS: RefCell<Recent<(String, Meter)>> = const { RefCell::new(Recent::new(MOST)) };
}

/// A request to one of its scripts.
///
/// # Errors
/// [`Refusal::RateLimited`], where it has had as many as its quota allows.
pub(super) fn take(env: &Env, ctx: &JsValue, namespace: &Namespace) -> Result<(), Refusal> {
    let Some(limit) = namespace.requests_per_minute else { return Ok(()) };
    let share = with(&namespace.id, |meter| meter.take(Date::now(), limit));
    match share {
        Share::Has => Ok(()),
        Share::Had(retry_after_s) => Err(Refusal::RateLimited { retry_after_s }),
        Share::HasAndTells(minute, count) => {
            let (env, id) = (env.clone(), namespace.id.clone());
            let telling = future_to_promise(AssertUnwindSafe(async move {
                let message = json!({ "op": "spend", "minute": minute, "count": count });
                let told = storage::ask(&env, "NAMESPACES", &id, &message).await.ok();
                let total = told.and_then(|text| serde_json::from_str::<Value>(&text).ok()?["total"].as_u64());
                with(&id, |meter| meter.told(minute, count, total));
                Ok(JsValue::UNDEFINED)
            }));
            keep_alive(ctx, &telling);
            Ok(())
        }
    }
}

fn with<T>(id: &str, work: impl FnOnce(&mut Meter) -> T) -> T {
    METERS.with_borrow_mut(|meters| {
        if meters.find(|(known, _)| known == id).is_none() {
            meters.add((id.to_owned(), Meter::default()));
        }
        let mut none = (String::new(), Meter::default());
        work(&mut meters.find(|(known, _)| known == id).unwrap_or(&mut none).1)
    })
}
