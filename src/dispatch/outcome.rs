//! What came of a call, as `finish.js` tells it.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Request;
use worker::{Env, console_error};
use worker_loader::Error;

use super::{
    attempt::{Attempt, exceeded},
    failure::{self, Next, Sent},
    fallback::{State, instead_of},
    incident, isolate,
    note::{part, serial, set},
};
use crate::registry::Refusal;

/// A version of a script loaded, says `finish.js`.
pub fn loaded(note: &JsValue) {
    if let Some((script, at)) = serial(note).and_then(isolate::find_version) {
        let live = script.live();
        live.made().filter(|(made, _)| *made == at).for_each(|(_, running)| running.state.set(State::Loaded));
    }
}

/// Which worker a version is, for whoever counts them; nothing where it is none that was kept.
pub fn identity(note: &JsValue) -> JsValue {
    let found = serial(note).and_then(isolate::find_version);
    let identity = found.and_then(|(script, at)| {
        let live = script.live();
        live.made().find(|(made, _)| *made == at).and_then(|(_, running)| running.identity())
    });
    identity.unwrap_or_default()
}

/// A call failed, says `finish.js`. Gives the request handed to another version, or once more to the same.
///
/// # Errors
/// The refusal that the client is told otherwise.
pub fn failed(env: &Env, ctx: &JsValue, handed: &JsValue, thrown: JsValue) -> Result<JsValue, Refusal> {
    let error = Error::from(thrown);
    let Some((script, at)) = serial(&part(handed, "note")).and_then(isolate::find_version) else {
        console_error!("A dynamic worker failed: {error}");
        return Err(error.into());
    };
    console_error!("A version of {} failed: {:.2000}", script.name, error.to_string());
    let live = script.live();
    let running = live.running(env, &script.name, at)?;
    if let (Some(name), Some((key, _))) = (part(handed, "name").as_string(), &running.code) {
        key.load_failed(&name, &error);
    }
    let wanted = serial(&part(handed, "wanted")).and_then(|serial| live.place_of(serial)).unwrap_or(at);
    let bounds = part(handed, "bounds");
    if let Some(exceeded) = bounds.is_truthy().then(|| exceeded(bounds.unchecked_ref())).flatten() {
        // Too much was asked of it, or else it took too much: no other version is asked.
        if wanted == at && !matches!(exceeded, Refusal::BodyTooLarge { .. }) {
            set(handed, "failed", &JsValue::TRUE);
        }
        return Err(exceeded);
    }
    let was_loaded = running.state.get() == State::Loaded;
    let condemned = failure::condemns(&error);
    if condemned {
        running.state.set(State::Failed);
    }
    let mut tried = tried(handed);
    tried.push(running.serial);
    let request: Request = part(handed, "request").unchecked_into();
    let sent = Sent {
        sent: !part(handed, "unsent").is_truthy(),
        body_used: request.body_used(),
        is_safe: matches!(&*request.method(), "GET" | "HEAD"),
        was_loaded,
        tries: tried.iter().filter(|serial| **serial == running.serial).count(),
    };
    let next = failure::next(&error, sent);
    let is_counted = part(handed, "tally").is_truthy();
    if wanted == at && (condemned || error.is_the_workers_own()) {
        set(handed, "failed", &JsValue::TRUE);
    }
    let attempt = |to| {
        let (props, bounds) = (part(handed, "props"), part(handed, "bounds"));
        let limits = part(handed, "limits").as_string().and_then(|limits| serde_json::from_str(&limits).ok());
        let limits = limits.unwrap_or_default();
        Attempt { env, script: &script, live: &live, wanted, tried: &tried, props, bounds, limits, is_counted }
            .hand_to(to, &request)
    };
    let other = instead_of(wanted, &live.candidates(&tried)).filter(|_| matches!(next, Next::Another { .. }));
    // That another version serves is nothing that goes unseen, whatever the reason.
    let kind = match (condemned, other) {
        (true, _) => Some("load_failed"),
        (false, Some(_)) => Some("unavailable"),
        (false, None) => None,
    };
    if let Some(kind) = kind {
        incident::record(env, ctx, &script, &live, (at, &running), kind, &error);
    }
    let again = match (next, other) {
        (Next::Tell, _) | (Next::Another { again: false }, None) => return Err(error.into()),
        (Next::Another { .. }, Some(other)) => attempt(other),
        (Next::Again, _) | (Next::Another { again: true }, None) => attempt(at),
    }?;
    // The visitor's cookie does not depend on who answers.
    if let Ok(cookie) = Reflect::get(handed, &"cookie".into())
        && !cookie.is_undefined()
    {
        set(&again, "cookie", &cookie);
    }
    Ok(again)
}

fn tried(handed: &JsValue) -> Vec<u32> {
    let text = part(handed, "tried").as_string().unwrap_or_default();
    text.split(' ').filter_map(|serial| serial.parse().ok()).collect()
}
