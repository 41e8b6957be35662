//! Loads what a spec says, and calls it as it says.

use std::{cell::RefCell, collections::HashMap, future::poll_fn, pin::pin, task::Poll};

use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::{Context, Env};
use worker_loader::{Entrypoint, EnvExt, Error, Result, WorkerCode, WorkerStub};

use crate::{
    Answer, json_answer,
    panics::sleep,
    spec::{Spec, own_module},
};

thread_local! {
    /// How often the factory ran, by the spec's name.
    static RUNS: RefCell<HashMap<String, u32>> = RefCell::default();
    static KEPT: RefCell<HashMap<String, WorkerCode>> = RefCell::default();
}

pub fn count(request: &Request) -> Answer {
    let name = Spec::of(request)?.name;
    json_answer(&json!(RUNS.with_borrow(|runs| runs.get(&name).copied().unwrap_or(0))))
}

/// Counts one more.
pub fn ran(name: &str) -> u32 {
    RUNS.with_borrow_mut(|runs| {
        let count = runs.entry(name.to_owned()).or_insert(0);
        *count += 1;
        *count
    })
}

fn loaded(spec: &Spec, env: &Env, ctx: &Context) -> Result<WorkerStub> {
    let loader = env.loader("LOADER")?;
    if spec.outbound == "opaque" {
        let code = WorkerCode::builder(&spec.date, &spec.main)
            .js(&spec.main, spec.source.clone())
            .env_opaque("WHEN", js_sys::Date::new(&JsValue::from(0.0)))
            .compiled_opaque("own.wasm", own_module())
            .build()?;
        return if spec.how == "load" {
            loader.load(&code)
        } else {
            Ok(loader.get_unchecked(&spec.name, move || std::future::ready(Ok(code.clone()))))
        };
    }
    let code = spec.code(Some(ctx))?;
    let bundled = spec.bundle.is_some();
    // A bundle fails by itself.
    let what = if bundled { "ok".to_owned() } else { spec.factory.clone() };
    let name = spec.name.clone();
    let given = code.clone();
    let factory = move || {
        // Of a bundle it is the reading that counts.
        let runs = if bundled { 0 } else { ran(&name) };
        let (what, code) = (what.clone(), given.clone());
        async move {
            match &*what {
                "fail" => Err(Error::factory("storage is down")),
                "failOnce" if runs == 1 => Err(Error::factory("storage is down")),
                "mismatch" => WorkerCode::builder("2026-07-01", "index.js").js("index.js", "// other").build(),
                "slow" => sleep(300).await.map(|()| code),
                _ => Ok(code),
            }
        }
    };
    Ok(match &*spec.how {
        "get" => loader.get(&code.key(&spec.name), factory),
        "code" => loader.get_code(&code.key(&spec.name), &code),
        "unchecked" => loader.get_unchecked(&spec.name, factory),
        "load" => loader.load(&code)?,
        "loadWith" => loader.load_with(factory),
        how => panic!("no such way to load: {how}"),
    })
}

fn entrypoint(spec: &Spec, env: &Env, ctx: &Context) -> Result<Entrypoint> {
    let stub = loaded(spec, env, ctx)?;
    let mut entrypoint = match &spec.entrypoint {
        Some(name) => stub.named_entrypoint(name),
        None => stub.entrypoint(),
    };
    if let Some(props) = &spec.props {
        entrypoint = entrypoint.props(props)?;
    }
    if let Some(limits) = spec.entry_limits {
        entrypoint = entrypoint.limits(limits.into());
    }
    Ok(entrypoint)
}

/// `fetch().await` or `call().await`.
pub async fn run(request: &Request, env: &Env, ctx: &Context) -> Answer {
    let spec = Spec::of(request)?;
    let entrypoint = entrypoint(&spec, env, ctx)?;
    match &spec.call {
        Some(call) => json_answer(&entrypoint.call::<Value>(&call.method, &call.args).await?),
        None => Ok(entrypoint.fetch(request).await?.into()),
    }
}

/// Loads one kept code twice, and gives the answer of the second worker.
pub async fn twice(request: &Request, env: &Env, ctx: &Context) -> Answer {
    let code = Spec::of(request)?.code(Some(ctx))?;
    let loader = env.loader("LOADER")?;
    loader.load(&code)?.fetch(request).await?;
    Ok(loader.load(&code)?.fetch(request).await?.into())
}

/// Loads a code that is kept from request to request, cold each time.
pub async fn kept(request: &Request, env: &Env, ctx: &Context) -> Answer {
    let spec = Spec::of(request)?;
    let kept = KEPT.with_borrow(|kept| kept.get(&spec.name).cloned());
    let code = match kept {
        Some(code) => code,
        None => spec.code(if spec.how == "load" { None } else { Some(ctx) })?,
    };
    KEPT.with_borrow_mut(|kept| kept.insert(spec.name, code.clone()));
    Ok(env.loader("LOADER")?.load(&code)?.fetch(request).await?.into())
}

/// Gives up after 50 ms, as a host with a deadline does. What its request had begun to load ends with it.
pub async fn until_deadline(request: &Request, env: &Env, ctx: &Context) -> Answer {
    let (mut answer, mut deadline) = (pin!(run(request, env, ctx)), pin!(sleep(50)));
    poll_fn(|context| match answer.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(answer),
        Poll::Pending => deadline.as_mut().poll(context).map(|_| json_answer(&json!("too late"))),
    })
    .await
}

pub fn hand_over(request: &Request, env: &Env, ctx: &Context) -> Answer {
    entrypoint(&Spec::of(request)?, env, ctx)?.hand_over(request, &JsValue::UNDEFINED)
}

pub fn hand_over_untried(request: &Request, env: &Env, ctx: &Context) -> Answer {
    entrypoint(&Spec::of(request)?, env, ctx)?.hand_over_untried(request, &JsValue::UNDEFINED)
}

pub fn promise(request: &Request, env: &Env, ctx: &Context) -> Answer {
    Ok(entrypoint(&Spec::of(request)?, env, ctx)?.fetch_promise(request)?.into())
}
