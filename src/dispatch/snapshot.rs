//! How old a copy of what storage holds may be.

/// Whether a copy taken at `taken_ms` may be used at `now_ms`. A clock that steps back makes no copy younger: it is
/// taken anew.
pub fn is_fresh(taken_ms: f64, now_ms: f64, ttl_ms: u32) -> bool {
    (0.0..f64::from(ttl_ms)).contains(&(now_ms - taken_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_lasts_as_long_as_it_may() {
        assert!(is_fresh(1000.0, 1000.0, 1));
        assert!(is_fresh(1000.0, 1999.0, 1000));
        assert!(!is_fresh(1000.0, 2000.0, 1000));
        assert!(!is_fresh(1000.0, 1000.0, 0), "no copy at all");
        assert!(!is_fresh(1000.0, 999.0, 1000), "taken in the future");
    }
}
