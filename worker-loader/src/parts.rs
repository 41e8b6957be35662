//! The parts of a code, as its builder has collected them.

use std::cell::OnceCell;

use crate::{Bundle, Limits, Module, Outbound, Stub, by_name::ByName, env_value::EnvValue};

#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub compatibility_date: String,
    pub compatibility_flags: ByName<()>,
    pub allow_experimental: bool,
    pub limits: Limits,
    pub main_module: String,
    pub modules: ByName<Module>,
    pub bundle: Option<Bundle>,
    pub env: ByName<EnvValue>,
    pub outbound: Outbound,
    pub tails: Vec<Stub>,
    pub streaming_tails: Vec<Stub>,
    pub kept: Kept,
}

/// What is made of a code when it is first needed, and then kept: workerd's V8 compiles WebAssembly anew after each isolate
/// that it makes, so the less of it runs on a cold start, the sooner that is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub digest: OnceCell<[u8; 32]>,
    /// Of all modules together.
    pub code_bytes: usize,
    #[cfg(target_arch = "wasm32")]
    pub object: OnceCell<js_sys::Object>,
}
