//! Tags of scripts, and the filter of a list by them.

use serde_json::Value;

use super::{Problem, problem};

const MOST: usize = 8;
const LONGEST: usize = 63;

/// Reads a list of tags. A tag that is there twice is there once.
///
/// # Errors
/// Every tag that cannot be one, and too many.
pub fn parse_list(tags: &Value) -> Result<Vec<String>, Vec<Problem>> {
    let Some(list) = tags.as_array() else {
        return Err(vec![Problem::new(problem::INVALID_TAG, "tags has to be a list of texts.")]);
    };
    let mut problems = Vec::new();
    let mut parsed: Vec<String> = Vec::new();
    for tag in list {
        match parse(tag.as_str().unwrap_or_default()) {
            Ok(tag) if !parsed.contains(&tag) => parsed.push(tag),
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if parsed.len() > MOST {
        let message = format!("A script has at most {MOST} tags; these are {}.", parsed.len());
        problems.push(Problem::new(problem::TOO_MANY_TAGS, message));
    }
    if problems.is_empty() { Ok(parsed) } else { Err(problems) }
}

/// Reads one tag.
///
/// # Errors
/// When it is empty, too long, or has a character that separates tags elsewhere.
pub fn parse(tag: &str) -> Result<String, Problem> {
    if tag.chars().count() > LONGEST {
        return Err(Problem::new(problem::TAG_TOO_LONG, format!("A tag has at most {LONGEST} characters: {tag:?}.")));
    }
    if tag.trim().is_empty() || tag.contains([',', '&']) || tag.chars().any(char::is_control) {
        let message = format!("A tag is a text without commas, ampersands and control characters: {tag:?} is none.");
        return Err(Problem::new(problem::INVALID_TAG, message));
    }
    Ok(tag.to_owned())
}

/// Reads a filter: `production:yes,staging:no`. The tag is all before the last colon.
///
/// # Errors
/// Every part that does not end in `:yes` or `:no`.
pub fn parse_filter(text: &str) -> Result<Vec<(String, bool)>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut filter = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        match part.rsplit_once(':') {
            Some((tag, "yes")) if !tag.is_empty() => filter.push((tag.to_owned(), true)),
            Some((tag, "no")) if !tag.is_empty() => filter.push((tag.to_owned(), false)),
            _ => {
                let message = format!("A filter is TAG:yes or TAG:no, several with commas between: {part:?} is none.");
                problems.push(Problem::new(problem::INVALID_TAG, message));
            }
        }
    }
    if problems.is_empty() { Ok(filter) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tags_are_few_short_and_without_separators() {
        assert_eq!(parse_list(&json!(["a", "b c", "a", "ü:1"])).unwrap(), ["a", "b c", "ü:1"]);
        let codes = |tags: Value| parse_list(&tags).unwrap_err().iter().map(|problem| problem.code).collect::<Vec<_>>();
        assert_eq!(codes(json!("a")), [problem::INVALID_TAG]);
        assert_eq!(codes(json!(["a,b", "a&b", "", " ", 5, "\u{1}"])), [problem::INVALID_TAG; 6]);
        assert_eq!(codes(json!(["x".repeat(64)])), [problem::TAG_TOO_LONG]);
        assert_eq!(codes(json!(["1", "2", "3", "4", "5", "6", "7", "8", "9"])), [problem::TOO_MANY_TAGS]);
    }

    #[test]
    fn a_filter_says_yes_or_no_of_each_tag() {
        let filter = parse_filter("production:yes,a:b:no").unwrap();
        assert_eq!(filter, [("production".to_owned(), true), ("a:b".to_owned(), false)]);
        assert_eq!(parse_filter("").unwrap(), []);
        assert_eq!(parse_filter("production,:yes,a:maybe").unwrap_err().len(), 3);
    }
}
