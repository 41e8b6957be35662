//! `assets/*.js`: what Rust calls of it. The files that serve are JavaScript's own, see `entry.js`.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::Request;

#[wasm_bindgen]
extern "C" {
    /// What comes of a call.
    pub(crate) type Outcome;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn status(this: &Outcome) -> u16;

    /// The result as JSON, unless there are problems.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn result(this: &Outcome) -> Option<String>;

    /// A list of problems as JSON.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn problems(this: &Outcome) -> Option<String>;
}

#[wasm_bindgen(module = "/src/assets/session.js")]
extern "C" {
    /// A Promise of an [`Outcome`], as with all of these: opens an upload session.
    #[wasm_bindgen(js_name = openSession)]
    pub(crate) fn open_session(env: &JsValue, request: &Request, namespace_id: &str, script: &str) -> Promise;
}

#[wasm_bindgen(module = "/src/assets/upload.js")]
extern "C" {
    /// Takes files of the session whose token the request has.
    pub(crate) fn upload(env: &JsValue, request: &Request) -> Promise;
}

#[wasm_bindgen(module = "/src/assets/complete.js")]
extern "C" {
    /// Makes a manifest of a session that is complete.
    pub(crate) fn complete(env: &JsValue, namespace_id: &str, script: &str, given: &str, has_worker: bool) -> Promise;
}

/// What the files above import, as in `sys/upload.rs`.
mod imported {
    use super::*;

    #[wasm_bindgen(module = "/src/assets/ask.js")]
    extern "C" {
        fn ask();
    }

    #[wasm_bindgen(module = "/src/assets/base64.js")]
    extern "C" {
        #[wasm_bindgen(js_name = fromBase64)]
        fn base64();
    }

    #[wasm_bindgen(module = "/src/assets/config.js")]
    extern "C" {
        #[wasm_bindgen(js_name = parseConfig)]
        fn config();
    }

    #[wasm_bindgen(module = "/src/assets/headers_file.js")]
    extern "C" {
        #[wasm_bindgen(js_name = parseHeaders)]
        fn headers_file();
    }

    #[wasm_bindgen(module = "/src/assets/key.js")]
    extern "C" {
        #[wasm_bindgen(js_name = sessionKey)]
        fn key();
    }

    #[wasm_bindgen(module = "/src/assets/lines.js")]
    extern "C" {
        fn lines();
    }

    #[wasm_bindgen(module = "/src/assets/listing.js")]
    extern "C" {
        #[wasm_bindgen(js_name = reopen)]
        fn listing();
    }

    #[wasm_bindgen(module = "/src/assets/parts.js")]
    extern "C" {
        fn parts();
    }

    #[wasm_bindgen(module = "/src/assets/redirects_file.js")]
    extern "C" {
        #[wasm_bindgen(js_name = parseRedirects)]
        fn redirects_file();
    }

    #[wasm_bindgen(module = "/src/assets/token.js")]
    extern "C" {
        fn sign();
    }

    #[wasm_bindgen(module = "/src/assets/write.js")]
    extern "C" {
        fn whole();
    }
}
