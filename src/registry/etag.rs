//! ETags: which revision a document is, and which one a change is meant for.

/// The revision of a stored document, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Etag(pub u32);

impl std::fmt::Display for Etag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

impl Etag {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix('"')?.strip_suffix('"')?.parse().ok().map(Self)
    }

    /// Whether an `If-Match` header lets a change of this revision pass (RFC 9110, 13.1.1): by strong comparison, so
    /// a weak tag never does; `*` always does.
    pub fn is_matched_by(self, if_match: &str) -> bool {
        let mine = self.to_string();
        if_match.trim() == "*" || if_match.split(',').any(|tag| tag.trim() == mine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_strongly() {
        let third = Etag(3);
        assert_eq!(third.to_string(), "\"3\"");
        assert_eq!(Etag::parse("\"3\""), Some(third));
        assert_eq!(Etag::parse("W/\"3\""), None);
        for passes in ["\"3\"", " \"3\" ", "\"2\", \"3\"", "*", " * "] {
            assert!(third.is_matched_by(passes), "{passes}");
        }
        for fails in ["", "3", "\"33\"", "W/\"3\"", "\"2\"", "\"2\",\"4\"", "**"] {
            assert!(!third.is_matched_by(fails), "{fails}");
        }
    }
}
