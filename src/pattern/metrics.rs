//! `/metrics`: one cached worker, told the numbers of the moment with each call.

use serde_json::{Value, json};
use worker_loader::{Error, WorkerCode};

use crate::dispatch::Health;
#[cfg(target_arch = "wasm32")]
use crate::registry::Refusal;

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
pub fn serve(request: web_sys::Request, env: &worker::Env, active: u32) -> Result<wasm_bindgen::JsValue, Refusal> {
    use crate::{dispatch, settings};

    if !dispatch::deployed(SCRIPT) {
        dispatch::deploy(SCRIPT, code(&settings::compatibility_date(env)?)?, true);
    }
    dispatch::run(env, SCRIPT, request, Some(props(active, dispatch::health())))
}

/// The numbers of the moment, as the worker finds them at `ctx.props`: requests in flight in this isolate (this one
/// with them), the median response time of the last minute in milliseconds, and the share of its requests that did
/// not fail, in thousandths.
pub fn props(active: u32, health: Health) -> Value {
    json!({ "activeConnections": active, "medianMs": health.median_ms, "healthy": health.healthy })
}
