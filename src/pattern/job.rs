//! `/job`: code, or a script, run for each of a list of inputs. What runs it is in `job/*.js`; here is who may.

#[cfg(target_arch = "wasm32")]
use {
    crate::{
        api::auth,
        registry::{Refusal, problem},
        reply, sys,
    },
    js_sys::futures::JsFuture,
    wasm_bindgen::JsValue,
    web_sys::Request,
    worker::Env,
    worker_loader::Error,
};

use crate::http::Endpoint;

/// The namespace whose scripts can be run, and whose tokens may run what they like.
pub const NAMESPACE: &str = "job";

/// What there is to call.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint { method: "POST", path: "/job", description: "Runs code for each of a list of inputs (token)." },
    Endpoint { method: "GET", path: "/job/:id", description: "How far a job is (token); DELETE." },
    Endpoint {
        method: "GET",
        path: "/job/:id/results",
        description: "What came of a job's inputs, as it comes (token).",
    },
];

/// Serves a call to this path, `/job` or below.
#[cfg(target_arch = "wasm32")]
pub fn serve(request: Request, env: Env, ctx: JsValue) -> JsValue {
    reply::later(async move {
        let caller = auth::caller(&request, &env).await?;
        let reads = matches!(&*request.method(), "GET" | "HEAD");
        if !caller.sees(NAMESPACE) || !(reads || caller.writes) {
            let why = "This takes a token that may write, for the namespace \"job\" or for all.";
            return Err(Refusal::api(403, problem::NOT_AUTHORIZED, why));
        }
        let url = request.url();
        let rest = crate::http::path_of(&url).strip_prefix("/job").unwrap_or_default();
        let served = sys::pattern::job(&request, &env, &ctx, rest, include_str!("job/main.js"));
        Ok(JsFuture::from(served).await.map_err(Error::from)?)
    })
}
