//! Modules that are kept elsewhere: their digest makes the key, and they are read on a cold start only.

#![cfg(target_arch = "wasm32")]

use js_sys::{Promise, futures::JsFuture};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use worker::{Context, Env, event, web_sys};
use worker_loader::{Bundle, EnvExt, Error, Handle, Result, WorkerCode};

#[wasm_bindgen(module = "/examples/js/modules.js")]
extern "C" {
    #[wasm_bindgen(js_name = modulesFrom)]
    fn modules_from(env: &JsValue, digest: &str) -> Promise;
}

fn kept(env: &Env, digest: &str) -> Result<WorkerCode> {
    let (env, asked) = (JsValue::from(env.clone()), digest.to_owned());
    let bundle = Bundle::new(digest, move || {
        let modules = JsFuture::from(modules_from(&env, &asked));
        async move { modules.await.map(Handle::from).map_err(|_| Error::factory("R2 did not answer")) }
    });
    WorkerCode::builder("2026-07-01", "index.js").bundle(bundle).build()
}

#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, _ctx: Context) -> worker::Result<web_sys::Response> {
    let code = kept(&env, "c0ffee")?;
    Ok(env.loader("LOADER")?.get_code(&code.key("acme"), &code).fetch(request).await?)
}
