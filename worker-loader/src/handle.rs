//! A JavaScript value where there is JavaScript, and nothing where there is none.

/// A value that only JavaScript can hold: a stub, a compiled module, an original error.
///
/// It keeps the types around it whole on targets without JavaScript, so that keys, checks and errors are the same
/// code in native tests.
#[derive(Clone)]
pub struct Handle(#[cfg(target_arch = "wasm32")] wasm_bindgen::JsValue);

#[cfg(target_arch = "wasm32")]
impl Handle {
    /// The JavaScript value itself.
    pub fn as_js(&self) -> &wasm_bindgen::JsValue {
        &self.0
    }
}

#[cfg(target_arch = "wasm32")]
impl<T: Into<wasm_bindgen::JsValue>> From<T> for Handle {
    fn from(value: T) -> Self {
        Self(value.into())
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Handle {
    /// A handle to nothing, for native tests of code that passes handles around.
    pub fn nothing() -> Self {
        Self()
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle")
    }
}
