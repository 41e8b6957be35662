//! JavaScript of our own that Rust calls, and classes of the platform that the `worker` crate lacks.

pub(crate) mod assets;
mod body;
pub(crate) mod dispatch;
mod durable;
pub(crate) mod pattern;
pub(crate) mod telemetry;
pub(crate) mod ui;
pub(crate) mod upload;

pub(crate) use body::read_text;
pub(crate) use durable::{Bucket, Cursor, Sql, Storage};
