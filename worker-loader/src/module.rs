//! The modules of a dynamic worker.

use std::borrow::Cow;

use serde_json::Value;

use crate::Stub;

/// One module, of one of the seven kinds that the runtime knows
/// (<https://developers.cloudflare.com/dynamic-workers/api-reference/#modules>).
#[derive(Clone, Debug)]
pub enum Module {
    /// An ES module (`js`).
    Js(Cow<'static, str>),
    /// A CommonJS module (`cjs`).
    Cjs(Cow<'static, str>),
    /// Text; imports as a string (`text`).
    Text(Cow<'static, str>),
    /// Bytes; imports as an `ArrayBuffer` (`data`).
    Data(Cow<'static, [u8]>),
    /// A JSON value; imports as the parsed value (`json`).
    Json(Value),
    /// A Python module (`py`); needs a Python main module. Python is slow to start.
    Py(Cow<'static, str>),
    /// WebAssembly as bytes; imports as a `WebAssembly.Module` (`wasm`).
    Wasm(Cow<'static, [u8]>),
    /// A `WebAssembly.Module` that is compiled already: its code is shared, not compiled again (`wasm`). The
    /// fingerprint stands for its content, so a digest of its bytes is right. Its size is not known here and does
    /// not count towards [`MAX_CODE_BYTES`](crate::MAX_CODE_BYTES); the runtime counts it.
    Compiled(Stub),
}

impl Module {
    /// The field that the runtime names this kind by.
    pub fn kind(&self) -> &'static str {
        match self {
            Module::Js(_) => "js",
            Module::Cjs(_) => "cjs",
            Module::Text(_) => "text",
            Module::Data(_) => "data",
            Module::Json(_) => "json",
            Module::Py(_) => "py",
            Module::Wasm(_) | Module::Compiled(_) => "wasm",
        }
    }

    /// The bytes that the runtime counts for it.
    pub(crate) fn size(&self) -> usize {
        match self {
            Module::Js(text) | Module::Cjs(text) | Module::Text(text) | Module::Py(text) => text.len(),
            Module::Data(bytes) | Module::Wasm(bytes) => bytes.len(),
            Module::Json(value) => value.to_string().len(),
            Module::Compiled(_) => 0,
        }
    }
}
