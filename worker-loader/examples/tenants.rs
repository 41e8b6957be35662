//! A worker for each tenant: its source from KV, read when it is cold only.
//!
//! `PUT` deploys the body as the source of the tenant that the host name begins with; anything else runs it.

#![cfg(target_arch = "wasm32")]

use serde_json::json;
use worker::{
    Context, Env, Request, event,
    kv::{KvError, KvStore},
    web_sys::{Response, ResponseInit},
};
use worker_loader::{EnvExt, Error, ErrorKind, InvalidKey, Limits, Result, WorkerCode, WorkerKey};

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _ctx: Context) -> Result<Response, worker::Error> {
    let url = request.url()?;
    let tenant = url.host_str().and_then(|host| host.split('.').next()).unwrap_or_default();
    let kv = env.kv("TENANTS")?;
    let answer = if request.method() == worker::Method::Put {
        let source = request.text().await?;
        deploy(&kv, &env, tenant, source).await.map_err(|error| (upload_status(&error), error))
    } else {
        run(&kv, &env, tenant, request).await.map_err(|error| (status(&error), error))
    };
    answer.or_else(|(status, error)| text(&error.to_string(), status)).map_err(Into::into)
}

/// Everything that a tenant's worker is, but for its source. Who may set what goes here, and so into the key.
fn code(source: String) -> Result<WorkerCode> {
    WorkerCode::builder("2026-07-01", "index.js")
        .js("index.js", source)
        .limits(Limits::new().cpu_ms(50).sub_requests(10))
        .build()
}

/// Stores the source under its key, and says that this key is the live one.
async fn deploy(kv: &KvStore, env: &Env, tenant: &str, source: String) -> Result<Response> {
    let code = code(source.clone())?;
    starts(env, &code).await?;
    let key = code.key(tenant);
    put(kv, &format!("source/{key}"), &source).await?;
    put(kv, &format!("live/{tenant}"), key.as_str()).await?;
    text(&format!("{} is live\n", key.short()), 201)
}

/// Only the runtime can tell whether a code starts. Asked for an entrypoint that it does not have, it starts the code and
/// calls nothing of it.
async fn starts(env: &Env, code: &WorkerCode) -> Result<()> {
    let asked = env.loader("LOADER")?.load(code)?.named_entrypoint("does it start?").fetch("http://check/").await;
    match asked {
        Err(error) if !matches!(error.kind(), ErrorKind::NoSuchEntrypoint { .. }) => Err(error),
        _ => Ok(()),
    }
}

async fn run(kv: &KvStore, env: &Env, tenant: &str, request: Request) -> Result<Response> {
    let Some(live) = get(kv, &format!("live/{tenant}")).await? else {
        return text("There is no such tenant.", 404);
    };
    let key: WorkerKey = live.parse().map_err(|error: InvalidKey| Error::factory(error.to_string()))?;
    let worker = env.loader("LOADER")?.get(&key, {
        let (kv, key) = (kv.clone(), key.clone());
        move || {
            let (kv, name) = (kv.clone(), format!("source/{key}"));
            async move {
                // Storage that fails, or has not got it yet, fails this request. The next one asks again.
                let source = get(&kv, &name).await?;
                code(source.ok_or_else(|| Error::factory(format!("there is no {name} in KV")))?)
            }
        }
    });
    // What is of this request only is no part of the key.
    worker.entrypoint().props(&json!({ "tenant": tenant, "plan": "free" }))?.fetch(request).await
}

/// The status of an upload that is not taken.
fn upload_status(error: &Error) -> u16 {
    match error.kind() {
        // Storage failed, not the code.
        ErrorKind::Factory { .. } => 503,
        _ if error.is_load_failure() => 400,
        _ => 500,
    }
}

/// The status of a request that got no answer of the tenant's own.
fn status(error: &Error) -> u16 {
    match error.kind() {
        // The tenant's code failed, not the Worker that runs it.
        _ if error.is_the_workers_own() => 502,
        // A reason that may pass.
        ErrorKind::Factory { .. } | ErrorKind::Canceled | ErrorKind::Concurrency | ErrorKind::CloneSkew => 503,
        _ => 500,
    }
}

async fn get(kv: &KvStore, name: &str) -> Result<Option<String>> {
    Ok(kv.get(name).text().await.map_err(worker::Error::from)?)
}

async fn put(kv: &KvStore, name: &str, value: &str) -> Result<()> {
    let write = async { kv.put(name, value)?.execute().await };
    write.await.map_err(|error: KvError| worker::Error::from(error).into())
}

fn text(body: &str, status: u16) -> Result<Response> {
    let init = ResponseInit::new();
    init.set_status(status);
    Ok(Response::new_with_opt_str_and_init(Some(body), &init)?)
}
