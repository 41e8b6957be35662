//! What the guide shows and no other example has: a route for each.

#![cfg(target_arch = "wasm32")]

use serde_json::{Value, json};
use worker::{
    Context, Env, Request, Response, event, js_sys,
    wasm_bindgen::{JsCast, JsValue},
    web_sys,
};
use worker_loader::{
    EnvExt, Error, ErrorKind, Gate, Limits, Loopback, Module, Result, Stub, WorkerCode, WorkerCodeBuilder, WorkerLoader,
};

const KINDS: &str = include_str!("js/kinds.js");
const BINDINGS: &str = include_str!("js/bindings.js");

#[event(fetch)]
async fn fetch(request: Request, env: Env, ctx: Context) -> worker::Result<Response> {
    let loader = env.loader("LOADER")?;
    let answer = match &*request.path() {
        "/kinds" => {
            let code = every_kind(compiled()?)?;
            loader.get_code(&code.key("kinds"), &code).fetch(request).await
        }
        "/bindings" => {
            let code = bindings(&env, &ctx)?;
            loader.get_code(&code.key("acme"), &code).fetch(request).await
        }
        "/once" => {
            let request = request.into_request()?;
            run_once(&loader, "export default { fetch: () => new Response('once\\n') };".into(), &request).await
        }
        "/rpc" => return Response::from_json(&sum(&loader).await?),
        "/opaque" => opaque(&loader)?.fetch(request).await,
        "/gate" => loader.with_gate(Gate::with_places(2)).load(&hello()?)?.fetch(request).await,
        "/python" => loader.load(&python()?)?.fetch(request).await,
        _ => return Response::error("no such example", 404),
    };
    match answer {
        Ok(response) => Ok(response.into()),
        Err(error) => {
            report(&error);
            Response::error(error.to_string(), 502)
        }
    }
}

trait IntoRaw {
    fn into_request(self) -> Result<web_sys::Request>;
}

impl IntoRaw for Request {
    fn into_request(self) -> Result<web_sys::Request> {
        worker_loader::IntoRequest::into_request(self)
    }
}

fn hello() -> Result<WorkerCode> {
    WorkerCode::builder("2026-07-01", "index.js")
        .js("index.js", "export default { fetch: () => new Response('hello\\n') };")
        .build()
}

/// The smallest module there is.
const WASM: &[u8] = b"\0asm\x01\0\0\0";

fn every_kind(compiled: js_sys::WebAssembly::Module) -> Result<WorkerCode> {
    WorkerCode::builder("2026-07-01", "index.js")
        .js("index.js", KINDS)
        .cjs("legacy.cjs", "module.exports = { answer: 42 };")
        .text("page.html", "<h1>Hello</h1>")
        .data("seed.bin", &[1, 2, 3][..])
        .json("limits.json", json!({ "uploads": 5 }))
        .wasm("add.wasm", WASM)
        .module("compiled.wasm", Module::Compiled(Stub::new(compiled, "sha256 of its bytes")))
        .build()
}

/// A Worker that is deployed imports it; here it is made.
fn compiled() -> Result<js_sys::WebAssembly::Module> {
    let own: JsValue = worker::wasm_bindgen::module();
    Ok(own.dyn_into()?)
}

fn python() -> Result<WorkerCode> {
    WorkerCode::builder("2026-07-01", "main.py").py("main.py", include_str!("js/main.py")).build()
}

fn bindings(env: &Env, ctx: &Context) -> Result<WorkerCode> {
    let store = Loopback::from_context(ctx)?.entrypoint("Store").with_props(&json!({ "tenant": "acme" }))?;
    let billing = Stub::new(env.service("BILLING")?.into_rpc::<js_sys::Object>(), "billing v3");
    WorkerCode::builder("2026-07-01", "index.js")
        .js("index.js", BINDINGS)
        .env("PLAN", json!({ "name": "free", "seats": 3 }))
        .env_stub("STORE", store)
        .env_stub("BILLING", billing)
        .build()
}

async fn run_once(loader: &WorkerLoader, source: String, request: &web_sys::Request) -> Result<web_sys::Response> {
    let code = WorkerCode::builder("2026-07-01", "job.js")
        .js("job.js", source)
        .limits(Limits::new().cpu_ms(100).sub_requests(0))
        .build()?;
    loader.load(&code)?.fetch(request).await
}

async fn sum(loader: &WorkerLoader) -> Result<Value> {
    let code = with_class(WorkerCode::builder("2026-07-01", "index.js")).build()?;
    let calculator = loader.get_code(&code.key("calculator"), &code).named_entrypoint("Calculator");
    let three: u32 = calculator.call("add", &(1, 2)).await?;
    let list: u32 = calculator.call("sum", &([1, 2, 3],)).await?;
    let text: String = calculator.call("say", &[(); 0]).await?;
    Ok(json!([three, list, text]))
}

fn with_class(builder: WorkerCodeBuilder) -> WorkerCodeBuilder {
    builder.js("index.js", include_str!("js/calculator.js"))
}

fn opaque(loader: &WorkerLoader) -> Result<worker_loader::WorkerStub> {
    let code = WorkerCode::builder("2026-07-01", "index.js")
        .js("index.js", "export default { fetch: (request, env) => new Response(env.WHEN.toISOString()) };")
        .env_opaque("WHEN", js_sys::Date::new_0())
        .build()?;
    loader.load(&code)
}

fn report(error: &Error) {
    if let ErrorKind::Syntax { message, at: Some(at) } | ErrorKind::Startup { message, at: Some(at) } = error.kind() {
        worker::console_error!("{}, line {}, column {}: {message}", at.file, at.line, at.column);
    }
    if let Some(original) = error.original() {
        web_sys::console::error_1(original.as_js());
    }
}
