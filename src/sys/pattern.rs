//! `pattern/*.js`: what Rust calls of it. What the workers run is text to us.

use wasm_bindgen::prelude::*;
use web_sys::Request;

#[wasm_bindgen(module = "/src/pattern/publish.js")]
extern "C" {
    /// A call with a JSON body, or with none.
    #[wasm_bindgen(catch)]
    pub(crate) fn call(method: &str, url: &str, body: Option<String>) -> Result<Request, JsValue>;

    /// A call with a form, of metadata and modules.
    #[wasm_bindgen(catch)]
    pub(crate) fn upload(method: &str, url: &str, metadata: &str, modules: Vec<String>) -> Result<Request, JsValue>;
}

#[wasm_bindgen(module = "/src/pattern/problems.js")]
extern "C" {
    /// All that is wrong with a flag's document.
    #[wasm_bindgen(js_name = flagProblems)]
    pub(crate) fn flag_problems(document: &str) -> Vec<String>;
}

/// What the files above import.
mod imported {
    use super::*;

    #[wasm_bindgen(module = "/src/pattern/rules.js")]
    extern "C" {
        #[wasm_bindgen(js_name = problems)]
        fn rules();
    }
}
