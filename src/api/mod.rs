//! What changes something: `PUT /config`, and the control API under `/client/v4`, in Cloudflare's shapes.
//!
//! A call is read into an [`Action`] and its names ([`Call`]), the holder of the token is found ([`Caller`]), and what is
//! no upload comes to a question to one Durable Object ([`plan`](plan::plan)): one file for each resource.

pub mod auth;
mod beside;
mod bindings;
mod call;
mod caller;
#[cfg(target_arch = "wasm32")]
pub mod config;
mod deployments;
mod namespaces;
pub mod plan;
pub mod query;
mod resource;
mod scripts;
mod secrets;
#[cfg(target_arch = "wasm32")]
mod serve;
mod settings;
mod tags;
mod tokens;
mod versions;

pub use call::{Call, ROOT};
pub use caller::Caller;
pub use resource::{Action, RESOURCES, Resource};
#[cfg(target_arch = "wasm32")]
pub use serve::{Found, Scope, serve};
