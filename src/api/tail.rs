//! A live tail, begun.

use serde_json::{Value, json};
use web_sys::{Request, RequestInit, Response};
use worker::Env;

use super::{Scope, plan, serve::text};
use crate::{
    http,
    registry::{Refusal, is_uuid},
    reply::{self, envelope},
    storage,
};

/// `POST .../tails`, `{"filters": [...]}`: `{id, url, expires_at}`. Whoever knows the `url` may listen there, over a WebSocket.
///
/// # Errors
/// [`Refusal::Api`] where the filters are none, or there are too many tails; [`Refusal::StorageUnavailable`].
pub(super) async fn post(scope: &Scope) -> Result<Response, Refusal> {
    let body = plan::body(&text(&scope.request).await?)?;
    let id = scope.namespace().await?.id;
    let operation = json!({ "op": "tail", "script": scope.call.script, "body": body });
    let told = storage::ask(&scope.env, "TELEMETRY", &id, &operation).await?;
    let mut told: Value = serde_json::from_str(&told).unwrap_or_default();
    let origin = scope.url.replacen("http", "ws", 1);
    let origin = origin.split_once(http::path_of(&scope.url)).map_or("", |(origin, _)| origin);
    told["url"] = [origin, "/tails/", &id, "/", told["id"].as_str().unwrap_or_default()].concat().into();
    Ok(reply::json(200, &envelope::success(&told.to_string()))?)
}

/// `GET /tails/NAMESPACE/ID` with an upgrade: the WebSocket of a tail, whose id is all that it takes.
///
/// # Errors
/// [`Refusal::NoSuchPath`] where it is none; [`Refusal::StorageUnavailable`].
pub async fn listen(request: &Request, env: &Env) -> Result<Response, Refusal> {
    let path = http::path_of(&request.url()).to_owned();
    let unknown = || Refusal::NoSuchPath(path.clone());
    let (namespace_id, id) = path.strip_prefix("/tails/").and_then(|rest| rest.split_once('/')).ok_or_else(unknown)?;
    let headers = request.headers();
    let upgrade = headers.get("upgrade").ok().flatten().unwrap_or_default();
    if ![namespace_id, id].into_iter().all(is_uuid) || !upgrade.eq_ignore_ascii_case("websocket") {
        return Err(unknown());
    }
    let init = RequestInit::new();
    init.set_headers(&headers);
    let response = storage::call(env, "TELEMETRY", namespace_id, id, &init).await?;
    if response.status() == 404 { Err(unknown()) } else { Ok(response) }
}
