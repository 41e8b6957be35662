//! A script that is run once.

use js_sys::{Reflect, futures::JsFuture};
use serde_json::{Value, json};
use web_sys::Response;
use worker_loader::Error;

use super::Scope;
use crate::{
    registry::{Problem, Refusal, problem},
    reply::{self, envelope},
    settings, sys,
};

/// As much as may be uploaded to be run.
const MOST_BYTES: f64 = 5_242_880.0;

/// `POST namespaces/NAME/run`, an upload with the `request` in its metadata: it is loaded for that alone, with no way out, and kept
/// nowhere.
///
/// # Errors
/// [`Refusal::Api`] with 400 where it is no upload, or does not load.
pub(super) async fn post(scope: &Scope) -> Result<Response, Refusal> {
    let id = scope.namespace().await?.id;
    let props =
        json!({ "namespace": scope.call.namespace, "namespace_id": id, "script": "", "version": "", "once": true });
    let asked = json!({ "props": props, "compatibility_date": settings::compatibility_date(&scope.env)? });
    let loader = Reflect::get(&scope.env, &"LOADER".into()).unwrap_or_default();
    let told = JsFuture::from(sys::telemetry::run(&scope.request, &loader, &asked.to_string(), MOST_BYTES)).await;
    let told = told.map_err(Error::from)?.as_string().unwrap_or_default();
    let told: Value = serde_json::from_str(&told).unwrap_or_default();
    for (field, code) in [("messages", problem::UNREADABLE_BODY), ("problems", problem::VALIDATION)] {
        if let Some(messages) = told[field].as_array() {
            let problem = |message: &Value| Problem::new(code, message.as_str().unwrap_or_default());
            return Err(Refusal::Api { status: 400, problems: messages.iter().map(problem).collect() });
        }
    }
    Ok(reply::json(200, &envelope::success(&told["result"].to_string()))?)
}
