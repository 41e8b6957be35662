//! `PUT /config`: a new document, whole.

use js_sys::futures::JsFuture;
use web_sys::{Request, Response};
use worker::Env;
use worker_loader::Error;

use crate::{
    api::auth,
    registry::{Draft, MAX_CONFIG_BYTES, Refusal, Stored},
    reply::json,
    storage,
};

/// Stores the document and gives it back as it is stored, with its ETag. The caller puts it live.
///
/// # Errors
/// Whatever is wrong with the request, before anything is written: token, precondition, length, document.
pub async fn put(request: &Request, env: &Env) -> Result<(Stored, Response), Refusal> {
    let headers = request.headers();
    let header = |name: &str| headers.get(name).ok().flatten();
    auth::owner(request, env).await?;
    let if_match = header("if-match").ok_or(Refusal::PreconditionRequired)?;
    let length: usize =
        header("content-length").and_then(|length| length.parse().ok()).ok_or(Refusal::LengthRequired)?;
    if length > MAX_CONFIG_BYTES {
        return Err(Refusal::BodyTooLarge { limit: MAX_CONFIG_BYTES });
    }
    let text = JsFuture::from(request.text().map_err(Error::from)?).await;
    // The client went away: no fault of ours.
    let text = text.map_err(|_| Refusal::InvalidDocument(vec!["the body did not arrive whole".to_owned()]))?;
    let draft = Draft::parse(&text.as_string().unwrap_or_default())?;
    let stored = storage::write_config(env, &draft, &if_match).await?;
    let response = json(200, &stored.config.to_json())?;
    response.headers().set("etag", &stored.etag.to_string()).map_err(Error::from)?;
    Ok((stored, response))
}
