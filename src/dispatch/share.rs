//! Whether there may be more of something in this minute, of which a namespace has so much for all isolates.

use std::{cell::RefCell, panic::AssertUnwindSafe};

use js_sys::{Date, futures::future_to_promise};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::Env;

use super::{
    meter::{Meter, Share},
    recent::Recent,
    refresh::keep_alive,
};
use crate::storage;

/// Of so much is counted in an isolate.
const MOST: usize = 1024;

/// What is counted: the id of its namespace, and what of it, nothing being requests.
type Key = (String, String);

thread_local! {
    static METERS: RefCell<Recent<(Key, Meter)>> = const { RefCell::new(Recent::new(MOST)) };
}

/// Takes so much of what there is in a minute; or gives the seconds until there is more.
pub(super) fn take(env: &Env, ctx: &JsValue, of: (&str, &str), limit: u64, count: u32) -> Option<u32> {
    match with(of, |meter| meter.take(Date::now(), limit, count.into())) {
        Share::Has => None,
        Share::Had(retry_after_s) => Some(retry_after_s),
        Share::HasAndTells(minute, count) => {
            let (env, namespace_id, key) = (env.clone(), of.0.to_owned(), of.1.to_owned());
            let telling = future_to_promise(AssertUnwindSafe(async move {
                let message = json!({ "op": "spend", "key": key, "minute": minute, "count": count });
                let told = storage::ask(&env, "NAMESPACES", &namespace_id, &message).await.ok();
                let total = told.and_then(|text| serde_json::from_str::<Value>(&text).ok()?["total"].as_u64());
                with((&namespace_id, &key), |meter| meter.told(minute, count, total));
                Ok(JsValue::UNDEFINED)
            }));
            keep_alive(ctx, &telling);
            None
        }
    }
}

fn with<T>(of: (&str, &str), work: impl FnOnce(&mut Meter) -> T) -> T {
    let is = |((namespace, key), _): &(Key, Meter)| namespace == of.0 && key == of.1;
    METERS.with_borrow_mut(|meters| {
        if meters.find(is).is_none() {
            meters.add(((of.0.to_owned(), of.1.to_owned()), Meter::default()));
        }
        let mut none = (Key::default(), Meter::default());
        work(&mut meters.find(is).unwrap_or(&mut none).1)
    })
}
