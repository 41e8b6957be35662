//! What changes something: `PUT /config`, and the control API under `/client/v4`, in Cloudflare's shapes.
//!
//! Each file of a resource is a table of its paths and methods, most of which are a question to one Durable Object.
//! [`Call`] finds the row and the names in the path, [`auth`] finds the [`Caller`], [`plan`] makes the operation.

#[cfg(target_arch = "wasm32")]
pub mod assets;
pub mod auth;
pub mod beside;
mod bindings;
mod call;
mod caller;
#[cfg(target_arch = "wasm32")]
pub mod config;
#[cfg(target_arch = "wasm32")]
mod content;
mod deployments;
#[cfg(target_arch = "wasm32")]
mod explain;
mod namespaces;
mod outbound;
pub mod plan;
pub mod query;
mod queues;
mod resource;
#[cfg(target_arch = "wasm32")]
mod run;
#[cfg(target_arch = "wasm32")]
mod scrape;
mod scripts;
mod secrets;
#[cfg(target_arch = "wasm32")]
mod serve;
mod settings;
#[cfg(target_arch = "wasm32")]
mod stored;
mod stores;
mod tags;
#[cfg(target_arch = "wasm32")]
mod tail;
mod telemetry;
mod tokens;
#[cfg(target_arch = "wasm32")]
mod uploads;
mod versions;

pub use call::{Call, RESOURCES, ROOT};
pub use caller::Caller;
pub use resource::{Action, Does, From, Question, Resource, Whom};
#[cfg(target_arch = "wasm32")]
pub use scrape::scrape;
#[cfg(target_arch = "wasm32")]
pub use serve::{Found, Scope, call, serve, text};
#[cfg(target_arch = "wasm32")]
pub use tail::listen;
