//! `telemetry/*.js`: what needs what uploads need, too, and so is linked with that. The rest is JavaScript's own, see `entry.js`.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::Request;

#[wasm_bindgen(module = "/src/telemetry/fault.js")]
extern "C" {
    /// A Promise of the fault of an exception.
    #[wasm_bindgen(js_name = faultAt)]
    pub(crate) fn fault_at(bucket: &JsValue, exception: &JsValue, place: &JsValue) -> Promise;
}

#[wasm_bindgen(module = "/src/telemetry/run.js")]
extern "C" {
    /// A Promise of what came of a script that was run once, as JSON.
    pub(crate) fn run(request: &Request, loader: &JsValue, asked: &str, limit: f64) -> Promise;
}

/// What the files above import, as in `upload.rs`.
mod imported {
    use super::*;

    #[wasm_bindgen(module = "/src/telemetry/arrivals.js")]
    extern "C" {
        fn arrived();
    }

    #[wasm_bindgen(module = "/src/telemetry/event.js")]
    extern "C" {
        #[wasm_bindgen(js_name = hasNews)]
        fn event();
    }
}
