//! The content of a script: its modules, as they could be uploaded again.

use serde_json::{Value, json};
use web_sys::Response;

use super::Scope;
use crate::{
    registry::{Refusal, problem},
    storage,
    upload::{self, bundle_key},
};

/// `GET scripts/NAME/content`: that of the version which is live; of several, the newest.
///
/// # Errors
/// [`Refusal::Api`] with 404 where there is no such script, or it is files alone.
pub(super) async fn get(scope: &Scope) -> Result<Response, Refusal> {
    let namespace = scope.namespace().await?.id;
    let script = scope.call.script.as_str();
    let object = [&namespace, "/", script].concat();
    let live = storage::ask(&scope.env, "SCRIPTS", &object, &json!({ "op": "live" })).await?;
    let live: Value = serde_json::from_str(&live).map_err(|error| Refusal::StorageUnavailable(error.to_string()))?;
    let version = &live["versions"][0];
    let Some(digest) = version["bundle"].as_str() else {
        let message = format!("The script {script:?} has no content: it is assets alone.");
        return Err(Refusal::api(404, problem::NO_SUCH_SCRIPT, message));
    };
    let main = version["main_module"].as_str().unwrap_or_default();
    upload::content(&scope.env, &bundle_key(&namespace, script, digest), main).await
}
