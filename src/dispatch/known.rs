//! What the host knows of a version whose logs and exceptions are to be told.

use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker::Env;

use super::{namespace::opened, refresh, script::Name};
use crate::{
    registry::{Refusal, problem, vault},
    upload::{bundle_key, map_key},
};

/// The secrets of a version and of the rules that its requests go by, `[name, value]` each, and the places of its code and its source maps in the bucket:
/// `{secrets, place: {bundle, maps}}`.
///
/// # Errors
/// Where the script, or the version of it, is not there any more; storage's.
pub async fn known(env: &Env, ctx: &JsValue, namespace: &str, script: &str, version: &str) -> Result<Value, Refusal> {
    let held = refresh::fresh(env, ctx, namespace, script).await?;
    let of = |live: &super::live::Live| {
        let version = live.snapshot.versions.iter().find(|known| known["id"] == version)?;
        let id = &live.namespace.id;
        let mut secrets = Vec::new();
        for binding in version["bindings"].as_array().into_iter().flatten().filter(|one| one["type"] == "secret_text") {
            let text = |name: &str| binding[name].as_str().unwrap_or_default();
            let value = opened(env, &vault::place(id, script, text("name")), text("text"))?;
            secrets.push(json!([text("name"), value]));
        }
        // What rules put into requests the script may have seen, where whoever it asked has told it.
        for terms in [&live.snapshot.outbound, &*live.namespace.outbound] {
            secrets.extend(terms.secrets().map(|(name, value)| json!([name, value])));
        }
        let digest = version["bundle"].as_str().unwrap_or_default();
        let maps = version["maps"].as_str().unwrap_or(digest);
        let place = (!digest.is_empty())
            .then(|| json!({ "bundle": bundle_key(id, script, digest), "maps": map_key(id, script, maps) }));
        Some(json!({ "secrets": secrets, "place": place }))
    };
    if let Some(known) = of(&held.live()) {
        return Ok(known);
    }
    // It was live a moment ago, or is looked at by its address.
    let preview = refresh::first(env, Name::new(namespace, script, version)).await?;
    of(&preview.live()).ok_or_else(|| Refusal::api(404, problem::NO_SUCH_SCRIPT, "Its secrets cannot be opened."))
}
