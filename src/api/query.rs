//! What stands behind the `?`, and percent-encoding.

use crate::registry::{Problem, problem};

/// The query of a URL. What is wrong with it is gathered, to be told in one answer.
#[derive(Debug)]
pub struct Query<'a> {
    text: &'a str,
    /// What was wrong so far.
    pub problems: Vec<Problem>,
}

impl<'a> Query<'a> {
    /// The query of an absolute URL, as the runtime writes one.
    pub fn of(url: &'a str) -> Self {
        let url = url.split('#').next().unwrap_or_default();
        Self { text: url.split_once('?').map_or("", |(_, query)| query), problems: Vec::new() }
    }

    /// The first value under this name, decoded; one that cannot be is a problem.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let raw = self.text.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })?;
        let decoded = decode(&raw.replace('+', " "));
        if decoded.is_none() {
            self.wrong(name, "is not percent-encoded UTF-8");
        }
        decoded
    }

    /// A whole number of this range; without one, the default.
    pub fn number(&mut self, name: &str, default: u32, range: std::ops::RangeInclusive<u32>) -> u32 {
        let Some(text) = self.text(name) else { return default };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                self.wrong(name, &format!("has to be a whole number from {} to {}", range.start(), range.end()));
                default
            }
        }
    }

    /// `true` or `false`; without either, `false`. A name alone (`?force`) is `true`, too.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            Some("" | "true" | "1") => true,
            None | Some("false" | "0") => false,
            Some(_) => {
                self.wrong(name, "has to be true or false");
                false
            }
        }
    }

    fn wrong(&mut self, name: &str, what: &str) {
        self.problems.push(Problem::new(problem::MALFORMED, format!("The parameter {name} {what}.")));
    }
}

/// Percent-decodes once; nothing where that is not UTF-8, or a `%` has no two digits after it.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_parameters() {
        let mut query = Query::of("http://h/p?page=2&tags=a%3Ayes,b+c&force&off=false&per_page=#tags=x");
        assert_eq!(query.number("page", 1, 1..=10), 2);
        assert_eq!(query.number("limit", 25, 1..=100), 25);
        assert_eq!(query.text("tags").as_deref(), Some("a:yes,b c"));
        assert_eq!((query.flag("force"), query.flag("off"), query.flag("no")), (true, false, false));
        assert!(query.problems.is_empty());
    }

    #[test]
    fn tells_all_that_is_wrong() {
        let mut query = Query::of("http://h/?page=0&per_page=x&force=perhaps&tags=%ff&limit=%4");
        query.number("page", 1, 1..=10);
        query.number("per_page", 1, 1..=10);
        query.flag("force");
        query.text("tags");
        query.text("limit");
        let messages: Vec<_> = query.problems.into_iter().map(|problem| problem.message).collect();
        assert_eq!(messages.len(), 5, "{messages:?}");
        assert_eq!(messages[0], "The parameter page has to be a whole number from 1 to 10.");
        assert_eq!(messages[2], "The parameter force has to be true or false.");
    }

    #[test]
    fn decodes_once() {
        assert_eq!(decode("a%2520b").as_deref(), Some("a%20b"));
        assert_eq!(decode("%e2%82%AC").as_deref(), Some("€"));
        for bad in ["%", "%4", "%zz", "%ff", "%+1"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
