//! The files of a script: an upload session, the uploads that belong to it, and what a version has of it at the end.
//!
//! All of it is JavaScript, `assets/*.js`: no byte of a file comes here.

use js_sys::{Promise, futures::JsFuture};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Request;
use worker::Env;

use crate::{
    registry::{Problem, Refusal},
    sys::assets::{self as js, Outcome},
};

/// Opens an upload session for the files that the request's manifest names: `{jwt, buckets}`, as JSON.
///
/// # Errors
/// [`Refusal::Api`] with all that is wrong with the manifest; [`Refusal::StorageUnavailable`].
pub async fn open_session(env: &Env, request: &Request, namespace_id: &str, script: &str) -> Result<String, Refusal> {
    Ok(outcome(js::open_session(env, request, namespace_id, script)).await?.1)
}

/// Takes files of an upload session, by whose token it is called instead of an API token: the status, and the result as
/// JSON.
///
/// # Errors
/// [`Refusal::Api`] with 401 for another token; [`Refusal::StorageUnavailable`].
pub async fn upload(env: &Env, request: &Request) -> Result<(u16, String), Refusal> {
    outcome(js::upload(env, request)).await
}

/// What a version has of its files, from what its metadata says of them, `{jwt, config}`: `{manifest, digest, files,
/// config}`, the first being the key of the manifest in R2, where it is then.
///
/// # Errors
/// [`Refusal::Api`] with all that is wrong with it; [`Refusal::StorageUnavailable`].
pub async fn complete(
    env: &Env,
    namespace_id: &str,
    script: &str,
    given: &Value,
    has_worker: bool,
) -> Result<Value, Refusal> {
    let (_, result) = outcome(js::complete(env, namespace_id, script, &given.to_string(), has_worker)).await?;
    serde_json::from_str(&result).map_err(|error| Refusal::StorageUnavailable(error.to_string()))
}

async fn outcome(called: Promise) -> Result<(u16, String), Refusal> {
    let failed = |thrown: JsValue| {
        let message = thrown.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
        Refusal::StorageUnavailable(message.unwrap_or_default())
    };
    let outcome: Outcome = JsFuture::from(called).await.map_err(failed)?.unchecked_into();
    let status = outcome.status();
    let Some(problems) = outcome.problems() else { return Ok((status, outcome.result().unwrap_or_default())) };
    let problems: Value = serde_json::from_str(&problems).unwrap_or_default();
    let problems = problems.as_array().into_iter().flatten().filter_map(Problem::from_value).collect();
    Err(Refusal::Api { status, problems })
}
