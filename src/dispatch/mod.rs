//! How a dynamic worker is run: which script and which version, the call, and what is known of how it went.

pub mod age;
pub mod choice;
pub mod code;
pub mod explain;
pub mod failure;
pub mod fallback;
pub mod loaded;
pub mod meter;
pub mod recent;
pub mod snapshot;
pub mod target;

pub use target::{Hosts, Place, Target, place};

#[cfg(target_arch = "wasm32")]
mod allowance;
#[cfg(target_arch = "wasm32")]
mod asked;
#[cfg(target_arch = "wasm32")]
mod attempt;
#[cfg(target_arch = "wasm32")]
mod hosted;
#[cfg(target_arch = "wasm32")]
mod incident;
#[cfg(target_arch = "wasm32")]
mod isolate;
#[cfg(target_arch = "wasm32")]
mod known;
#[cfg(target_arch = "wasm32")]
mod leaving;
#[cfg(target_arch = "wasm32")]
mod live;
#[cfg(target_arch = "wasm32")]
mod namespace;
#[cfg(target_arch = "wasm32")]
mod note;
#[cfg(target_arch = "wasm32")]
mod operator;
#[cfg(target_arch = "wasm32")]
mod outcome;
#[cfg(target_arch = "wasm32")]
mod own;
#[cfg(target_arch = "wasm32")]
mod refresh;
#[cfg(target_arch = "wasm32")]
mod running;
#[cfg(target_arch = "wasm32")]
mod script;
#[cfg(target_arch = "wasm32")]
mod service;
#[cfg(target_arch = "wasm32")]
mod share;
#[cfg(target_arch = "wasm32")]
mod tally;
#[cfg(target_arch = "wasm32")]
mod trip;

#[cfg(target_arch = "wasm32")]
pub use self::{
    allowance::{Asked, denied},
    asked::explained,
    hosted::{Object, consumer, object},
    isolate::{forget, forget_namespace, loaded_workers},
    known::known,
    leaving::Leaving,
    operator::hosts,
    outcome::{failed, identity, loaded},
    own::{Own, Read, Reading, made_anew, run_once},
    service::service,
    trip::{Beside, Trip},
};
