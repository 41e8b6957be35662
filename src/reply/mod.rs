//! What goes back to the client: responses of our own, and errors as statuses. A leaf, which all may use.

pub mod envelope;
mod error;
pub mod prometheus;

pub use error::Error;

#[cfg(target_arch = "wasm32")]
mod answer;
#[cfg(target_arch = "wasm32")]
pub use answer::{answer, enveloped, json, later, with_type};
