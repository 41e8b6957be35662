//! What dynamic workers serve, one file a pattern, its JavaScript beside it.
//!
//! [`config`], [`dynamic`] and [`metrics`] are scripts of our own. The others are in a [`table`]: their workers are made by a
//! call, of a document, and are scripts of a namespace.

pub mod config;
pub mod dynamic;
mod feature;
pub mod job;
#[cfg(target_arch = "wasm32")]
mod manage;
pub mod metrics;
mod plugin;
mod service;
pub mod table;
mod tenant;
mod test;
mod tunnel;

#[cfg(target_arch = "wasm32")]
pub use manage::serve;
