//! What the documents mean. Pure: no JavaScript, no waiting, no clock, no chance.

pub mod binding;
mod config;
pub mod deployment;
mod etag;
mod fields;
pub mod guard;
pub mod limits;
pub mod manifest;
pub mod metadata;
mod name;
mod observability;
pub mod outbound;
mod page;
pub mod part;
pub mod problem;
mod refusal;
pub mod rollout;
pub mod script;
pub mod service;
pub mod settings;
mod shape;
pub mod subject;
pub mod tag;
pub mod token;
mod uuid;
pub mod vault;
pub mod version;

pub use config::{Config, Draft, MAX_CONFIG_BYTES, Stored};
pub use etag::Etag;
pub use fields::Fields;
pub use name::{BUILTIN, Name, PATTERNS, is_name};
pub use page::Page;
pub use problem::Problem;
pub use refusal::Refusal;
pub use shape::shape;
pub use uuid::{hex, is_hex, uuid};
