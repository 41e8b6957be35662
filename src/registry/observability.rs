//! What a script asks to be kept of what it does. It is stored for whoever reads it, so it has a form and an end.

use serde_json::Value;

const MOST_BYTES: usize = 4096;

/// What can be said of the whole, of `logs` and of `traces`; and whether it is a share, or else a boolean.
const FIELDS: [(&str, bool); 4] =
    [("enabled", false), ("head_sampling_rate", true), ("invocation_logs", false), ("persist", false)];

/// Everything that is wrong with it. Fields that are not known are kept: Cloudflare adds to them.
pub fn check(observability: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    part(observability, "observability", &mut wrong);
    for name in ["logs", "traces"] {
        let inner = &observability[name];
        if inner.is_object() {
            part(inner, &format!("observability.{name}"), &mut wrong);
        } else if !inner.is_null() {
            wrong.push(format!("observability.{name} has to be an object."));
        }
    }
    if observability.to_string().len() > MOST_BYTES {
        wrong.push(format!("observability is over {MOST_BYTES} bytes as JSON."));
    }
    wrong
}

fn part(value: &Value, what: &str, wrong: &mut Vec<String>) {
    for (field, is_share) in FIELDS {
        let value = &value[field];
        let right = if is_share {
            value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share))
        } else {
            value.is_boolean()
        };
        if !right && !value.is_null() {
            let wants = if is_share { "a number from 0 to 1" } else { "true or false" };
            wrong.push(format!("{what}.{field} has to be {wants}."));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_has_a_form_and_an_end() {
        for good in [
            json!({}),
            json!({ "enabled": true, "head_sampling_rate": 0.5, "traces": null, "later": 1 }),
            json!({ "enabled": false, "head_sampling_rate": 1, "logs": { "enabled": true, "invocation_logs": false } }),
        ] {
            assert_eq!(check(&good), Vec::<String>::new(), "{good}");
        }
        let bad = json!({ "enabled": "yes", "head_sampling_rate": 1.5, "logs": { "enabled": 1, "head_sampling_rate": -0.1 },
            "traces": [], "more": "x".repeat(MOST_BYTES) });
        assert_eq!(check(&bad).len(), 6, "{:?}", check(&bad));
        assert!(check(&json!({ "head_sampling_rate": "1" }))[0].starts_with("observability.head_sampling_rate"));
    }
}
