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
    fn the_value_is_known_by_its_beginning_and_stored_as_a_digest() {
        let value = value(&[7; 20]);
        assert!(value.starts_with("dlt_0707") && value.len() == 44);
        assert_eq!(hash(&value).len(), 64);
        assert_ne!(hash(&value), hash("dlt_"));
    }
}
