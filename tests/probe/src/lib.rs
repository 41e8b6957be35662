//! Puts every fact of the SDK, and of the host's dispatch, behind a route, for the Miniflare tests.
//!
//! A request says in its header `x-spec` what to load and how to call it (see `spec.rs`), and is passed on as it is:
//! so its method, body and upgrade are the test's.

#![cfg(target_arch = "wasm32")]

mod facts;
mod panics;
mod run;
mod script;
mod spec;
mod supervisor;

use std::panic::AssertUnwindSafe;

use js_sys::{Reflect, futures::future_to_promise};
use serde_json::json;
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response, ResponseInit};
use worker::{Env, worker_sys};
use worker_loader::Error;

type Answer = Result<JsValue, Error>;

#[wasm_bindgen]
pub fn probe(request: Request, env: Env, ctx: worker_sys::Context) -> JsValue {
    let ctx = worker::Context::new(ctx);
    match dynamic_loader::http::path_of(&request.url()) {
        "/hand-over" => or_error(run::hand_over(&request, &env, &ctx)),
        "/hand-over-untried" => or_error(run::hand_over_untried(&request, &env, &ctx)),
        "/promise" => or_error(run::promise(&request, &env, &ctx)),
        "/panic/now" => panic!("on purpose, at once"),
        "/panic/later" => later(panics::later()),
        "/panic/factory" => or_error(panics::factory(&request, &env)),
        "/panic/joined" => later(panics::joined()),
        "/twice" => later(async move { run::twice(&request, &env, &ctx).await }),
        "/kept" => later(async move { run::kept(&request, &env, &ctx).await }),
        "/slow" => later(panics::slow()),
        "/deadline" => later(async move { run::until_deadline(&request, &env, &ctx).await }),
        "/count" => later(async move { run::count(&request) }),
        "/facts" => later(facts::all(env)),
        "/fan-out" => later(facts::fan_out(env, ctx)),
        "/facet" => later(supervisor::forward(request, env)),
        _ => later(async move { run::run(&request, &env, &ctx).await }),
    }
}

fn later(work: impl Future<Output = Answer> + 'static) -> JsValue {
    future_to_promise(AssertUnwindSafe(async move { Ok(or_error(work.await)) })).into()
}

/// An error as the tests read it: the kind by name, the sentence, and the original as it came.
fn or_error(answer: Answer) -> JsValue {
    answer.unwrap_or_else(|error| {
        let kind = format!("{:?}", error.kind());
        let original = error.original().map(|original| {
            let text =
                |name: &str| Reflect::get(original.as_js(), &name.into()).ok().and_then(|value| value.as_string());
            let remote = Reflect::get(original.as_js(), &"remote".into()).ok().and_then(|value| value.as_bool());
            json!({ "name": text("name"), "message": text("message"), "remote": remote })
        });
        let body = json!({
            "kind": kind.split(['(', ' ']).next(),
            "detail": kind,
            "message": error.to_string(),
            "loadFailure": error.is_load_failure(),
            "workersOwn": error.is_the_workers_own(),
            "original": original,
        });
        let init = ResponseInit::new();
        init.set_status(599);
        Response::new_with_opt_str_and_init(Some(&body.to_string()), &init).map_or_else(|error| error, JsValue::from)
    })
}

fn json_answer(value: &serde_json::Value) -> Answer {
    Ok(Response::new_with_opt_str(Some(&value.to_string()))?.into())
}
