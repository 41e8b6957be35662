//! What this isolate knows. It is lost with the isolate, and nothing depends on it being kept.

use std::cell::RefCell;

use js_sys::Date;
use wasm_bindgen::JsValue;
use worker_loader::WorkerCode;

use super::{Health, Live, Recorder, Version, note::note};

/// A version, with the note that accompanies each of its calls through JavaScript: made once, as making it costs.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub version: Version,
    pub own: bool,
    pub note: JsValue,
}

impl PartialEq for Running {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

#[derive(Default)]
struct Isolate {
    /// A list: there are as many as there are patterns.
    scripts: Vec<(&'static str, Live<Running>)>,
    recorder: Recorder,
}

impl Isolate {
    fn script(&mut self, name: &str) -> Option<&mut Live<Running>> {
        self.scripts.iter_mut().find(|(script, _)| *script == name).map(|(_, live)| live)
    }
}

thread_local! {
    static ISOLATE: RefCell<Isolate> = RefCell::default();
}

/// Puts a code live as the newest version of a script, in this isolate, from the next request on. `own` tells whether
/// it is ours, or somebody's.
pub fn deploy(script: &'static str, code: WorkerCode, own: bool) {
    let version = Version::new(script, code);
    let running = Running { note: note(script, &version, own), own, version };
    ISOLATE.with_borrow_mut(|isolate| match isolate.script(script) {
        Some(live) => live.deploy(running),
        None => isolate.scripts.push((script, Live::new(running))),
    });
}

/// Whether anything is live under this name.
pub fn deployed(script: &str) -> bool {
    with_script(script, |_| ()).is_some()
}

/// Looks at a script, if it is live.
pub(super) fn with_script<T>(script: &str, look: impl FnOnce(&mut Live<Running>) -> T) -> Option<T> {
    ISOLATE.with_borrow_mut(|isolate| isolate.script(script).map(look))
}

/// A request ended.
pub fn record(took_ms: f64, failed: bool) {
    ISOLATE.with_borrow_mut(|isolate| isolate.recorder.record(Date::now(), took_ms, failed));
}

/// The last minute.
pub fn health() -> Health {
    ISOLATE.with_borrow_mut(|isolate| isolate.recorder.health(Date::now()))
}
