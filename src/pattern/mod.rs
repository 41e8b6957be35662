//! What dynamic workers serve, one file a pattern, its JavaScript beside it.

pub mod config;
pub mod dynamic;
pub mod metrics;

/// The compatibility date of our own dynamic workers, unless the operator sets `DYNAMIC_COMPATIBILITY_DATE`.
pub const COMPATIBILITY_DATE: &str = "2026-07-01";
