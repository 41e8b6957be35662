//! A version in this isolate: its code, and what was seen of it.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU32, Ordering},
};

use js_sys::JSON;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use worker_loader::{WorkerCode, WorkerKey};

use super::{code::Owner, fallback::State, note};
use crate::registry::limits;

/// A version that can be run.
#[derive(Debug)]
pub(super) struct Running {
    /// Tells it from all others in this isolate.
    pub serial: u32,
    /// What the loader takes; a version may be files alone.
    pub code: Option<(WorkerKey, WorkerCode)>,
    /// Goes with each of its calls through JavaScript: made once, as making it costs.
    pub note: JsValue,
    /// Whether each of its requests has limits that are ours to enforce.
    pub has_limits: bool,
    /// Whether it has files, which may answer in its place.
    pub has_files: bool,
    /// What was seen of it.
    pub state: Cell<State>,
    /// The kind of incident that was recorded of it last.
    pub recorded: Cell<&'static str>,
}

impl Running {
    /// A version of a script, whose key begins so. One of our own, which is none, is believed when it says when it was entered.
    pub fn new(
        prefix: &str,
        owner: Owner<'_>,
        code: Option<WorkerCode>,
        version: Option<&Value>,
        limits: &Value,
    ) -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let code = code.map(|code| (code.key(prefix), code));
        let short = match (&code, version) {
            (Some((key, _)), _) => key.short(),
            (None, version) => short_of_files(prefix, version),
        };
        let note = note::of(serial, &short, version.is_none());
        note::set(&note, "owner", &JSON::parse(&owner.to_value().to_string()).unwrap_or_default());
        let has_files = version.is_some_and(|version| version["assets"].is_object());
        if let Some(version) = version {
            note::set(&note, "version", &version["id"].as_str().unwrap_or_default().into());
            if has_files {
                note::set(&note, "assets", &files(version).to_string().into());
            }
        }
        let limits = limits::of_requests(limits);
        let has_limits = limits.is_some();
        if let Some(limits) = limits {
            note::set(&note, "limits", &JSON::parse(&limits.to_string()).unwrap_or_default());
        }
        Self { serial, code, note, has_limits, has_files, state: Cell::default(), recorded: Cell::new("") }
    }
}

impl Running {
    /// Says in what JavaScript is given that a worker of it is new to this isolate: its note, with the identity, as `started`.
    pub fn tell_started(&self, found: &JsValue) {
        if let Some(identity) = self.identity() {
            note::set(&self.note, "identity", &identity);
            note::set(found, "started", &self.note);
        }
    }

    /// Its key and what that is made of, for whoever counts workers: `[key, parts]`, both texts, `parts` being JSON.
    pub fn identity(&self) -> Option<JsValue> {
        let (key, code) = self.code.as_ref()?;
        let mut parts = Value::Object(serde_json::Map::new());
        for (part, digest) in code.part_digests() {
            parts[part] = digest.into();
        }
        Some(js_sys::Array::<JsValue>::of(&[key.as_str().into(), parts.to_string().into()]).into())
    }
}

/// As of a key, of what the files are told by.
fn short_of_files(prefix: &str, version: Option<&Value>) -> String {
    let manifest = version.and_then(|version| version["assets"]["manifest"].as_str()).unwrap_or_default();
    let digest = manifest.rsplit('/').next().unwrap_or_default();
    [prefix, "@", digest.get(..12).unwrap_or(digest)].concat()
}

/// What `assets/route.js` asks of a version.
fn files(version: &Value) -> Value {
    json!({
        "assets": version["assets"],
        "compatibility_date": version["compatibility_date"],
        "compatibility_flags": version["compatibility_flags"],
    })
}
