//! `/metrics`: one cached worker, told the numbers of the moment with each call.

use worker_loader::{Error, WorkerCode};
#[cfg(target_arch = "wasm32")]
use {
    crate::{
        dispatch::{Own, Reading},
        registry::Refusal,
        reply::later,
        settings,
    },
    js_sys::{Function, Promise, futures::JsFuture},
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

/// Serves a request. The numbers of the moment, as the worker finds them at `ctx.props`, are those that `pulse(env)` promises as JSON,
/// of all isolates together: `activeConnections`, the requests in flight, this one with them; `loadedWorkers`; of the last minute
/// `medianMs`, the median response time in milliseconds, and `healthy`, the share of requests that did not fail, in thousandths.
///
/// # Errors
/// When the call could not be made.
#[cfg(target_arch = "wasm32")]
pub fn serve(request: Request, env: Env, ctx: JsValue, pulse: Function) -> Result<JsValue, Refusal> {
    Ok(later(async move {
        let numbers = pulse.call1(&JsValue::UNDEFINED, &env).map_err(Error::from)?;
        let numbers = JsFuture::from(Promise::resolve(&numbers)).await.map_err(Error::from)?.as_string();
        let props = numbers.and_then(|numbers| serde_json::from_str(&numbers).ok());
        // There is one version of it, which is this one.
        let read =
            |env: Env| -> Reading { Box::pin(async move { Ok((1, code(&settings::compatibility_date(&env)?)?)) }) };
        Own { script: SCRIPT, read, lasts: true }.serve(request, env, ctx, props)
    }))
}
