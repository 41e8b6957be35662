//! What outlives an isolate: the Durable Objects, each with a file.

mod bucket;

pub use bucket::Bucket;

#[cfg(target_arch = "wasm32")]
mod config_store;
#[cfg(target_arch = "wasm32")]
mod db;
#[cfg(target_arch = "wasm32")]
mod directory;
#[cfg(target_arch = "wasm32")]
mod limiter;
#[cfg(target_arch = "wasm32")]
mod namespace;
#[cfg(target_arch = "wasm32")]
mod object;
#[cfg(target_arch = "wasm32")]
mod script;

#[cfg(target_arch = "wasm32")]
pub use self::{
    config_store::{ConfigStore, read_config, write_config},
    directory::Directory,
    limiter::{Limiter, admit, look},
    namespace::Namespace,
    object::{answered, ask, call},
    script::Script,
};
