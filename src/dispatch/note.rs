//! What goes with a call through JavaScript and comes back with its outcome.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// The note of a version. A worker of our `own` is believed when it says when its handler was entered.
pub(super) fn of(serial: u32, short_key: &str, own: bool) -> JsValue {
    let note = Object::new();
    set(&note, "serial", &serial.into());
    set(&note, "shortKey", &short_key.into());
    set(&note, "own", &own.into());
    note.into()
}

pub(super) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let set = Reflect::set(object, &name.into(), value);
    debug_assert_eq!(set, Ok(true));
}

/// A part of what was handed over.
pub(super) fn part(handed: &JsValue, name: &str) -> JsValue {
    Reflect::get(handed, &name.into()).unwrap_or_default()
}

/// Which version a note is of.
pub(super) fn serial(note: &JsValue) -> Option<u32> {
    part(note, "serial").as_f64().map(|serial| serial as u32)
}
