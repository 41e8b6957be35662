//! What dynamic workers serve, one file a pattern, its JavaScript beside it.

pub mod config;
pub mod dynamic;
pub mod metrics;
