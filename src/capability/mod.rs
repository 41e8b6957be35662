//! What dynamic workers are given, beside what their code has: each is an entrypoint of ours, a class in a file of its
//! own, with nothing else on it.

#[cfg(target_arch = "wasm32")]
pub mod outbound;
