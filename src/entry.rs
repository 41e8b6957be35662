//! What `entry.js` calls.
//!
//! The arguments are JavaScript objects and numbers only. A text would be copied into memory before the glue looks
//! whether that memory went down with a panic.

use js_sys::Function;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use web_sys::Request;
use worker::{Env, console_error};
use worker_loader::Error;

use crate::{
    api,
    capability::outbound::{Held, decide, unknown},
    dispatch::{self, Leaving, Place, Trip},
    http::{self, ENDPOINTS, Route},
    pattern,
    registry::Refusal,
    reply::{self, answer, later},
    sys, ui,
};

/// A small one. The usual one is 5 KB that every cold start of a script runs through, and V8 compiles what runs there anew.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// So that a panic is readable in the log: its message, and where in the source.
#[worker::event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Serves a request; `pulse(env)` promises how this Worker is doing, as JSON. Gives a Response, a request handed to a dynamic worker (for
/// `finish.js`), or a Promise of either while Rust is still at work on it.
#[wasm_bindgen]
pub fn handle(request: Request, env: Env, ctx: JsValue, pulse: Function) -> JsValue {
    answer(serve(request, env, ctx, pulse))
}

/// A request that was handed to a dynamic worker failed. Gives what [`handle`] gives: the error as a Response, or the
/// request handed to another version.
#[wasm_bindgen]
pub fn failed(env: Env, ctx: JsValue, handed: JsValue, thrown: JsValue) -> JsValue {
    answer(dispatch::failed(&env, &ctx, &handed, thrown))
}

/// Whether a request of a dynamic worker to elsewhere goes there: a Promise of JSON, for `capability/outbound.js`.
#[wasm_bindgen]
pub fn outbound(asked: JsValue, env: Env, ctx: JsValue) -> JsValue {
    later(async move {
        let asked = js_sys::JSON::stringify(&asked).map(String::from).map_err(Error::from)?;
        let asked: Value = serde_json::from_str(&asked).unwrap_or_default();
        let verdict = match Leaving::of(&env, &ctx, &asked).await {
            Ok(held) => {
                let held = Held {
                    script: held.script(),
                    namespace: held.namespace(),
                    trusted: held.is_trusted(),
                    subrequests_per_minute: held.subrequests_per_minute(),
                };
                decide(&env, &asked, &held).await
            }
            Err(refusal) => unknown(&refusal),
        };
        Ok(verdict.to_string().into())
    })
}

/// What a stub to a service leads to: a Promise of `{stub, serial}`, or of the text of what is wrong, for
/// `capability/service.js`.
#[wasm_bindgen]
pub fn served(asked: JsValue, env: Env, ctx: JsValue) -> JsValue {
    later(async move {
        let part = |name: &str| part(&asked, name);
        let props = js_sys::JSON::stringify(&part("props")).map(String::from).map_err(Error::from)?;
        let props: Value = serde_json::from_str(&props).unwrap_or_default();
        let failed = part("failed").as_f64().map(|serial| serial as u32);
        Ok(match dispatch::service(&env, &ctx, &props, failed, part("thrown")).await {
            Ok(found) => found,
            Err(refusal) => reply::Error::from(refusal).message.into(),
        })
    })
}

/// What runs a Durable Object of a script now: a Promise of `{key}`, of `{key, name, worker}` where it is another than the one `known`,
/// or of the text of what is wrong, for `capability/object/supervisor.js`.
#[wasm_bindgen]
pub fn supervised(asked: JsValue, env: Env, ctx: JsValue) -> JsValue {
    later(async move {
        let text = |name: &str| text(&asked, name);
        let object = dispatch::Object {
            namespace: &text("namespace"),
            script: &text("script"),
            incarnation: &text("incarnation"),
            class: &text("class"),
            id: &text("id"),
        };
        Ok(match dispatch::object(&env, &ctx, &object, &text("known")).await {
            Ok(found) => found,
            Err(refusal) => reply::Error::from(refusal).message.into(),
        })
    })
}

/// What the queues are delivered to that a script consumes: a Promise of `{consumer}`, or of the text of what is wrong, for
/// `capability/queue/store.js`.
#[wasm_bindgen]
pub fn hosted(asked: JsValue, env: Env, ctx: JsValue) -> JsValue {
    later(async move {
        let text = |name: &str| text(&asked, name);
        Ok(match dispatch::consumer(&env, &ctx, &text("namespace"), &text("script")).await {
            Ok(found) => found,
            Err(refusal) => reply::Error::from(refusal).message.into(),
        })
    })
}

/// Whether a script may do so much with what it stores: a Promise of nothing where it may, or of the text of why not, for
/// `capability/allowance.js`.
#[wasm_bindgen]
pub fn denied(asked: JsValue, env: Env, ctx: JsValue) -> JsValue {
    later(async move {
        let text = |name: &str| text(&asked, name);
        let asked = dispatch::Asked {
            namespace: &text("namespace"),
            namespace_id: &text("namespace_id"),
            script: &text("script"),
            operations: part(&asked, "operations").as_f64().unwrap_or_default() as u32,
            grows: part(&asked, "grows").is_truthy(),
        };
        // Where nothing is known of the namespace nobody stands still.
        let denied = dispatch::denied(&env, &ctx, &asked).await.unwrap_or_default();
        Ok(denied.map_or(JsValue::UNDEFINED, |why| why.to_string().into()))
    })
}

