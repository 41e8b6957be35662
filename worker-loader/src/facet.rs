//! Durable Objects out of dynamic workers: facets of a Durable Object of ours.

use js_sys::{Array, Function, Object, Reflect, futures::JsFuture};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::Response;
use worker::State;

use crate::{Error, IntoRequest, Result, callee, js, sys};

/// A Durable Object class that a dynamic worker exports.
#[derive(Clone, Debug)]
pub struct DurableObjectClass {
    class: JsValue,
    id: Option<JsValue>,
}

impl DurableObjectClass {
    pub(crate) fn new(class: JsValue) -> Self {
        Self { class, id: None }
    }

    /// The id that the facet sees as its own (`ctx.id`): a `DurableObjectId`, or text. Without one it sees its
    /// parent's.
    pub fn with_id(mut self, id: impl Into<JsValue>) -> Self {
        self.id = Some(id.into());
        self
    }
}

/// The facets of a Durable Object with the SQLite backend: Durable Objects within it, each with a database of its own
/// (<https://developers.cloudflare.com/dynamic-workers/usage/durable-object-facets/>).
#[derive(Clone, Debug)]
pub struct Facets(sys::Facets);

impl Facets {
    /// The facets of this Durable Object.
    ///
    /// # Errors
    /// When the runtime has none: its compatibility date is too old, or the class has no SQLite backend.
    pub fn from_state(state: &State) -> Result<Self> {
        let raw: &JsValue = state.as_raw().as_ref();
        let facets = Reflect::get(raw, &"facets".into()).map_err(js::error)?;
        if facets.is_object() {
            Ok(Self(facets.unchecked_into()))
        } else {
            Err(Error::factory("this Durable Object has no facets: it needs a newer compatibility date"))
        }
    }

    /// The facet of this name. The closure says which class it runs; it is called when the facet is not running.
    ///
    /// # Errors
    /// When the runtime refuses the name.
    pub fn get(&self, name: &str, start: impl Fn() -> Result<DurableObjectClass> + 'static) -> Result<Facet> {
        let start = Closure::<dyn FnMut() -> Result<Object, JsValue>>::new(move || {
            let start_with = start()?;
            let options = Object::new();
            js::set(&options, "class", &start_with.class);
            if let Some(id) = &start_with.id {
                js::set(&options, "id", id);
            }
            Ok(options)
        });
        let start: Function = start.into_js_value().unchecked_into();
        self.0.facet(name, &start).map(Facet).map_err(js::error)
    }

    /// Stops a facet; its calls in flight fail with the reason. Its database stays: `get` it with another class to
    /// move it to newer code.
    ///
    /// # Errors
    /// When the runtime refuses the name.
    pub fn abort(&self, name: &str, reason: &str) -> Result<()> {
        self.0.abort(name, &js_sys::Error::new(reason)).map_err(js::error)
    }

    /// Stops a facet and drops its database.
    ///
    /// # Errors
    /// When the runtime refuses the name.
    pub fn delete(&self, name: &str) -> Result<()> {
        self.0.delete(name).map_err(js::error)
    }
}

/// A running facet, called with `fetch` or by RPC as an [`Entrypoint`](crate::Entrypoint) is.
#[derive(Clone, Debug)]
pub struct Facet(sys::Fetcher);

impl Facet {
    /// Sends a request; see [`Entrypoint::fetch`](crate::Entrypoint::fetch).
    ///
    /// # Errors
    /// Whatever [`ErrorKind`](crate::ErrorKind) tells.
    pub async fn fetch(&self, request: impl IntoRequest) -> Result<Response> {
        let promise = self.0.fetch(&request.into_request()?).map_err(js::error)?;
        Ok(JsFuture::from(promise).await.map_err(js::error)?.unchecked_into())
    }

    /// Calls a method by RPC; see [`Entrypoint::call`](crate::Entrypoint::call).
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch), and [`ErrorKind::Conversion`](crate::ErrorKind::Conversion).
    pub async fn call<T: DeserializeOwned>(&self, method: &str, args: &(impl Serialize + ?Sized)) -> Result<T> {
        callee::call(&self.0, method, args).await
    }

    /// Calls a method with JavaScript's own values.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn call_raw(&self, method: &str, args: &Array) -> Result<JsValue> {
        callee::call_raw(&self.0, method, args).await
    }
}
