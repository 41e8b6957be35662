//! `dispatch/*.js`: what Rust calls of it. The files that finish a request are JavaScript's own, see `entry.js`.

use wasm_bindgen::prelude::*;
use web_sys::Request;
use worker::Env;

#[wasm_bindgen(module = "/src/dispatch/credentials.js")]
extern "C" {
    /// The request without what speaks for its client to us.
    #[wasm_bindgen(catch, js_name = withoutCredentials)]
    pub(crate) fn without_credentials(request: &Request) -> Result<Request, JsValue>;
}

#[wasm_bindgen(module = "/src/dispatch/bounds.js")]
extern "C" {
    /// A request and its limits.
    #[derive(Debug, Clone)]
    pub(crate) type Bounds;

    /// Binds a request, by the limits of the note and, as JSON, of the call: from now on its `request` is the one to send.
    #[wasm_bindgen(catch)]
    pub(crate) fn bounds(request: &Request, note: &JsValue, called: &str) -> Result<Bounds, JsValue>;

    /// The request, bound.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn request(this: &Bounds) -> Request;

    /// Which limit was exceeded.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn exceeded(this: &Bounds) -> Option<String>;
}

#[wasm_bindgen(module = "/src/dispatch/request.js")]
extern "C" {
    /// What a request says of whom it is for: the value of our cookie and its limits, or where there is a choice all of it, a
    /// line each.
    pub(crate) fn visitor(request: &Request, split: bool, affinity: &str) -> Option<String>;

    /// The request as a script gets it.
    #[wasm_bindgen(catch)]
    pub(crate) fn derived(
        request: &Request,
        env: &Env,
        url: &str,
        prefix: &str,
        host: &str,
        scheme: &str,
        trusted: bool,
    ) -> Result<Request, JsValue>;
}
