//! `upload/*.js`.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::Request;

#[wasm_bindgen(module = "/src/upload/receive.js")]
extern "C" {
    /// A Promise of `{ facts, kept }`.
    pub(crate) fn receive(request: &Request, limit: f64) -> Promise;

    /// A Promise of `{ facts }`.
    #[wasm_bindgen(js_name = receiveDocument)]
    pub(crate) fn receive_document(request: &Request, root: &str, limit: f64) -> Promise;
}

#[wasm_bindgen(module = "/src/upload/check.js")]
extern "C" {
    /// A Promise of what the script exports, or of its problems, as JSON.
    pub(crate) fn check(loader: &JsValue, probe: &str, asked: &str, kept: &JsValue, deadline_ms: f64) -> Promise;
}

#[wasm_bindgen(module = "/src/upload/bundle.js")]
extern "C" {
    /// Writes modules, or source maps, under a key; where it may be there already, only if it is not.
    pub(crate) fn store(bucket: &JsValue, key: &str, modules: &JsValue, known: bool) -> Promise;

    /// A Promise of what was kept of an upload, `{ modules, maps }`.
    #[wasm_bindgen(js_name = readKept)]
    pub(crate) fn read_kept(bucket: &JsValue, bundle_key: &str, map_key: &str) -> Promise;

    /// A Promise of the modules as the loader takes them.
    #[wasm_bindgen(js_name = readBundle)]
    pub(crate) fn read_bundle(bucket: &JsValue, key: &str, main: &str, given: &str) -> Promise;
}

#[wasm_bindgen(module = "/src/upload/content.js")]
extern "C" {
    /// A Promise of the Response.
    #[wasm_bindgen(js_name = contentOf)]
    pub(crate) fn content_of(bucket: &JsValue, key: &str, main: &str) -> Promise;
}

/// What the files above import. A file comes into the Worker by being named in an `extern` block that has a function; none
/// of these is called from Rust, and so none is linked.
mod imported {
    use super::*;

    #[wasm_bindgen(module = "/src/upload/body.js")]
    extern "C" {
        #[wasm_bindgen(js_name = readBody)]
        fn body();
    }

    #[wasm_bindgen(module = "/src/upload/has.js")]
    extern "C" {
        #[wasm_bindgen(js_name = has)]
        fn has();
    }

    #[wasm_bindgen(module = "/src/upload/digest.js")]
    extern "C" {
        #[wasm_bindgen(js_name = digestOfModules)]
        fn digest();
    }

    #[wasm_bindgen(module = "/src/upload/multipart.js")]
    extern "C" {
        #[wasm_bindgen(js_name = parse)]
        fn multipart();
    }

    #[wasm_bindgen(module = "/src/upload/fields.js")]
    extern "C" {
        #[wasm_bindgen(js_name = document)]
        fn fields();
    }

    #[wasm_bindgen(module = "/src/upload/json.js")]
    extern "C" {
        #[wasm_bindgen(js_name = isDeep)]
        fn json();
    }

    #[wasm_bindgen(module = "/src/upload/modules.js")]
    extern "C" {
        #[wasm_bindgen(js_name = modulesOf)]
        fn modules();
    }

    #[wasm_bindgen(module = "/src/upload/given.js")]
    extern "C" {
        #[wasm_bindgen(js_name = withGiven)]
        fn given();
    }

    #[wasm_bindgen(module = "/src/upload/exported.js")]
    extern "C" {
        #[wasm_bindgen(js_name = exportedOf)]
        fn exported();
    }

    #[wasm_bindgen(module = "/src/upload/report.js")]
    extern "C" {
        fn report();
    }

    #[wasm_bindgen(module = "/src/upload/frame.js")]
    extern "C" {
        #[wasm_bindgen(js_name = codeFrame)]
        fn frame();
    }

    #[wasm_bindgen(module = "/src/upload/map.js")]
    extern "C" {
        #[wasm_bindgen(js_name = original)]
        fn map();
    }
}
