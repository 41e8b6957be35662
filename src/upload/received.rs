//! What came.

use js_sys::{Promise, Reflect, futures::JsFuture};
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;

use super::Kept;
use crate::{
    registry::{Problem, Refusal, problem},
    settings, sys,
};

/// The most that is read of an upload, in bytes, unless the operator sets another.
const MAX_BYTES: u32 = 32 * 1024 * 1024;

/// A document alone is at most so many bytes.
const MAX_DOCUMENT_BYTES: u32 = 1024 * 1024;

/// An upload as it came. Its bytes are in JavaScript.
#[derive(Debug)]
pub struct Received {
    /// The metadata, an object; what a form had as text is numbers and booleans where the API has those.
    pub metadata: Value,
    /// The modules: `{name, kind, bytes, sha256}` each.
    pub modules: Vec<Value>,
    /// The digest of the source maps that came along, or null.
    pub maps: Value,
    /// What is wrong with the modules: their names, types, number, text.
    pub problems: Vec<Problem>,
    /// Its bytes.
    pub kept: Kept,
}

/// Reads an upload, in any of the forms that clients use. What is over the limit is not read.
///
/// # Errors
/// [`Refusal::Api`] where it cannot be read.
pub async fn receive(request: &Request, env: &Env) -> Result<Received, Refusal> {
    let limit = settings::number(env, "UPLOAD_MAX_BYTES", MAX_BYTES)?;
    let (mut facts, kept) = facts(sys::upload::receive(request, limit.into())).await?;
    Ok(Received {
        metadata: facts["metadata"].take(),
        modules: match facts["modules"].take() {
            Value::Array(modules) => modules,
            _ => Vec::new(),
        },
        maps: facts["maps"].take(),
        problems: problems(&facts["problems"], problem::VALIDATION),
        kept: Kept(kept),
    })
}

/// Reads a body that is one document: JSON, a form with a part `root` that is JSON, or a form with the fields `root[name]`.
///
/// # Errors
/// [`Refusal::Api`] where it cannot be read.
pub async fn document(request: &Request, root: &str) -> Result<Value, Refusal> {
    let (mut facts, _) = facts(sys::upload::receive_document(request, root, MAX_DOCUMENT_BYTES.into())).await?;
    Ok(facts["document"].take())
}

async fn facts(told: Promise) -> Result<(Value, JsValue), Refusal> {
    let told = JsFuture::from(told).await.map_err(worker_loader::Error::from)?;
    let part = |name: &str| Reflect::get(&told, &name.into()).unwrap_or_default();
    let facts: Value = serde_json::from_str(&part("facts").as_string().unwrap_or_default()).unwrap_or_default();
    let (status, code) = match facts["refused"].as_str() {
        None => return Ok((facts, part("kept"))),
        Some("size") => (413, problem::TOO_LARGE),
        Some("type") => (415, problem::CONTENT_TYPE),
        Some("module") => (400, problem::VALIDATION),
        Some(_) => (400, problem::UNREADABLE_BODY),
    };
    Err(Refusal::Api { status, problems: problems(&facts["messages"], code) })
}

/// Messages as problems of one code.
pub(super) fn problems(messages: &Value, code: u32) -> Vec<Problem> {
    let messages = messages.as_array().map_or(&[][..], Vec::as_slice);
    messages.iter().filter_map(Value::as_str).map(|message| Problem::new(code, message)).collect()
}
