//! A stub that a dynamic worker is handed, with what stands for it in the key.

use crate::Handle;

/// A JavaScript stub (a service binding, a loopback entrypoint, a Durable Object stub, a compiled module) together
/// with a **fingerprint**: text that changes whenever what the stub leads to changes.
///
/// A stub cannot be hashed, and the first factory call for a key fixes it for as long as the isolate lives. The
/// fingerprint is what [`WorkerKey`](crate::WorkerKey) covers in its place, so that two codes that differ in their
/// stubs never share an isolate. `Loopback` makes one of its entrypoint's name and
/// props; for any other stub you name it.
#[derive(Clone, Debug)]
pub struct Stub {
    #[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "read where there is JavaScript"))]
    pub(crate) handle: Handle,
    /// Whether the handle is a function that makes the stub, for each load anew.
    #[cfg(target_arch = "wasm32")]
    pub(crate) per_load: bool,
    pub(crate) fingerprint: String,
}

impl Stub {
    /// A stub under a fingerprint of your choice, which must not be empty: for a service binding its name and version,
    /// say.
    pub fn new(stub: impl Into<Handle>, fingerprint: impl Into<String>) -> Self {
        Self {
            handle: stub.into(),
            #[cfg(target_arch = "wasm32")]
            per_load: false,
            fingerprint: fingerprint.into(),
        }
    }

    /// For a code that has no key.
    pub(crate) fn opaque(stub: impl Into<Handle>) -> Self {
        Self::new(stub, "none")
    }

    /// What stands for the stub in a key.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}
