//! The host's dispatch, with a script of its own that the test deploys: how it falls back.

use std::cell::RefCell;

use dynamic_loader::{
    dispatch::{self, Own, Reading},
    http,
    registry::Refusal,
    reply,
};
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};
use worker::Env;
use worker_loader::WorkerCode;

use crate::spec::Spec;

const SCRIPT: Own = Own { script: "script", read, lasts: false };

thread_local!(static LIVE: RefCell<Option<(u64, WorkerCode)>> = const { RefCell::new(None) });

fn read(_env: Env) -> Reading {
    let live = LIVE.with_borrow(Clone::clone);
    Box::pin(async { live.ok_or_else(|| Refusal::Misconfigured("Deploy a script first.".to_owned())) })
}

/// `/script/deploy` puts the spec's code live, anything else runs what is live.
#[wasm_bindgen]
pub fn script(request: Request, env: Env, ctx: JsValue, _active: u32) -> JsValue {
    if http::path_of(&request.url()) == "/script/deploy" {
        let answer = Spec::of(&request).and_then(|spec| spec.code(None)).and_then(|code| {
            let sequence = LIVE.with_borrow(|live| live.as_ref().map_or(0, |(sequence, _)| *sequence)) + 1;
            LIVE.set(Some((sequence, code.clone())));
            SCRIPT.put_live(sequence, code);
            Ok(Response::new()?.into())
        });
        return reply::answer(answer.map_err(Into::into));
    }
    reply::answer(SCRIPT.serve(request, env, ctx, None))
}

#[wasm_bindgen(js_name = scriptFailed)]
pub fn script_failed(env: Env, ctx: JsValue, handed: JsValue, thrown: JsValue) -> JsValue {
    reply::answer(dispatch::failed(&env, &ctx, &handed, thrown))
}
