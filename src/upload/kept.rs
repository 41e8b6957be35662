//! Bundles in R2.

use js_sys::{Reflect, futures::JsFuture};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Response;
use worker::Env;
use worker_loader::{Error, Handle};

use super::{Place, bundle_key, map_key};
use crate::{registry::Refusal, sys};

/// The name of the R2 bucket's binding in wrangler.toml.
const BUCKET: &str = "BUNDLES";

/// The modules and source maps of an upload, with their bytes, which are in JavaScript.
#[derive(Debug)]
pub struct Kept(pub(super) JsValue);

impl Kept {
    /// Reads those of a version again.
    ///
    /// # Errors
    /// [`Refusal::StorageUnavailable`], [`Refusal::Misconfigured`].
    pub async fn read(env: &Env, namespace_id: &str, script: &str, version: &Value) -> Result<Self, Refusal> {
        let digest = version["bundle"].as_str().unwrap_or_default();
        let maps = version["maps"].as_str().unwrap_or(digest);
        let (bundle, map) = (bundle_key(namespace_id, script, digest), map_key(namespace_id, script, maps));
        let kept = sys::upload::read_kept(&bucket(env)?, &bundle, &map);
        JsFuture::from(kept).await.map(Self).map_err(unavailable)
    }

    /// Writes its `modules`, or its `maps`, under a key, which is of the digest of what is written; where that is `known` to have
    /// been written, only if it is not there any more, or not as it was.
    ///
    /// # Errors
    /// [`Refusal::StorageUnavailable`], [`Refusal::Misconfigured`].
    pub async fn store(&self, what: &str, env: &Env, key: &str, known: bool) -> Result<(), Refusal> {
        let modules = Reflect::get(&self.0, &what.into()).unwrap_or_default();
        let stored = sys::upload::store(&bucket(env)?, key, &modules, known);
        JsFuture::from(stored).await.map(drop).map_err(unavailable)
    }
}

/// The modules of a bundle as the loader takes them, for [`Bundle::new`](worker_loader::Bundle::new).
///
/// # Errors
/// A factory's error, where the bundle cannot be had.
pub async fn read_bundle(env: Env, place: Place) -> worker_loader::Result<Handle> {
    let bucket = bucket(&env).map_err(|refusal| Error::factory(crate::reply::Error::from(refusal).message))?;
    match JsFuture::from(sys::upload::read_bundle(&bucket, &place.key, &place.main_module, &place.given)).await {
        Ok(modules) => Ok(Handle::from(modules)),
        Err(thrown) => Err(Error::factory(message(&thrown))),
    }
}

/// The modules of a bundle as an upload, multipart/form-data.
///
/// # Errors
/// [`Refusal::StorageUnavailable`], [`Refusal::Misconfigured`].
pub async fn content(env: &Env, key: &str, main_module: &str) -> Result<Response, Refusal> {
    let content = sys::upload::content_of(&bucket(env)?, key, main_module);
    JsFuture::from(content).await.map(JsCast::unchecked_into).map_err(unavailable)
}

fn bucket(env: &Env) -> Result<JsValue, Refusal> {
    let bucket = Reflect::get(env, &BUCKET.into()).unwrap_or_default();
    if bucket.is_object() {
        return Ok(bucket);
    }
    let remedy = format!("wrangler.toml needs `[[r2_buckets]]` with `binding = \"{BUCKET}\"`");
    Err(Refusal::Misconfigured(format!("There is no place for bundles: {remedy}.")))
}

fn unavailable(thrown: JsValue) -> Refusal {
    Refusal::StorageUnavailable(message(&thrown))
}

fn message(thrown: &JsValue) -> String {
    let message = Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    message.unwrap_or_else(|| "it gave no reason".to_owned())
}
