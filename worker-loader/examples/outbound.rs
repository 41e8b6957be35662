//! A worker whose requests pass a gateway of ours, and whose logs come to us. The gateway and the receiver of the logs
//! are the classes in `js/outbound.js`, which is the Worker's main module.

#![cfg(target_arch = "wasm32")]

use serde_json::json;
use worker::{Context, Env, Result, event, web_sys};
use worker_loader::{EnvExt, Loopback, Outbound, WorkerCode};

const FETCHES: &str = include_str!("js/fetches.js");

#[event(fetch)]
async fn fetch(request: web_sys::Request, env: Env, ctx: Context) -> Result<web_sys::Response> {
    let exports = Loopback::from_context(&ctx)?;
    let gateway = exports.clone().entrypoint("Outbound").with_props(&json!({ "allow": ["example.com"] }))?;
    let logs = exports.entrypoint("Tail").with_props(&json!({ "tenant": "acme" }))?;

    let code = WorkerCode::builder("2026-07-01", "index.js")
        .js("index.js", FETCHES)
        .outbound(Outbound::Through(gateway))
        .tail(logs)
        .build()?;
    // The props of both stubs are in the key: a changed allow list is another worker.
    let worker = env.loader("LOADER")?.get_code(&code.key("acme"), &code);
    Ok(worker.fetch(request).await?)
}
