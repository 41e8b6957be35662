//! An upload before it is a version: received, and tried in a sandbox; and the bundles that are kept of it.
//!
//! The bytes of modules stay in JavaScript: what is here are their names, digests and what is wrong with them.

mod key;

pub use key::{Place, bundle_key, map_key};

#[cfg(target_arch = "wasm32")]
mod kept;
#[cfg(target_arch = "wasm32")]
mod received;
#[cfg(target_arch = "wasm32")]
mod sandbox;

#[cfg(target_arch = "wasm32")]
pub use self::{
    kept::{Kept, content, read_bundle},
    received::{Received, document, receive},
    sandbox::Checked,
};
