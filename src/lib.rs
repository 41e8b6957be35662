//! dynamic-loader: a Cloudflare Worker that creates other Workers while it runs.
//!
//! The map, in the order of its dependencies; nothing calls back up:
//!
//! - `entry`: what `entry.js` calls
//! - [`http`]: the edge, which routes
//! - [`api`]: what changes something; [`pattern`]: what serves something, each with its JavaScript beside it; [`ui`]
//! - [`capability`]: what dynamic workers are given, and how it is answered to them
//! - [`dispatch`]: which version runs, running it, and what is known of how that went
//! - [`upload`]: an upload before it is a version; bundles in R2
//! - [`storage`]: the Durable Objects
//! - `settings`, [`reply`] (where errors become responses), [`registry`] (what the documents mean): imported by all
//!
//! What needs JavaScript exists for `wasm32` only; the rest is the same code in native tests.

pub mod api;
pub mod capability;
pub mod dispatch;
#[cfg(target_arch = "wasm32")]
pub mod entry;
pub mod http;
pub mod pattern;
pub mod registry;
pub mod reply;
#[cfg(target_arch = "wasm32")]
pub mod settings;
pub mod storage;
#[cfg(target_arch = "wasm32")]
mod sys;
pub mod ui;
pub mod upload;
