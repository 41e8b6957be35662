//! Outbound secrets: what rules put into requests, and scripts never see.

use serde_json::{Value, json};

use crate::registry::{Fields, Problem, Refusal, problem};

/// A script, and a namespace, has so many.
pub const MOST: u64 = 50;

const LONGEST: usize = 4096;

/// Whether a secret can be called so.
pub fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Reads `{name, text}` as it is sent.
///
/// # Errors
/// Everything that is wrong with it, in which its value is not.
pub fn parse(body: &Value) -> Result<(&str, &str), Vec<Problem>> {
    let mut fields = Fields::new(body, "The secret", "", problem::MALFORMED);
    let (name, text) = (fields.text("name").unwrap_or_default(), fields.text("text").unwrap_or_default());
    if !is_name(name) {
        fields.wrong("name has to be 1 to 64 letters, digits and _, a digit not first.".to_owned());
    }
    if !is_text(text) {
        fields.wrong(format!(
            "text has to be 1 to {LONGEST} bytes of printable ASCII, without a space at its ends: it is a header's value."
        ));
    }
    if fields.problems.is_empty() { Ok((name, text)) } else { Err(fields.problems) }
}

/// There are as many as there can be.
pub fn too_many() -> Refusal {
    Refusal::api(
        400,
        problem::VALIDATION,
        format!("There are {MOST} outbound secrets, which is the most: delete some."),
    )
}

/// There is none of this name.
pub fn no_such(name: &Value) -> Refusal {
    Refusal::api(404, problem::NO_SUCH_BINDING, format!("There is no outbound secret {name}."))
}

/// What it is called where it is sealed: no binding can have that name, and so none can be taken for it.
pub fn at(name: &str) -> String {
    ["outbound\0", name].concat()
}

/// A secret as anybody may see it.
pub fn public(name: &Value) -> Value {
    json!({ "name": name })
}

fn is_text(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.trim() == text
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_a_value_of_a_header() {
        assert_eq!(parse(&json!({ "name": "API_KEY", "text": "s3cr3t+/=" })).unwrap(), ("API_KEY", "s3cr3t+/="));
        let longest = "x".repeat(LONGEST + 1);
        for text in ["", " hush", "hush ", "hush\r\nx: y", "hush\0", "hüsh", "\t", &longest] {
            let problems = parse(&json!({ "name": "A", "text": text })).unwrap_err();
            assert!(problems.len() == 1 && !problems[0].message.contains("hush"), "{text}");
        }
        for name in ["", "1A", "A-B", "A B", &"A".repeat(65)] {
            assert_eq!(parse(&json!({ "name": name, "text": "a" })).unwrap_err().len(), 1, "{name}");
        }
        assert_eq!(parse(&json!({ "name": 5 })).unwrap_err().len(), 3);
        assert_eq!(parse(&json!([])).unwrap_err().len(), 3);
        assert_eq!(public(&json!("A")), json!({ "name": "A" }));
        let binding = json!({ "name": at("A"), "type": "secret_text", "text": "x" });
        assert!(crate::registry::binding::check(&[binding]).is_err(), "no binding is called so");
    }
}
