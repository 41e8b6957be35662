//! `pattern/*.js`: what Rust calls of it. What the workers run is text to us.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::Request;
use worker::Env;

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

#[wasm_bindgen(module = "/src/pattern/count.js")]
extern "C" {
    /// `{ request, test }` of a subject of a test below this path; `undefined` where its name is too long.
    pub(crate) fn enrolled(request: &Request, path: &str, secure: bool) -> JsValue;

    /// What is handed over, or a Promise of it, to be counted when it is answered.
    pub(crate) fn counting(handed: &JsValue, enrolled: &JsValue, name: &str, converts: bool) -> JsValue;

    /// A Promise of the result of a test, as JSON.
    #[wasm_bindgen(js_name = resultOf)]
    pub(crate) fn result_of(env: &Env, asked: &str) -> Promise;

    /// A Promise that all that was counted is gone.
    #[wasm_bindgen(js_name = forgetTest)]
    pub(crate) fn forget_test(env: &Env, name: &str) -> Promise;
}

#[wasm_bindgen(module = "/src/pattern/meter.js")]
extern "C" {
    /// What is handed over, or a Promise of it, to be measured as a tunnel's.
    pub(crate) fn metered(handed: &JsValue, tunnel: &str) -> JsValue;

    /// What was measured of a tunnel.
    #[wasm_bindgen(js_name = numbersOf)]
    pub(crate) fn numbers_of(tunnel: &str) -> JsValue;
}

#[wasm_bindgen(module = "/src/pattern/job/serve.js")]
extern "C" {
    /// A Promise of the answer to a call below `/job`; `main` is the main module of what is run.
    pub(crate) fn job(request: &Request, env: &Env, ctx: &JsValue, rest: &str, main: &str) -> Promise;
}

/// What the files above import.
mod imported {
    use super::*;

    #[wasm_bindgen(module = "/src/pattern/rules.js")]
    extern "C" {
        #[wasm_bindgen(js_name = problems)]
        fn rules();
    }

    #[wasm_bindgen(module = "/src/pattern/statistics.js")]
    extern "C" {
        #[wasm_bindgen(js_name = result)]
        fn statistics();
    }
}
