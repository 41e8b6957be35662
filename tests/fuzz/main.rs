//! What decides whose a request is and under which name something is kept, fed what nobody writes. `make test` does it a fixed number
//! of times from a fixed seed, `make fuzz` as often and from whatever seed it is told: `FUZZ_TIMES`, `FUZZ_SEED`. tests/fuzz/*.mjs are
//! the same for what is JavaScript.
//!
//! With proptest, as all property tests here: cargo-fuzz takes a nightly compiler, and the functions are small and pure, so that
//! inputs made of the pieces that mean something to them reach all of their branches.

mod hosts;
mod keys;
mod manifests;
mod routes;

use proptest::{prelude::*, sample::select, test_runner::RngSeed};

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// So many inputs, or so many times that.
fn runs(usual: u32) -> ProptestConfig {
    ProptestConfig {
        cases: usual.saturating_mul(from_env("FUZZ_TIMES", 1) as u32),
        rng_seed: RngSeed::Fixed(from_env("FUZZ_SEED", 1)),
        // What was found is put into the corpus, or into a test of its own, by hand.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Text that is put together from these pieces, and now and then from anything.
fn text_of(pieces: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![12 => select(pieces).prop_map(str::to_owned), 1 => "\\PC{0,3}", 1 => "[ -~]{0,3}"];
    prop::collection::vec(piece, 0..most).prop_map(|pieces| pieces.concat())
}

/// A line of a corpus with some of its characters gone, others doubled, and one of the pieces somewhere.
fn changed(lines: &'static str, pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let lines: Vec<_> = lines.lines().filter(|line| !line.is_empty()).collect();
    let at = || prop::option::of(any::<prop::sample::Index>());
    (select(lines), at(), at(), at(), select(pieces)).prop_map(|(line, gone, twice, put, piece)| {
        let mut chars: Vec<_> = line.chars().collect();
        if let Some(at) = gone {
            chars.remove(at.index(chars.len()));
        }
        if let Some(at) = twice.filter(|_| !chars.is_empty()) {
            let at = at.index(chars.len());
            chars.insert(at, chars[at]);
        }
        if let Some(at) = put {
            let at = at.index(chars.len() + 1);
            chars.splice(at..at, piece.chars());
        }
        chars.into_iter().collect()
    })
}
