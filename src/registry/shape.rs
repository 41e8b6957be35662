//! Documents made of others: which field of the one is which of the other is data, and not code.

use serde_json::Value;

/// The document of this shape: JSON, in which a text `=a.b` stands for the field `b` of the field `a` of `from`, `=0` for
/// what a list has at that place, and `=` for all of it. What is not there is `null`.
///
/// # Panics
/// When the shape is no JSON. It is never anybody's but ours.
pub fn shape(shape: &str, from: &Value) -> Value {
    let mut shape = serde_json::from_str(shape).expect("a shape is JSON");
    fill(&mut shape, from);
    shape
}

fn fill(value: &mut Value, from: &Value) {
    match value {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix('=') {
                let mut found = from;
                for step in path.split('.').filter(|step| !step.is_empty()) {
                    found = match found {
                        Value::Array(list) => {
                            step.parse::<usize>().ok().and_then(|at| list.get(at)).unwrap_or(&Value::Null)
                        }
                        found => &found[step],
                    };
                }
                *value = found.clone();
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| fill(value, from)),
        Value::Object(map) => map.values_mut().for_each(|value| fill(value, from)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_where_the_shape_says() {
        let from = json!({ "a": { "b/c": 1 }, "rows": [[7, "=a"]], "text": "=rows" });
        let made = shape(
            r#"{"x":{"y":"=a.b/c","z":["=rows.0.1","=rows.0.0","=gone.b"]},"t":"=text","plain":"a=b","n":5}"#,
            &from,
        );
        assert_eq!(shape(r#"["="]"#, &json!(5)), json!([5]));
        assert_eq!(
            made,
            json!({ "x": { "y": 1, "z": ["=a", 7, null] }, "t": "=rows", "plain": "a=b", "n": 5 }),
            "what is put in stays as it is"
        );
    }
}
