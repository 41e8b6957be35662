//! How a dynamic worker is run: which version, the call, and what is known of how it went.

mod age;
mod choice;
mod code;
mod fallback;
mod live;
mod recorder;
mod snapshot;
pub mod target;
mod version;

pub use age::is_fresh;
pub use live::Live;
pub use recorder::{Health, Recorder};
pub use version::Version;

#[cfg(target_arch = "wasm32")]
mod isolate;
#[cfg(target_arch = "wasm32")]
mod note;
#[cfg(target_arch = "wasm32")]
mod run;

#[cfg(target_arch = "wasm32")]
pub use self::{
    isolate::{deploy, deployed, health, record},
    run::{failed, loaded, run, run_once},
};
