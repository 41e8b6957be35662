//! Names of namespaces and scripts.

use super::{Problem, problem};

/// The namespace that holds our own scripts. Nobody can make it, and `/dispatch` does not lead there.
pub const BUILTIN: &str = "builtin";

/// The namespaces of the patterns, whose scripts are at `/{namespace}/{script}/*` too; and whether a path that ends with the
/// script's name is the script's as well. With a slash at its end it always is.
pub const PATTERNS: &[(&str, bool)] =
    &[("tenant", false), ("feature", true), ("test", true), ("tunnel", false), ("service", false), ("plugin", false)];

/// 1 to 63 of `a-z`, `0-9`, `-` and `_`: what can stand in a path and in a key as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Reads a name. `what` it names is for the message: "script", "namespace".
    ///
    /// # Errors
    /// When it cannot be one.
    pub fn parse(what: &str, text: &str) -> Result<Self, Problem> {
        if is_name(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::new(
            problem::INVALID_NAME,
            format!("{text:?} cannot be the name of a {what}: use 1 to 63 of a-z, 0-9, - and _."),
        ))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Whether it can be one.
pub fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_short_and_plain() {
        let longest = "a".repeat(63);
        for good in ["a", "0", "-", "_", "tenant-1_b", &longest] {
            assert_eq!(Name::parse("script", good).unwrap().as_str(), good);
        }
        let over = "a".repeat(64);
        for bad in ["", "A", "a.b", "a/b", "ä", " a", "a@b", "..", &over] {
            let problem = Name::parse("script", bad).unwrap_err();
            assert_eq!(problem.code, problem::INVALID_NAME, "{bad}");
            assert!(problem.message.contains("script"), "{}", problem.message);
        }
    }

    proptest! {
        /// A name can stand in a path, in a host name's label, in an R2 key and in a Durable Object's name.
        #[test]
        fn a_name_needs_no_escaping(text in "\\PC{0,70}") {
            if let Ok(name) = Name::parse("script", &text) {
                prop_assert!(name.as_str().len() < 64 && !name.as_str().contains(['/', '.', '%', '?', '#', '@']));
            }
        }
    }
}
