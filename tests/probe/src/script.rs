//! The host's dispatch, with scripts that the test deploys: how it falls back.

use dynamic_loader::{dispatch, http, reply};
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};
use worker::Env;

use crate::spec::Spec;

const SCRIPT: &str = "script";

/// `/script/deploy` puts the spec's code live, anything else runs what is live.
#[wasm_bindgen]
pub fn script(request: Request, env: Env, _active: u32) -> JsValue {
    if http::path_of(&request.url()) == "/script/deploy" {
        let deployed =
            Spec::of(&request).and_then(|spec| spec.code(None)).map(|code| dispatch::deploy(SCRIPT, code, false));
        let answer = deployed.and_then(|()| Ok(Response::new()?.into()));
        return reply::answer(answer.map_err(Into::into));
    }
    reply::answer(dispatch::run(&env, SCRIPT, request, None))
}

#[wasm_bindgen(js_name = scriptFailed)]
pub fn script_failed(request: Request, env: Env, _active: u32, handed: JsValue, thrown: JsValue) -> JsValue {
    reply::answer(
        dispatch::failed(&handed, thrown, !request.body_used())
            .and_then(|()| dispatch::run(&env, SCRIPT, request, None)),
    )
}
