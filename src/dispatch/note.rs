//! What goes with a call through JavaScript and comes back with its outcome.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

use super::Version;

/// The note of a version. A worker of our `own` is believed when it says when its handler was entered.
pub(super) fn note(script: &str, version: &Version, own: bool) -> JsValue {
    let note = Object::new();
    set(&note, "script", &script.into());
    set(&note, "key", &version.key.as_str().into());
    set(&note, "shortKey", &version.key.short().into());
    set(&note, "own", &own.into());
    note.into()
}

pub(super) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let set = Reflect::set(object, &name.into(), value);
    debug_assert_eq!(set, Ok(true));
}
