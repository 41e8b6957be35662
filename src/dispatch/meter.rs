//! How much a namespace has of something in a minute, such as requests. Each isolate counts its own, and hears of the others' from the namespace's
//! object now and then, after it has answered: nobody waits for that.

/// How long what was told may be out of date, in milliseconds. Until then isolates do not know of each other.
const TELL_MS: f64 = 500.0;

const MINUTE_MS: f64 = 60_000.0;

/// A namespace's minute, as this isolate knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meter {
    minute: u64,
    /// Of all isolates, as it was told last.
    total: u64,
    /// Of this one, since then.
    own: u64,
    told_ms: f64,
    is_telling: bool,
}

/// What becomes of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// It is one of those that there may be.
    Has,
    /// So it is, and the object is to be told of so many in this minute.
    HasAndTells(u64, u64),
    /// There were enough; the next minute begins in so many seconds.
    Had(u32),
}

impl Meter {
    /// So many, of so many a minute. The last of them may be more than there are.
    pub fn take(&mut self, now_ms: f64, limit: u64, count: u64) -> Share {
        let minute = (now_ms / MINUTE_MS) as u64;
        if self.minute != minute {
            *self = Self { minute, told_ms: self.told_ms, is_telling: self.is_telling, ..Self::default() };
        }
        if self.total + self.own >= limit {
            let left_ms = (minute + 1) as f64 * MINUTE_MS - now_ms;
            return Share::Had((left_ms / 1000.0).ceil().max(1.0) as u32);
        }
        self.own += count;
        // A clock that steps back makes it no longer.
        if self.is_telling || (0.0..TELL_MS).contains(&(now_ms - self.told_ms)) {
            return Share::Has;
        }
        (self.is_telling, self.told_ms) = (true, now_ms);
        Share::HasAndTells(minute, self.own)
    }

    /// The object was told of so many, and says how many there were of all; or it did not answer.
    pub fn told(&mut self, minute: u64, count: u64, total: Option<u64>) {
        self.is_telling = false;
        if let Some(total) = total.filter(|_| self.minute == minute) {
            self.total = total;
            self.own = self.own.saturating_sub(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: f64 = MINUTE_MS * 100.0 + 1000.0;

    #[test]
    fn so_many_a_minute_and_then_again() {
        let mut meter = Meter::default();
        assert_eq!(meter.take(NOW, 2, 1), Share::HasAndTells(100, 1));
        assert_eq!(meter.take(NOW + 1.0, 2, 1), Share::Has);
        assert_eq!(meter.take(NOW + 2.0, 2, 1), Share::Had(59));
        assert_eq!(meter.take(NOW + 58_999.5, 2, 1), Share::Had(1));
        assert_eq!(meter.take(NOW + 59_000.0, 2, 1), Share::Has, "still telling");
    }

    #[test]
    fn others_count_as_well_once_they_are_known() {
        let mut meter = Meter::default();
        assert_eq!(meter.take(NOW, 100, 1), Share::HasAndTells(100, 1));
        assert_eq!(meter.take(NOW, 100, 1), Share::Has);
        meter.told(100, 1, Some(99));
        assert_eq!(meter.take(NOW, 100, 1), Share::Had(59), "99 of all, and one of ours since");
        assert_eq!(meter.take(NOW, 102, 1), Share::Has);
        assert_eq!(meter.take(NOW + TELL_MS, 104, 1), Share::HasAndTells(100, 3));
    }

    #[test]
    fn a_clock_that_steps_back_keeps_nothing_from_the_others() {
        let mut meter = Meter::default();
        assert_eq!(meter.take(NOW, 100, 1), Share::HasAndTells(100, 1));
        meter.told(100, 1, Some(1));
        assert_eq!(meter.take(NOW - 50.0 * MINUTE_MS, 100, 1), Share::HasAndTells(50, 1));
    }

    #[test]
    fn an_object_that_does_not_answer_is_told_later() {
        let mut meter = Meter::default();
        assert_eq!(meter.take(NOW, 100, 1), Share::HasAndTells(100, 1));
        meter.told(100, 1, None);
        assert_eq!(meter.take(NOW + TELL_MS, 100, 1), Share::HasAndTells(100, 2));
        meter.told(99, 2, Some(1000));
        assert_eq!(meter.take(NOW + TELL_MS, 100, 1), Share::Has, "a minute that is over");
    }
}
