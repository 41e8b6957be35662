//! How old a copy of what storage holds is, and what a request does about it.

/// Longer than this storage is not waited for where there is a copy, in milliseconds.
pub const PATIENCE_MS: u32 = 250;

/// The age of a copy.
#[derive(Clone, Copy, Debug)]
pub struct Age {
    /// When the copy was asked for: it is of this moment, or of one later.
    copied_ms: f64,
    /// Since when it counts as a new one.
    taken_ms: f64,
    /// Somebody is taking it anew, since then.
    asked_ms: Option<f64>,
    /// How often it was said to be out of date.
    forgotten: u32,
    /// What `forgotten` was when the copy was asked for.
    known: u32,
    /// When storage did not answer, and this one had to do.
    stayed_ms: f64,
}

/// What a request does with the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Uses it.
    AsItIs,
    /// Uses it, and has it taken anew meanwhile.
    AndRefresh,
    /// Waits until it is taken anew.
    AfterRefresh,
}

/// A copy that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    /// When that was.
    pub asked_ms: f64,
    forgotten: u32,
}

impl Age {
    /// Of a copy that this ticket brought.
    pub fn of(ticket: Ticket) -> Self {
        let Ticket { asked_ms, forgotten } = ticket;
        Self {
            copied_ms: asked_ms,
            taken_ms: asked_ms,
            asked_ms: None,
            forgotten,
            known: forgotten,
            stayed_ms: f64::NEG_INFINITY,
        }
    }

    /// What a request does at this moment, where a copy may be `ttl_ms` old.
    ///
    /// A little before that one request has it taken anew by the way, so that under steady traffic nobody ever waits; the
    /// others use what there is meanwhile. From then on nobody uses it. With a `ttl_ms` of 0 there is no copy: each
    /// request asks.
    pub fn ask(&self, now_ms: f64, ttl_ms: u32) -> Use {
        let (age, ttl) = (now_ms - self.taken_ms, f64::from(ttl_ms));
        // A clock that steps back makes no copy younger.
        if self.known != self.forgotten || !(0.0..ttl).contains(&age) {
            Use::AfterRefresh
        } else if age < ttl - (ttl / 4.0).min(PATIENCE_MS.into()) || self.somebody_asks(now_ms, ttl_ms) {
            Use::AsItIs
        } else {
            Use::AndRefresh
        }
    }

    /// Whether somebody is taking it anew, and what that brings is no older than it may be.
    ///
    /// Promises belong to requests, so others cannot wait for it, but they can look now and then whether it is there.
    pub fn somebody_asks(&self, now_ms: f64, ttl_ms: u32) -> bool {
        self.asked_ms.is_some_and(|asked_ms| is_worth_waiting(asked_ms, now_ms, ttl_ms))
    }

    /// Whether storage failed only just now, and there is no use in asking again.
    pub fn has_just_stayed(&self, now_ms: f64) -> bool {
        (0.0..f64::from(PATIENCE_MS)).contains(&(now_ms - self.stayed_ms))
    }

    /// Notes that somebody takes it anew from now on.
    pub fn asking(&mut self, now_ms: f64) -> Ticket {
        self.asked_ms = Some(now_ms);
        // A copy of the future was taken before the clock stepped back: what is asked for now is newer.
        if self.copied_ms > now_ms {
            self.copied_ms = f64::NEG_INFINITY;
        }
        Ticket { asked_ms: now_ms, forgotten: self.forgotten }
    }

    /// Whether a copy that arrives, however late, is newer than this one.
    pub fn is_older_than(&self, ticket: Ticket) -> bool {
        self.copied_ms <= ticket.asked_ms
    }

    /// The copy that arrived takes the place of this one.
    pub fn arrived(&mut self, ticket: Ticket) {
        *self = Self { forgotten: self.forgotten, ..Self::of(ticket) };
    }

    /// None arrived, or not in time: this one has to do, and storage is left alone for as long as a copy lasts.
    pub fn stays(&mut self, now_ms: f64) {
        (self.taken_ms, self.asked_ms, self.known, self.stayed_ms) = (now_ms, None, self.forgotten, now_ms);
    }

    /// It is out of date, and so is what is on its way: the next request takes it anew.
    pub fn forget(&mut self) {
        self.forgotten += 1;
        self.asked_ms = None;
    }
}

impl Ticket {
    /// For the first copy of something.
    pub fn first(now_ms: f64) -> Self {
        Self { asked_ms: now_ms, forgotten: 0 }
    }
}

/// Whether what was asked for at `asked_ms` may still come, and will be no older than it may be.
pub fn is_worth_waiting(asked_ms: f64, now_ms: f64, ttl_ms: u32) -> bool {
    is_fresh(asked_ms, now_ms, ttl_ms.min(PATIENCE_MS))
}

