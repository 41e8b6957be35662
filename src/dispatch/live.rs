//! Which version of a script serves: the newest, or the last good one where the newest does not load.

/// What is deployed of one script, and what is known of it in this isolate.
#[derive(Clone, Debug)]
pub struct Live<V> {
    current: V,
    state: State,
    last_good: Option<V>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Untried,
    Loaded,
    Failed,
}

/// The version to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice<'a, V> {
    /// The version.
    pub version: &'a V,
    /// The newer version that should run and does not load.
    pub in_place_of: Option<&'a V>,
}

impl<V: PartialEq + Clone> Live<V> {
    /// A script whose first version this is.
    pub fn new(version: V) -> Self {
        Self { current: version, state: State::Untried, last_good: None }
    }

    /// Puts a version live. One that was seen to load stays behind as the last good one.
    pub fn deploy(&mut self, version: V) {
        if version == self.current {
            return;
        }
        let previous = std::mem::replace(&mut self.current, version);
        if self.state == State::Loaded {
            self.last_good = Some(previous);
        }
        self.state = if self.last_good.as_ref() == Some(&self.current) { State::Loaded } else { State::Untried };
    }

    /// The version to run now. With no good one to fall back to, the current one is tried again: it may have failed
    /// for a reason that passes.
    pub fn choose(&self) -> Choice<'_, V> {
        match (&self.last_good, self.state) {
            (Some(good), State::Failed) => Choice { version: good, in_place_of: Some(&self.current) },
            _ => Choice { version: &self.current, in_place_of: None },
        }
    }

    /// The version that this is true of, where it is still known.
    pub fn find(&self, is: impl Fn(&V) -> bool) -> Option<&V> {
        std::iter::once(&self.current).chain(&self.last_good).find(|version| is(version))
    }

    /// A version was seen to load.
    pub fn loaded(&mut self, version: &V) {
        if *version == self.current {
            self.state = State::Loaded;
        }
    }

    /// A version did not load. Says whether there is another to try.
    pub fn failed(&mut self, version: &V) -> bool {
        if self.last_good.as_ref() == Some(version) {
            self.last_good = None;
        }
        if *version == self.current {
            self.state = State::Failed;
        }
        self.choose().version != version
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_version_that_does_not_load_leaves_the_last_good_one_serving() {
        let mut live = Live::new(1);
        live.loaded(&1);
        live.deploy(2);
        assert_eq!(live.choose(), Choice { version: &2, in_place_of: None });
        assert!(live.failed(&2), "there is 1 to try");
        assert_eq!(live.choose(), Choice { version: &1, in_place_of: Some(&2) });
        live.deploy(3);
        assert_eq!(live.choose(), Choice { version: &3, in_place_of: None });
        assert!(live.failed(&3));
        assert_eq!(live.choose(), Choice { version: &1, in_place_of: Some(&3) }, "2 was never good");
    }

    #[test]
    fn without_a_good_one_there_is_none_to_try() {
        let mut live = Live::new(1);
        assert!(!live.failed(&1));
        assert_eq!(live.choose(), Choice { version: &1, in_place_of: None });
        live.deploy(2);
        assert!(!live.failed(&2), "1 was never seen to load");
    }

    #[test]
    fn a_good_one_that_fails_as_well_is_given_up() {
        let mut live = Live::new(1);
        live.loaded(&1);
        live.deploy(2);
        assert!(live.failed(&2));
        assert!(live.failed(&1), "the newest is tried again");
        assert_eq!(live.choose().version, &2);
        assert!(!live.failed(&2), "and that is the end of it");
    }

    #[test]
    fn news_of_an_older_version_change_nothing() {
        let mut live = Live::new(1);
        live.loaded(&1);
        live.deploy(2);
        live.loaded(&2);
        assert!(live.failed(&1), "a request that was under way on 1 goes to 2");
        assert_eq!(live.choose(), Choice { version: &2, in_place_of: None });
    }

    proptest! {
        /// Requests end: whatever happened before, failing over stops after two steps at most.
        #[test]
        fn falling_back_ends(steps in prop::collection::vec((0u8..3, 0u8..4), 0..40)) {
            let mut live = Live::new(0);
            for (what, version) in steps {
                match what {
                    0 => live.deploy(version),
                    1 => live.loaded(&version),
                    _ => { live.failed(&version); }
                }
            }
            let mut tries = 1;
            let mut version = *live.choose().version;
            while live.failed(&version) {
                version = *live.choose().version;
                tries += 1;
            }
            prop_assert!(tries <= 3);
        }
    }
}
