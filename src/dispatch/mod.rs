//! How a dynamic worker is run: which script and which version, the call, and what is known of how it went.

mod age;
mod choice;
mod code;
mod failure;
mod fallback;
mod recent;
mod recorder;
mod snapshot;
mod target;

pub use recorder::{Health, Recorder};
pub use target::{Hosts, Place, Target, place};

#[cfg(target_arch = "wasm32")]
mod incident;
#[cfg(target_arch = "wasm32")]
mod isolate;
#[cfg(target_arch = "wasm32")]
mod note;
#[cfg(target_arch = "wasm32")]
mod operator;
#[cfg(target_arch = "wasm32")]
mod own;
#[cfg(target_arch = "wasm32")]
mod refresh;
#[cfg(target_arch = "wasm32")]
mod run;
#[cfg(target_arch = "wasm32")]
mod running;
#[cfg(target_arch = "wasm32")]
mod script;

#[cfg(target_arch = "wasm32")]
pub use self::{
    isolate::{forget, forget_namespace, health, record},
    operator::hosts,
    own::{Own, Read, Reading, run_once},
    run::{Trip, failed, loaded},
};
