//! `ui/page.js`.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::Request;

#[wasm_bindgen(module = "/src/ui/page.js")]
extern "C" {
    /// A Promise of a Response: one of the page's files.
    pub(crate) fn page(request: &Request, assets: &JsValue, policy: &str) -> Promise;
}