/// Whether a copy taken at `taken_ms` may be used at `now_ms`. A clock that steps back makes no copy younger: it is
/// taken anew.
pub fn is_fresh(taken_ms: f64, now_ms: f64, ttl_ms: u32) -> bool {
    (0.0..f64::from(ttl_ms)).contains(&(now_ms - taken_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: u32 = 1000;

    fn taken_at(ms: f64) -> Age {
        Age::of(Ticket::first(ms))
    }

    #[test]
    fn a_copy_lasts_as_long_as_it_may() {
        let age = taken_at(5000.0);
        for (now, expected) in [
            (5000.0, Use::AsItIs),
            (5749.0, Use::AsItIs),
            (5750.0, Use::AndRefresh),
            (5999.0, Use::AndRefresh),
            (6000.0, Use::AfterRefresh),
            (4999.0, Use::AfterRefresh),
        ] {
            assert_eq!(age.ask(now, TTL), expected, "{now}");
        }
        assert_eq!(age.ask(5000.0, 0), Use::AfterRefresh, "no copy at all");
        assert!(is_fresh(5000.0, 5999.0, TTL) && !is_fresh(5000.0, 6000.0, TTL) && !is_fresh(5000.0, 4999.0, TTL));
    }

    #[test]
    fn one_asks_before_it_is_too_old_and_the_others_use_what_there_is() {
        let mut age = taken_at(5000.0);
        let ticket = age.asking(5800.0);
        assert_eq!(age.ask(5800.0, TTL), Use::AsItIs);
        assert_eq!(age.ask(5999.0, TTL), Use::AsItIs);
        assert_eq!(age.ask(5801.0, 0), Use::AfterRefresh, "but where there are to be no copies, each asks");
        age.arrived(ticket);
        assert_eq!(age.ask(6549.0, TTL), Use::AsItIs, "it is as old as the question");
        assert_eq!(age.ask(6550.0, TTL), Use::AndRefresh);
        assert_eq!(age.ask(6800.0, TTL), Use::AfterRefresh);
    }

    #[test]
    fn one_that_is_too_old_is_used_by_nobody_whoever_asks() {
        let mut age = taken_at(5000.0);
        let _first = age.asking(7000.0);
        for (now, somebody) in [(7000.0, true), (7249.0, true), (7250.0, false), (6999.0, false)] {
            assert_eq!((age.ask(now, TTL), age.somebody_asks(now, TTL)), (Use::AfterRefresh, somebody), "{now}");
        }
        assert!(!age.somebody_asks(7000.0, 0), "what it brings would be a copy");
        assert!(age.somebody_asks(7019.0, 20) && !age.somebody_asks(7020.0, 20), "or too old");
        age.forget();
        assert!(!age.somebody_asks(7001.0, TTL), "it was asked for before the change");
    }

    #[test]
    fn a_long_time_is_no_reason_to_ask_early() {
        let age = taken_at(0.0);
        for (now, ttl_ms, expected) in [
            (59_749.0, 60_000, Use::AsItIs),
            (59_750.0, 60_000, Use::AndRefresh),
            (299.0, 400, Use::AsItIs),
            (300.0, 400, Use::AndRefresh),
        ] {
            assert_eq!(age.ask(now, ttl_ms), expected, "{now} of {ttl_ms}");
        }
    }

    #[test]
    fn a_copy_that_has_to_do_lasts_as_a_new_one() {
        let mut age = taken_at(5000.0);
        let late = age.asking(7000.0);
        age.stays(7250.0);
        assert_eq!(age.ask(7999.0, TTL), Use::AsItIs);
        assert_eq!(age.ask(8250.0, TTL), Use::AfterRefresh);
        assert!(age.has_just_stayed(7250.0) && age.has_just_stayed(7499.0) && !age.has_just_stayed(7500.0));
        assert!(!taken_at(5000.0).has_just_stayed(5000.0));
        assert!(age.is_older_than(late), "and is replaced when the answer comes after all");
    }

    #[test]
    fn what_is_out_of_date_is_used_by_nobody() {
        let mut age = taken_at(5000.0);
        let on_its_way = age.asking(5800.0);
        age.forget();
        assert_eq!(age.ask(5801.0, TTL), Use::AfterRefresh);
        age.arrived(on_its_way);
        assert_eq!(age.ask(5802.0, TTL), Use::AfterRefresh, "it was asked for before");
        let ticket = age.asking(5803.0);
        age.arrived(ticket);
        assert_eq!(age.ask(5804.0, TTL), Use::AsItIs);
    }

    #[test]
    fn after_a_clock_that_stepped_back_a_copy_is_taken_anew_and_kept() {
        let mut age = taken_at(90_000.0);
        assert_eq!(age.ask(5000.0, TTL), Use::AfterRefresh);
        let ticket = age.asking(5000.0);
        assert!(age.is_older_than(ticket));
        age.arrived(ticket);
        assert_eq!(age.ask(5001.0, TTL), Use::AsItIs);
    }

    #[test]
    fn answers_that_overtake_each_other_do_not_go_back() {
        let mut age = taken_at(5000.0);
        let (first, second) = (age.asking(7000.0), age.asking(7001.0));
        assert!(age.is_older_than(second));
        age.arrived(second);
        assert!(!age.is_older_than(first));
    }
}
