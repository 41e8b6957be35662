//! What a script stores: how much, all of it, and its end.

use serde_json::{Map, Value, json};
use web_sys::{RequestInit, Response};

use super::Scope;
use crate::{
    http::path_of,
    registry::{Refusal, problem, store},
    reply::{self, envelope},
    storage,
};

/// `GET scripts/NAME/stores`: each with what is in it.
///
/// # Errors
/// [`Refusal::Api`] with 404 where there is no such script; [`Refusal::StorageUnavailable`].
pub(super) async fn list(scope: &Scope) -> Result<Response, Refusal> {
    let mut stores = of_script(scope).await?;
    for found in stores.as_array_mut().into_iter().flatten() {
        let usage = usage_of(scope, found).await?;
        for (name, value) in usage.as_object().into_iter().flatten() {
            found[name] = value.clone();
        }
        if let Some(found) = found.as_object_mut() {
            found.remove("object");
        }
    }
    Ok(reply::json(200, &envelope::success(&stores.to_string()))?)
}

/// One of them: `GET` is all that is in it, of a bucket the list of its files, or of a `key` that file; `PUT` puts a database in
/// place of what is there; `DELETE` empties it.
///
/// # Errors
/// [`Refusal::Api`] with 404 where there is no such store, or 400 where the file is none; [`Refusal::StorageUnavailable`].
pub(super) async fn one(scope: &Scope) -> Result<Response, Refusal> {
    let stores = of_script(scope).await?;
    let kind = path_of(&scope.url).rsplit('/').nth(1).unwrap_or_default();
    let id = scope.call.item.as_str();
    let found = stores.as_array().into_iter().flatten().find(|store| store["kind"] == *kind && store["id"] == *id);
    let (Some(found), Some(kind)) = (found, store::kind(kind)) else {
        let message = format!("The script has no store {kind}/{id}: `stores` has those that its bindings have named.");
        return Err(Refusal::api(404, problem::NO_SUCH_STORE, message));
    };
    let object = found["object"].as_str().unwrap_or_default();
    let init = RequestInit::new();
    let mut query = scope.query();
    let key = query.text("key");
    let op = match scope.request.method().as_str() {
        "PUT" => {
            init.set_method("PUT");
            init.set_body_opt_readable_stream(scope.request.body().as_ref());
            "?op=restore".to_owned()
        }
        "DELETE" => "?op=empty".to_owned(),
        _ => match key {
            Some(key) => ["?op=export&key=", &String::from(js_sys::encode_uri_component(&key))].concat(),
            None => "?op=export".to_owned(),
        },
    };
    if !query.problems.is_empty() {
        return Err(Refusal::Api { status: 400, problems: query.problems });
    }
    let response = storage::call(&scope.env, kind.objects, object, &op, &init).await?;
    if op.contains("export") && response.ok() {
        return Ok(response);
    }
    let result = storage::answered(kind.objects, response).await?;
    Ok(reply::json(200, &envelope::success(&result))?)
}

async fn usage_of(scope: &Scope, found: &Value) -> Result<Value, Refusal> {
    let Some(kind) = found["kind"].as_str().and_then(store::kind) else { return Ok(Map::new().into()) };
    let object = found["object"].as_str().unwrap_or_default();
    let usage = storage::ask(&scope.env, kind.objects, object, &json!({ "op": "usage" })).await?;
    Ok(serde_json::from_str(&usage).unwrap_or_default())
}

async fn of_script(scope: &Scope) -> Result<Value, Refusal> {
    let object = [&scope.namespace().await?.id, "/", &scope.call.script].concat();
    let stores = storage::ask(&scope.env, "SCRIPTS", &object, &json!({ "op": "stores" })).await?;
    serde_json::from_str(&stores).map_err(|error| Refusal::StorageUnavailable(error.to_string()))
}
