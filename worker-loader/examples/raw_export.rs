//! The fastest form: a plain export that hands the request over, so that nothing in Rust waits for the answer. The
//! main module is `js/raw_export.js`.

#![cfg(target_arch = "wasm32")]

use serde_json::json;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use worker::{Env, web_sys::Request, worker_sys};
use worker_loader::{EnvExt, Result, WorkerCode, WorkerKey};

thread_local! {
    /// Built and hashed once an isolate, and not once a request.
    static HELLO: (WorkerCode, WorkerKey) = {
        let code = WorkerCode::builder("2026-07-01", "index.js")
            .js("index.js", include_str!("js/hello.js"))
            .build()
            .expect("the code is part of this Worker, and tested with it");
        let key = code.key("hello");
        (code, key)
    };
}

/// `entry(generated, { fetch: "serve" })` calls it for each request, and answers with what it gives.
#[wasm_bindgen]
pub fn serve(request: Request, env: Env, _ctx: worker_sys::Context) -> Result<JsValue, JsValue> {
    Ok(HELLO.with(|(code, key)| {
        let hello = env.loader("LOADER")?.get_code(key, code).entrypoint();
        hello.props(&json!({ "name": "Ada" }))?.hand_over(&request, &JsValue::UNDEFINED)
    })?)
}
