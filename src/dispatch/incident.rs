//! That a version does not load, or cannot be read, is recorded where its owner finds it.

use std::{panic::AssertUnwindSafe, rc::Rc};

use js_sys::futures::future_to_promise;
use serde_json::json;
use wasm_bindgen::JsValue;
use worker::{Env, console_error};
use worker_loader::Error;

use super::{
    live::Live,
    refresh::keep_alive,
    running::Running,
    script::{Script, Source},
};
use crate::storage;

/// Tells the script's object, once for each version, kind and isolate, while the request is answered.
pub(super) fn record(
    env: &Env,
    ctx: &JsValue,
    script: &Rc<Script>,
    live: &Live,
    (at, running): (usize, &Running),
    kind: &'static str,
    error: &Error,
) {
    if running.recorded.replace(kind) == kind || !matches!(script.source, Source::Stored) {
        return;
    }
    let object = [&live.namespace.id, "/", &script.name.script].concat();
    let operation = json!({
        "op": "incident",
        "version_id": live.snapshot.text(at, "id"),
        "kind": kind,
        "message": error.to_string(),
    });
    let env = env.clone();
    let told = future_to_promise(AssertUnwindSafe(async move {
        if let Err(refusal) = storage::ask(&env, "SCRIPTS", &object, &operation).await {
            console_error!("An incident could not be recorded: {refusal:?}");
        }
        Ok(JsValue::UNDEFINED)
    }));
    keep_alive(ctx, &told);
}
