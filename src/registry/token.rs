//! API tokens: who may do what in which namespaces.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Problem, fields::Fields, hex, problem, shape};

/// What every token of ours begins with, so that it is known as one wherever it turns up.
pub const PREFIX: &str = "dlt_";

/// Random bytes as the text of a token.
pub fn value(bytes: &[u8; 20]) -> String {
    let mut value = PREFIX.to_owned();
    value.push_str(&hex(bytes));
    value
}

/// What is stored of a token. It is as random as its digest, so a plain one is enough.
pub fn hash(value: &str) -> String {
    hex(&Sha256::digest(value))
}

/// Reads what a new token shall be: `{name, permission: "read"|"write", namespaces: [NAME]|"*", expires_on}`.
/// `time` reads an ISO 8601 time as Unix milliseconds.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(body: &Value, now_ms: f64, time: &dyn Fn(&str) -> Option<f64>) -> Result<Value, Vec<Problem>> {
    let mut fields = Fields::new(body, "The token", "", problem::MALFORMED);
    let name = fields.text("name").unwrap_or_default();
    if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        fields.wrong("name has to be a text of 1 to 100 characters.".to_owned());
    }
    fields.one_of("permission", &["read", "write"]);
    if fields.get("permission").is_none() {
        fields.wrong("permission is missing: read or write.".to_owned());
    }
    let right = match fields.get("namespaces") {
        Some(Value::Array(names)) => !names.is_empty() && names.iter().all(Value::is_string),
        other => other.is_some_and(|all| all == "*"),
    };
    if !right {
        fields.wrong("namespaces has to be \"*\", or a list of names that is not empty.".to_owned());
    }
    let expires_on = fields.text("expires_on");
    if expires_on.is_some_and(|text| time(text).is_none_or(|at| at <= now_ms)) {
        fields.wrong("expires_on has to be a time to come, such as 2030-01-31T00:00:00Z.".to_owned());
    }
    let token = shape(
        r#"{"name":"=name","permission":"=permission","namespaces":"=namespaces","expires_on":"=expires_on"}"#,
        body,
    );
    if fields.problems.is_empty() { Ok(token) } else { Err(fields.problems) }
}

/// Whether it is written as a time of ISO 8601 with its zone, `2030-01-31T00:00:00Z`: other texts are read as this or that.
pub fn is_time(text: &str) -> bool {
    let like = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(b, form)| if form == b'0' { b.is_ascii_digit() } else { b == form })
    };
    let (Some(start), Some(rest)) = (text.get(..19), text.get(19..)) else { return false };
    let zone = rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let fraction = rest.len() - zone.len();
    like(start, "0000-00-00T00:00:00")
        && (fraction == 0 || (2..=10).contains(&fraction))
        && (zone == "Z" || like(zone, "+00:00") || like(zone, "-00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(body: Value) -> Result<Value, Vec<Problem>> {
        parse(&body, 5.0, &|text| text.parse().ok())
    }

    #[test]
    fn a_token_says_what_it_may() {
        let token =
            parsed(json!({ "name": "ci", "permission": "write", "namespaces": ["a"], "expires_on": "6" })).unwrap();
        assert_eq!(token, json!({ "name": "ci", "permission": "write", "namespaces": ["a"], "expires_on": "6" }));
        assert!(parsed(json!({ "name": "ci", "permission": "read", "namespaces": "*" })).is_ok());
        assert_eq!(parsed(json!({})).unwrap_err().len(), 3);
        for (field, bad) in [
            ("name", json!("")),
            ("permission", json!("admin")),
            ("namespaces", json!("a")),
            ("namespaces", json!([])),
            ("namespaces", json!([5])),
            ("expires_on", json!("5")),
            ("expires_on", json!("soon")),
        ] {
            let mut body = json!({ "name": "ci", "permission": "read", "namespaces": "*" });
            body[field] = bad.clone();
            assert_eq!(parsed(body).unwrap_err().len(), 1, "{field} {bad}");
        }
    }

    #[test]
    fn a_time_is_one_of_iso_8601() {
        for good in ["2030-01-31T00:00:00Z", "2030-01-31T00:00:00.5Z", "2030-01-31T00:00:00.000+02:00"] {
            assert!(is_time(good), "{good}");
        }
        for bad in [
            "2030",
            "2030-01-31",
            "2030-01-31T00:00:00",
            "Jan 31 2030",
            "2030-01-31T00:00:00.Z",
            "2030-01-31T00:00:00Zé",
        ] {
            assert!(!is_time(bad), "{bad}");
        }
    }

    #[test]
    fn the_value_is_known_by_its_beginning_and_stored_as_a_digest() {
        let value = value(&[7; 20]);
        assert!(value.starts_with("dlt_0707") && value.len() == 44);
        assert_eq!(hash(&value).len(), 64);
        assert_ne!(hash(&value), hash("dlt_"));
    }
}
