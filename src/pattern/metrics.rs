//! `/metrics`: one cached worker, told the numbers of the moment with each call.

use serde_json::{Value, json};
use worker_loader::{Error, WorkerCode};

use crate::dispatch::Health;
#[cfg(target_arch = "wasm32")]
use {
    crate::{
        dispatch::{self, Own, Reading},
        registry::Refusal,
        settings,
    },
    wasm_bindgen::JsValue,
    web_sys::Request,
    worker::Env,
};

/// Its name in keys.
pub const SCRIPT: &str = "metrics";

/// The code, which never changes.
///
/// # Errors
/// When the compatibility date is none.
pub fn code(compatibility_date: &str) -> Result<WorkerCode, Error> {
    WorkerCode::builder(compatibility_date, "metrics.js").js("metrics.js", include_str!("metrics.js")).build()
}

/// Serves a request, of which there are so many in flight.
///
/// # Errors
/// When the call could not be made.
#[cfg(target_arch = "wasm32")]
pub fn serve(request: Request, env: Env, ctx: JsValue, active: u32) -> Result<JsValue, Refusal> {
    // There is one version of it, which is this one.
    let read = |env: Env| -> Reading { Box::pin(async move { Ok((1, code(&settings::compatibility_date(&env)?)?)) }) };
    Own { script: SCRIPT, read, lasts: true }.serve(
        request,
        env,
        ctx,
        Some(props(active, dispatch::loaded_workers(), dispatch::health())),
    )
}

/// The numbers of the moment, as the worker finds them at `ctx.props`: requests in flight in this isolate (this one
/// with them), the workers that it has loaded, the median response time of the last minute in milliseconds, and the share of its requests that did
/// not fail, in thousandths.
pub fn props(active: u32, loaded: usize, health: Health) -> Value {
    json!({ "activeConnections": active, "loadedWorkers": loaded, "medianMs": health.median_ms, "healthy": health.healthy })
}
