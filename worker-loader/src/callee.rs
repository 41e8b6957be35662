//! Calls: what entrypoints and facets have in common.

use js_sys::{Array, Promise, futures::JsFuture};
use serde::{Serialize, de::DeserializeOwned};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Request;

use crate::{Error, Result, js, sys};

/// What `fetch` takes: a request of the `worker` crate, a raw one, or a URL.
pub trait IntoRequest {
    /// The request as the runtime has it: the same object, never a copy.
    ///
    /// # Errors
    /// When a URL is none.
    fn into_request(self) -> Result<Request>;
}

impl IntoRequest for Request {
    fn into_request(self) -> Result<Request> {
        Ok(self)
    }
}

impl IntoRequest for &Request {
    fn into_request(self) -> Result<Request> {
        Ok(Clone::clone(self))
    }
}

impl IntoRequest for worker::Request {
    fn into_request(self) -> Result<Request> {
        (&self).into_request()
    }
}

impl IntoRequest for &worker::Request {
    fn into_request(self) -> Result<Request> {
        // `inner().clone()` would be JavaScript's, which copies and tees the body.
        Ok(AsRef::<JsValue>::as_ref(self.inner()).clone().unchecked_into())
    }
}

impl IntoRequest for &str {
    fn into_request(self) -> Result<Request> {
        Request::new_with_str(self).map_err(js::error)
    }
}

pub(crate) async fn call<T: DeserializeOwned>(
    callee: &sys::Fetcher,
    method: &str,
    args: &(impl Serialize + ?Sized),
) -> Result<T> {
    let args = args.serialize(&Serializer::json_compatible()).map_err(Error::conversion)?;
    let args = args.dyn_into::<Array>().unwrap_or_else(|single| Array::of1(&single));
    let result = call_raw(callee, method, &args).await?;
    let read = serde_wasm_bindgen::from_value(result.clone()).map_err(Error::conversion);
    sys::dispose(&result);
    read
}

pub(crate) async fn call_raw(callee: &sys::Fetcher, method: &str, args: &Array) -> Result<JsValue> {
    let promised = sys::call_method(callee, method, args).map_err(js::error)?;
    JsFuture::from(Promise::resolve(&promised)).await.map_err(js::error)
}
