//! `api/body.js`.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::Request;

#[wasm_bindgen(module = "/src/api/body.js")]
extern "C" {
    /// A Promise of the body as text; `null` if it is over `limit` bytes, `false` if it is nested too deeply, `undefined` if it is not UTF-8 or broke off.
    #[wasm_bindgen(js_name = readText)]
    pub(crate) fn read_text(request: &Request, limit: u32) -> Promise;
}
