//! What the documents mean. Pure: no JavaScript, no waiting, no clock, no chance.

mod config;
mod etag;
pub mod guard;
mod name;
pub mod problem;
mod refusal;
pub mod rollout;
pub mod subject;

pub use config::{Config, Draft, MAX_CONFIG_BYTES, Stored};
pub use etag::Etag;
pub use name::{BUILTIN, Name};
pub use problem::Problem;
pub use refusal::Refusal;
