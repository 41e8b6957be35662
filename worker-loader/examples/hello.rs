//! The shortest complete Worker: it loads a JavaScript module and passes the request on to it.

#![cfg(target_arch = "wasm32")]

use worker::{Context, Env, Result, event, web_sys};
use worker_loader::{EnvExt, WorkerCode};

#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, _ctx: Context) -> Result<web_sys::Response> {
    let code = WorkerCode::builder("2026-07-01", "index.js")
        .js("index.js", "export default { fetch: (request, env) => new Response(`Hello, ${env.NAME}!`) };")
        .env("NAME", "Ada")
        .build()?;
    let hello = env.loader("LOADER")?.get_code(&code.key("hello"), &code);
    Ok(hello.fetch(request).await?)
}
