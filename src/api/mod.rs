//! What changes something.

#[cfg(target_arch = "wasm32")]
pub mod config;
