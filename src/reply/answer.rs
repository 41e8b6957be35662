//! Responses of our own.

use std::{panic::AssertUnwindSafe, pin::Pin};

use js_sys::futures::future_to_promise;
use serde_json::json;
use wasm_bindgen::JsValue;
use web_sys::{Headers, Response, ResponseInit};
use worker::console_error;
use worker_loader::Error as LoaderError;

use super::{Error, envelope::Failure};
use crate::registry::Refusal;

/// JSON under a status, never cached.
///
/// # Errors
/// When the runtime cannot make a Response, as with all of these.
pub fn json(status: u16, text: &str) -> Result<Response, LoaderError> {
    let response = with_type(status, text, "application/json")?;
    response.headers().set("cache-control", "no-store")?;
    Ok(response)
}

/// What goes back to JavaScript: the value, or the refusal as a Response. Here every error becomes one.
pub fn answer(result: Result<JsValue, Refusal>) -> JsValue {
    result.unwrap_or_else(|refusal| {
        log(&refusal);
        let error = Error::from(refusal);
        error_response(&error).map_or_else(|_| JsValue::from(error.message), JsValue::from)
    })
}

/// The same for the control API, whose refusals are in Cloudflare's envelope.
pub fn enveloped(result: Result<Response, Refusal>) -> Result<JsValue, Refusal> {
    let response = result.or_else(|refusal| {
        log(&refusal);
        let failure = Failure::from(refusal);
        let response = json(failure.status, &failure.body)?;
        if let Some((name, value)) = &failure.header {
            response.headers().set(name, value)?;
        }
        if failure.status == 409 {
            // Cloudflare's own client would send it again.
            response.headers().set("x-should-retry", "false")?;
        }
        Ok::<_, LoaderError>(response)
    })?;
    Ok(response.into())
}

/// A Promise of what [`answer`] gives, for what has to wait.
pub fn later(work: impl Future<Output = Result<JsValue, Refusal>> + 'static) -> JsValue {
    boxed(Box::pin(work))
}

/// Compiled once: as part of `later` it would be there once for each kind of work, 3 KB each.
fn boxed(work: Pin<Box<dyn Future<Output = Result<JsValue, Refusal>>>>) -> JsValue {
    future_to_promise(AssertUnwindSafe(async move { Ok(answer(work.await)) })).into()
}

fn log(refusal: &Refusal) {
    if let Refusal::StorageUnavailable(why) = refusal {
        console_error!("Storage did not answer: {why}");
    }
}

fn error_response(error: &Error) -> Result<Response, LoaderError> {
    let body = json!({ "error": { "code": error.code, "message": error.message } });
    let response = json(error.status, &body.to_string())?;
    if let Some((name, value)) = &error.header {
        response.headers().set(name, value)?;
    }
    Ok(response)
}

/// A text of a type.
///
/// # Errors
/// When the runtime cannot make a Response.
pub fn with_type(status: u16, body: &str, content_type: &str) -> Result<Response, LoaderError> {
    let headers = Headers::new()?;
    headers.set("content-type", content_type)?;
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Ok(Response::new_with_opt_str_and_init(Some(body), &init)?)
}
