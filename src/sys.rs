//! JavaScript of our own that Rust calls, and classes of the platform that the `worker` crate lacks.

pub(crate) mod assets;
mod body;
mod durable;
pub(crate) mod upload;

pub(crate) use body::read_text;
pub(crate) use durable::{Bucket, Sql, Storage};

use wasm_bindgen::prelude::*;
use web_sys::Request;

#[wasm_bindgen(module = "/src/dispatch/credentials.js")]
extern "C" {
    /// The request without what speaks for its client to us.
    #[wasm_bindgen(catch, js_name = withoutCredentials)]
    pub(crate) fn without_credentials(request: &Request) -> Result<Request, JsValue>;
}