/// A worker that is made anew of what is live of a script for jobs: a Promise of `{worker, owner, version}`, or of the text of what is wrong, for
/// `pattern/job/runner.js`.
#[wasm_bindgen]
pub fn scripted(asked: JsValue, env: Env, ctx: JsValue) -> JsValue {
    later(async move {
        let script = text(&asked, "script");
        Ok(match dispatch::made_anew(&env, &ctx, pattern::job::NAMESPACE, &script).await {
            Ok(stub) => stub,
            Err(refusal) => {
                let reply::Error { status, code, message, .. } = refusal.into();
                json!({ "status": status, "code": code, "message": message }).to_string().into()
            }
        })
    })
}

/// A version was seen to load.
#[wasm_bindgen]
pub fn loaded(note: JsValue) {
    dispatch::loaded(&note);
}

/// Which worker it is that a version was loaded as: `[key, parts]`, or nothing.
#[wasm_bindgen]
pub fn identity(note: JsValue) -> JsValue {
    dispatch::identity(&note)
}

/// How many workers this isolate has loaded, each of a key of its own.
#[wasm_bindgen]
pub fn loaded_workers() -> usize {
    dispatch::loaded_workers()
}

/// What is known of the version of a script whose logs are to be told: a Promise of JSON, or of nothing, where it is not there any
/// more, for `telemetry/tail.js`.
#[wasm_bindgen]
pub fn known(asked: JsValue, env: Env, ctx: JsValue) -> JsValue {
    later(async move {
        let text = |name: &str| text(&asked, name);
        let known = dispatch::known(&env, &ctx, &text("namespace"), &text("script"), &text("version")).await;
        Ok(known.map_or(JsValue::UNDEFINED, |known| known.to_string().into()))
    })
}

/// Where an exception of a script comes from, by the code and source maps at a place: a Promise of a fault, see `telemetry/fault.js`.
#[wasm_bindgen]
pub fn fault(bucket: JsValue, exception: JsValue, place: JsValue) -> js_sys::Promise {
    sys::telemetry::fault_at(&bucket, &exception, &place)
}

/// A part of what JavaScript asks.
fn part(asked: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(asked, &name.into()).unwrap_or_default()
}

fn text(asked: &JsValue, name: &str) -> String {
    part(asked, name).as_string().unwrap_or_default()
}

fn serve(request: Request, env: Env, ctx: JsValue, pulse: Function) -> Result<JsValue, Refusal> {
    let url = request.url();
    let hosts = match dispatch::hosts(&env) {
        Err(refusal) if http::is_control(http::path_of(&url)) => return reply::enveloped(Err(refusal)),
        hosts => hosts?,
    };
    match dispatch::place(&url, &hosts) {
        Place::Own => {}
        Place::Script(target) => return Trip { url: url.clone(), request, env, ctx, beside: None }.serve(&target),
        Place::Pattern(target) => {
            return pattern::serve(Trip { url: url.clone(), request, env, ctx, beside: None }, &target);
        }
        Place::Nobody => return Err(Refusal::NoSuchPath(http::path_of(&url).to_owned())),
    }
    let accept = || request.headers().get("accept").ok().flatten();
    match http::route(&request.method(), http::path_of(&url), accept)? {
        Route::Home { json: true } => home(),
        Route::Home { json: false } | Route::Page => Ok(later(ui::serve(request, env))),
        Route::Dynamic => pattern::dynamic::serve(request, env),
        Route::Metrics => pattern::metrics::serve(request, env, ctx, pulse),
        Route::Tail => Ok(later(async move { Ok(api::listen(&request, &env).await?.into()) })),
        Route::Scrape => Ok(later(async move { Ok(api::scrape(&request, &env).await?.into()) })),
        Route::Config => pattern::config::serve(request, env, ctx),
        Route::Job => Ok(pattern::job::serve(request, env, ctx)),
        Route::Control => Ok(api::serve(request, env)),
        Route::PutConfig => Ok(later(async move {
            let (stored, response) = api::config::put(&request, &env).await?;
            if let Err(refusal) = pattern::config::put_live(&env, &stored) {
                // It is stored, and that is what was asked. Serving it will say what is wrong.
                console_error!(
                    "The configuration is stored and cannot be put live: {}",
                    reply::Error::from(refusal).message
                );
            }
            Ok(response.into())
        })),
    }
}

fn home() -> Result<JsValue, Refusal> {
    let patterns = pattern::table::PATTERNS.iter().flat_map(|pattern| pattern.endpoints);
    let endpoints: Vec<_> =
        ENDPOINTS.iter().chain(patterns).chain(pattern::job::ENDPOINTS).map(http::Endpoint::to_value).collect();
    let list = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION"), "endpoints": endpoints });
    let response = reply::json(200, &list.to_string())?;
    response.headers().set("vary", "accept").map_err(Error::from)?;
    Ok(response.into())
}
