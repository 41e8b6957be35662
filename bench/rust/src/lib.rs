//! The Rust hosts of the benchmark: the same worker, called in the ways that a Rust host can choose between.

#![cfg(target_arch = "wasm32")]

use std::cell::OnceCell;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use worker::{Env, worker_sys::Context};
use worker_loader::{EnvExt, Result, WorkerCode, WorkerKey, WorkerStub};

// Of a cold start the usual one is a quarter of what V8 compiles: see README.md.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

struct Inner {
    code: WorkerCode,
    key: WorkerKey,
}

fn code() -> Result<WorkerCode> {
    WorkerCode::builder("2026-07-01", "inner.js").js("inner.js", include_str!("../../hosts/inner.js")).build()
}

/// The warm worker. Code and key are kept, as every host does that has more to do than a benchmark.
fn warm(env: &Env) -> Result<WorkerStub> {
    thread_local!(static INNER: OnceCell<Inner> = const { OnceCell::new() });
    let loader = env.loader("LOADER")?;
    INNER.with(|inner| {
        if inner.get().is_none() {
            let code = code()?;
            let _first = inner.set(Inner { key: code.key("inner"), code });
        }
        let inner = inner.get().expect("set above");
        Ok(loader.get_code(&inner.key, &inner.code))
    })
}

/// What the path asks for: see the contract in README.md. The code is kept, as the JavaScript hosts keep theirs.
fn cold(env: &Env, url: &str) -> Result<WorkerStub> {
    thread_local!(static CODE: OnceCell<WorkerCode> = const { OnceCell::new() });
    // By bytes: what `str` searches with is a dozen functions, which V8 compiles anew for each cold start.
    let mut slashes = url.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
    let path = slashes.nth(2).map_or("", |at| &url[at + 1..]);
    CODE.with(|kept| {
        if kept.get().is_none() {
            let _first = kept.set(code()?);
        }
        let code = kept.get().expect("set above");
        let loader = env.loader("LOADER")?;
        match path.split_once('/') {
            Some(("cold", name)) => Ok(loader.get_code(&code.key(name), code)),
            _ if path == "load" => loader.load(code),
            _ => warm(env),
        }
    })
}

/// As the `worker` crate teaches it.
#[worker::event(fetch)]
async fn fetch(request: worker::Request, env: Env, _ctx: worker::Context) -> worker::Result<worker::Response> {
    Ok(warm(&env)?.fetch(request).await?.into())
}

/// The same for the cold path, as `#[event(fetch)]` would make it.
#[wasm_bindgen(js_name = naiveCold)]
pub fn naive_cold(request: web_sys::Request, env: Env, _ctx: Context) -> Promise {
    let request = worker::Request::from(request);
    js_sys::futures::future_to_promise(std::panic::AssertUnwindSafe(async move {
        let url = request.url().map_err(worker_loader::Error::from)?;
        let response: worker::Response = cold(&env, url.as_str())?.fetch(request).await?.into();
        Ok(web_sys::Response::from(response).into())
    }))
}

/// Nothing of Rust waits: the promise is the runtime's own.
#[wasm_bindgen]
pub fn raw(request: web_sys::Request, env: Env, _ctx: Context) -> Result<Promise, JsValue> {
    Ok(warm(&env)?.entrypoint().fetch_promise(&request)?)
}

#[wasm_bindgen(js_name = rawCold)]
pub fn raw_cold(request: web_sys::Request, env: Env, _ctx: Context) -> Result<Promise, JsValue> {
    Ok(cold(&env, &request.url())?.entrypoint().fetch_promise(&request)?)
}

/// The same, told to the entry as handed over: no panic elsewhere can touch it.
#[wasm_bindgen]
pub fn handed(request: web_sys::Request, env: Env, _ctx: Context) -> Result<JsValue, JsValue> {
    Ok(warm(&env)?.entrypoint().hand_over(&request, &JsValue::UNDEFINED)?)
}

#[wasm_bindgen(js_name = handedCold)]
pub fn handed_cold(request: web_sys::Request, env: Env, _ctx: Context) -> Result<JsValue, JsValue> {
    Ok(cold(&env, &request.url())?.entrypoint().hand_over(&request, &JsValue::UNDEFINED)?)
}
