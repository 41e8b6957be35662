//! The call itself.

use js_sys::Reflect;
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;
use worker_loader::{EnvExt, Error, ErrorKind, WorkerCode};

use super::{
    Live, Version,
    isolate::{Running, with_script},
    note::{note, set},
};
use crate::{registry::Refusal, sys::without_credentials};

/// The name of the loader's binding in wrangler.toml.
const LOADER: &str = "LOADER";

/// Hands the request to the version of the script that serves now. What comes back is for `finish.js`, which makes the
/// response of it: from here on nothing of the request waits in Rust.
///
/// # Errors
/// When the call could not even be made. What fails later comes back through [`failed`].
pub fn run(env: &Env, script: &str, request: Request, props: Option<Value>) -> Result<JsValue, Refusal> {
    let chosen = with_script(script, |live| {
        let choice = live.choose();
        let note = match choice.in_place_of {
            None => choice.version.note.clone(),
            Some(failing) => {
                let note = note(script, &choice.version.version, choice.version.own);
                set(&note, "inPlaceOf", &failing.version.key.short().into());
                note
            }
        };
        (choice.version.version.clone(), note)
    });
    let Some((version, note)) = chosen else {
        return Err(Refusal::Misconfigured(format!("No version of {script} is deployed: deploy one.")));
    };
    let request = without_credentials(&request).map_err(Error::from)?;
    let stub = loader(env)?.get_code(&version.key, &version.code);
    let entrypoint = stub.entrypoint();
    let entrypoint = match props {
        Some(props) => entrypoint.props(&props)?,
        None => entrypoint,
    };
    Ok(entrypoint.hand_over(&request, &note)?)
}

/// Hands the request to a worker of our own that is made for it and gone after it.
///
/// # Errors
/// What the runtime refuses at once.
pub fn run_once(env: &Env, script: &str, code: WorkerCode, request: Request) -> Result<JsValue, Refusal> {
    let request = without_credentials(&request).map_err(Error::from)?;
    let stub = loader(env)?.load(&code)?;
    let note = note(script, &Version::new(script, code), true);
    set(&note, "once", &JsValue::TRUE);
    Ok(stub.entrypoint().hand_over(&request, &note)?)
}

fn loader(env: &Env) -> Result<worker_loader::WorkerLoader, Refusal> {
    env.loader(LOADER).map_err(|error| {
        let remedy = format!("wrangler.toml needs `[[worker_loaders]]` with `binding = \"{LOADER}\"`");
        Refusal::Misconfigured(format!("No Worker can be loaded, {remedy}: {error}"))
    })
}

/// A version of a script loaded, says `finish.js`.
pub fn loaded(note: &JsValue) {
    told(note, |live, version| live.loaded(version));
}

/// A call failed, says `finish.js`. `Ok` if the request is worth another run: its version did not load, there is another,
/// and the request can be sent again.
///
/// # Errors
/// The refusal that the client is told otherwise.
pub fn failed(handed: &JsValue, thrown: JsValue, can_repeat: bool) -> Result<(), Refusal> {
    let error = Error::from(thrown);
    worker::console_error!("A dynamic worker failed: {error}");
    let part = |name: &str| Reflect::get(handed, &name.into()).unwrap_or_default();
    let another = told(&part("note"), |live, running| {
        if let Some(name) = part("name").as_string() {
            running.version.key.load_failed(&name, &error);
        }
        // A factory's failure passes, and says nothing of the version.
        let lasts = error.is_load_failure() && !matches!(error.kind(), ErrorKind::Factory { .. });
        lasts && live.failed(running)
    });
    if another == Some(true) && can_repeat { Ok(()) } else { Err(error.into()) }
}

/// Does something with the version that a note is of, if it is still known.
fn told<T>(note: &JsValue, then: impl FnOnce(&mut Live<Running>, &Running) -> T) -> Option<T> {
    let text = |name: &str| Reflect::get(note, &name.into()).ok().and_then(|value| value.as_string());
    let key = text("key")?;
    with_script(&text("script")?, |live| {
        let version = live.find(|running| running.version.key.as_str() == key)?.clone();
        Some(then(live, &version))
    })?
}
