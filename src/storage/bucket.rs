//! A token bucket: so many at once, and then so many a minute, evenly.

const MINUTE_MS: f64 = 60_000.0;

/// What is left, and since when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// How many calls are left; fractions accrue until they make a whole one.
    pub tokens: f64,
    /// When that was counted, in Unix milliseconds.
    pub at_ms: f64,
}

impl Bucket {
    /// A full bucket.
    pub fn full(per_minute: u32, now_ms: f64) -> Self {
        Self { tokens: per_minute.into(), at_ms: now_ms }
    }

    /// Takes one. `Err` says in how many whole seconds there is one again, at least 1.
    ///
    /// A refusal leaves the bucket as it is, so that nothing has to be stored for it; but for a clock that has stepped
    /// back, which would lock it until it has caught up.
    ///
    /// A clock that steps back gives nothing at that moment; what it counts twice afterwards is at most a full bucket.
    ///
    /// # Errors
    /// When there is none left. A rate of 0 never has any; its answer is a minute.
    pub fn take(&mut self, per_minute: u32, now_ms: f64) -> Result<(), u32> {
        let rate = f64::from(per_minute) / MINUTE_MS;
        let passed = now_ms - self.at_ms;
        let tokens = (self.tokens + passed.max(0.0) * rate).min(per_minute.into());
        let taken = if tokens >= 1.0 {
            Ok(())
        } else if per_minute == 0 {
            Err(60)
        } else {
            Err((((1.0 - tokens) / rate / 1000.0).ceil() as u32).max(1))
        };
        if taken.is_ok() || passed < 0.0 {
            *self = Self { tokens: if taken.is_ok() { tokens - 1.0 } else { tokens }, at_ms: now_ms };
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn gives_what_there_is_and_says_when_there_is_more() {
        let mut bucket = Bucket::full(2, 0.0);
        assert_eq!(bucket.take(2, 0.0), Ok(()));
        assert_eq!(bucket.take(2, 0.0), Ok(()));
        assert_eq!(bucket.take(2, 0.0), Err(30));
        assert_eq!(bucket.take(2, 29_500.0), Err(1));
        assert_eq!(bucket.take(2, 30_000.0), Ok(()));
        assert_eq!(bucket.take(2, 10_000.0), Err(30), "a clock that steps back gives nothing");
    }

    #[test]
    fn a_refusal_changes_nothing_but_for_a_clock_that_stepped_back() {
        let mut bucket = Bucket { tokens: 0.5, at_ms: 1e9 };
        let before = bucket;
        assert_eq!(bucket.take(1, 1e9 + 1000.0), Err(29));
        assert_eq!(bucket, before);
        assert_eq!(bucket.take(1, 0.0), Err(30));
        assert_eq!(bucket.at_ms, 0.0, "or nobody was served for eleven days");
        assert_eq!(bucket.take(1, 30_000.0), Ok(()));
    }

    #[test]
    fn a_rate_of_nothing_is_nothing() {
        let mut bucket = Bucket::full(0, 0.0);
        assert_eq!(bucket.take(0, 1e12), Err(60));
    }

    #[test]
    fn a_lower_rate_counts_at_once() {
        let mut bucket = Bucket::full(100, 0.0);
        assert_eq!(bucket.take(1, 0.0), Ok(()));
        assert_eq!(bucket.take(1, 0.0), Err(60));
    }

    proptest! {
        /// However the calls come: in any time t, at most the rate times t and one bucket more; and who waits as long
        /// as the answer says is served.
        #[test]
        fn never_more_than_the_rate(rate in 1u32..500, steps in prop::collection::vec(0u32..5000, 1..300)) {
            let mut bucket = Bucket::full(rate, 0.0);
            let (mut now, mut given) = (0.0, 0.0);
            for step in steps {
                now += f64::from(step);
                match bucket.take(rate, now) {
                    Ok(()) => given += 1.0,
                    Err(seconds) => prop_assert!(bucket.clone().take(rate, now + f64::from(seconds) * 1000.0).is_ok()),
                }
                prop_assert!(given <= f64::from(rate) * (1.0 + now / MINUTE_MS) + 1e-6);
            }
        }
    }
}
