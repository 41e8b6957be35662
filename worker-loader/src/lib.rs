#![cfg_attr(target_arch = "wasm32", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(target_arch = "wasm32"),
    doc = "The parts of `worker-loader` that need no JavaScript: code, keys, checks, errors.\n\n\
           The whole crate exists for `wasm32-unknown-unknown` only; see its README."
)]
#![warn(missing_docs)]

mod bundle;
mod by_name;
mod check;
mod classify;
mod code;
mod date;
mod digest;
mod env_value;
mod error;
mod gate;
mod handle;
mod key;
mod limits;
mod module;
mod outbound;
mod parts;
#[cfg(any(target_arch = "wasm32", test))]
mod poison;
mod sentence;
mod stub;

pub use bundle::Bundle;
pub use check::{MAX_CODE_BYTES, MAX_ENV_BYTES, Problem, Problems};
pub use code::{Hashed, Opaque, WorkerCode, WorkerCodeBuilder};
pub use date::{CompatibilityDate, InvalidDate};
pub use error::{Error, ErrorKind, Limit, Position, Result, TooLarge};
pub use gate::{Gate, Permit};
pub use handle::Handle;
pub use key::{InvalidKey, WorkerKey};
pub use limits::Limits;
pub use module::Module;
pub use outbound::Outbound;
pub use stub::Stub;

#[cfg(target_arch = "wasm32")]
mod callee;
#[cfg(target_arch = "wasm32")]
mod entrypoint;
#[cfg(target_arch = "wasm32")]
mod facet;
#[cfg(target_arch = "wasm32")]
pub mod guide;
#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
mod loader;
#[cfg(target_arch = "wasm32")]
mod loopback;
#[cfg(target_arch = "wasm32")]
pub mod sys;
#[cfg(target_arch = "wasm32")]
mod worker_stub;

#[cfg(target_arch = "wasm32")]
pub use self::{
    callee::IntoRequest,
    entrypoint::Entrypoint,
    facet::{DurableObjectClass, Facet, Facets},
    loader::{EnvExt, WorkerLoader},
    loopback::Loopback,
    worker_stub::WorkerStub,
};
