//! Which version runs when the one that should does not load.

/// What this isolate has seen of a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    #[default]
    Untried,
    /// It loaded.
    Loaded,
    /// It did not load, and never will: a version does not change.
    Failed,
}

/// A version, as far as this decision goes.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Its number among the script's versions.
    pub number: u64,
    /// Whether it is in the deployment.
    pub deployed: bool,
    /// What was seen of it.
    pub state: State,
    /// Whether this very request has tried it already.
    pub tried: bool,
}

/// The version to run in place of `wanted`, which this request has tried or which is known to fail. Those that serve
/// already come first, the newest before the others; then those that were live before it. One that is newer and not deployed
/// any more stands in for nothing: somebody has taken it back. `None` where there is none left: `wanted` itself is then
/// tried, as what it failed with is what the client should be told.
pub fn instead_of(wanted: usize, candidates: &[Candidate]) -> Option<usize> {
    let newest = candidates.get(wanted)?.number;
    let rank = |candidate: &Candidate| (candidate.deployed, candidate.number);
    let mut best: Option<usize> = None;
    for (at, candidate) in candidates.iter().enumerate() {
        let may = candidate.deployed || candidate.number < newest;
        let can = may && at != wanted && candidate.state != State::Failed && !candidate.tried;
        if can && best.is_none_or(|best| rank(candidate) > rank(&candidates[best])) {
            best = Some(at);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate(number: u64, deployed: bool, state: State) -> Candidate {
        Candidate { number, deployed, state, tried: false }
    }

    fn numbers(wanted: u64, candidates: &mut [Candidate]) -> Vec<u64> {
        let wanted = candidates.iter().position(|candidate| candidate.number == wanted).unwrap();
        std::iter::from_fn(|| {
            let next = instead_of(wanted, candidates)?;
            candidates[next].tried = true;
            Some(candidates[next].number)
        })
        .collect()
    }

    #[test]
    fn the_newest_that_is_live_comes_first_then_those_before_it() {
        use State::{Failed, Loaded, Untried};
        let mut split = [
            candidate(5, true, Failed),
            candidate(4, true, Untried),
            candidate(3, false, Loaded),
            candidate(2, false, Untried),
        ];
        assert_eq!(numbers(5, &mut split), [4, 3, 2]);
        let mut rolled_back = [candidate(5, true, Failed), candidate(6, false, Loaded), candidate(4, false, Untried)];
        assert_eq!(numbers(5, &mut rolled_back), [4], "6 was taken back");
        let mut all_bad = [candidate(5, true, Failed), candidate(4, false, Failed)];
        assert_eq!(numbers(5, &mut all_bad), [0; 0]);
        assert_eq!(instead_of(0, &[]), None);
    }

    proptest! {
        /// Requests end: whatever is known of the versions, each is tried once at most, and none that is known to fail.
        #[test]
        fn falling_back_ends(states in prop::collection::vec((0u64..20, any::<bool>(), 0u8..3), 1..12), wanted in 0usize..12) {
            let mut candidates: Vec<_> = states.iter().map(|(number, deployed, state)| {
                candidate(*number, *deployed, [State::Untried, State::Loaded, State::Failed][usize::from(*state)])
            }).collect();
            let wanted = wanted % candidates.len();
            let mut tries = 0;
            while let Some(next) = instead_of(wanted, &candidates) {
                prop_assert!(next != wanted && candidates[next].state != State::Failed && !candidates[next].tried);
                candidates[next].tried = true;
                tries += 1;
                prop_assert!(tries < candidates.len());
            }
        }
    }
}
