//! Responses of our own.

use serde::Serialize;
use serde_json::json;
use wasm_bindgen::JsValue;
use web_sys::{Headers, Response, ResponseInit};

use super::Error;

/// JSON under a status, never cached.
pub fn json(status: u16, body: &impl Serialize) -> Result<Response, JsValue> {
    let text = serde_json::to_string(body).map_err(|error| JsValue::from(error.to_string()))?;
    let response = with_type(status, &text, "application/json")?;
    response.headers().set("cache-control", "no-store")?;
    Ok(response)
}

/// A page, with the policy that says what it may do.
pub fn html(page: &str, policy: &str) -> Result<Response, JsValue> {
    let response = with_type(200, page, "text/html; charset=utf-8")?;
    let headers = response.headers();
    headers.set("content-security-policy", policy)?;
    headers.set("x-content-type-options", "nosniff")?;
    headers.set("referrer-policy", "no-referrer")?;
    headers.set("cache-control", "no-cache")?;
    headers.set("vary", "accept")?;
    Ok(response)
}

/// The error as the client sees it.
pub fn error_response(error: &Error) -> Result<Response, JsValue> {
    let body = json!({ "error": { "code": error.code, "message": error.message } });
    let response = json(error.status, &body)?;
    if let Some((name, value)) = &error.header {
        response.headers().set(name, value)?;
    }
    Ok(response)
}

fn with_type(status: u16, body: &str, content_type: &str) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", content_type)?;
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Response::new_with_opt_str_and_init(Some(body), &init)
}
