//! The call itself.

use js_sys::{Object, Reflect};
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;
use worker_loader::{EnvExt, Error, WorkerCode};

use super::{
    Live, Version,
    isolate::{Running, with_script},
};
use crate::{http::without_credentials, registry::Refusal};

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
            Some(failing) => note(script, &choice.version.version, Some(&failing.version)),
        };
        (choice.version.version.clone(), note)
    });
    let Some((version, note)) = chosen else {
        return Err(Refusal::Misconfigured(format!("no version of {script} is deployed")));
    };
    let request = without_credentials(request)?;
    let stub = loader(env)?.get_code(&version.key, &version.code);
    let entrypoint = stub.entrypoint();
    let entrypoint = match props {
        Some(props) => entrypoint.props(&props)?,
        None => entrypoint,
    };
    Ok(entrypoint.hand_over(&request, &note)?)
}

/// Hands the request to a worker that is made for it and gone after it.
///
/// # Errors
/// What the runtime refuses at once.
pub fn run_once(env: &Env, script: &str, code: WorkerCode, request: Request) -> Result<JsValue, Refusal> {
    let request = without_credentials(request)?;
    let stub = loader(env)?.load(&code)?;
    let note = note(script, &Version::new(script, code), None);
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

/// A call failed, says `finish.js`. `Ok` if the request is worth another run: its version did not load, and there is
/// another.
///
/// # Errors
/// The refusal that the client is told otherwise.
pub fn failed(note: &JsValue, thrown: JsValue) -> Result<(), Refusal> {
    let error = Error::from(thrown);
    worker::console_error!("A dynamic worker failed: {error}");
    let again = told(note, |live, running| {
        running.version.key.load_failed(&error);
        error.is_load_failure() && live.failed(running)
    })
    .unwrap_or(false);
    if again { Ok(()) } else { Err(error.into()) }
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

/// What goes with a call through JavaScript and comes back with its outcome.
pub(super) fn note(script: &str, version: &Version, in_place_of: Option<&Version>) -> JsValue {
    let note = Object::new();
    set(&note, "script", &script.into());
    set(&note, "key", &version.key.as_str().into());
    set(&note, "shortKey", &version.key.short().into());
    if let Some(failing) = in_place_of {
        set(&note, "inPlaceOf", &failing.key.short().into());
    }
    note.into()
}

fn set(object: &JsValue, name: &str, value: &JsValue) {
    let set = Reflect::set(object, &name.into(), value);
    debug_assert_eq!(set, Ok(true));
}
