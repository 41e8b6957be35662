//! What changes something.

mod auth;
#[cfg(target_arch = "wasm32")]
pub mod config;

pub use auth::authorize;
