//! Numbers as Prometheus reads them: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use serde_json::Value;

/// What such a text is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A number that goes up and down.
#[derive(Clone, Copy, Debug)]
pub struct Gauge {
    /// Its name, with its unit.
    pub name: &'static str,
    /// What it tells.
    pub help: &'static str,
    /// The field of a row that has it, or of an object in that.
    pub field: &'static [&'static str],
}

/// The gauges of rows, each with the name of its namespace; what a row does not have is not told. A namespace's name has nothing in
/// it that would have to be escaped.
pub fn written(gauges: &[Gauge], rows: &[(String, Value)]) -> String {
    let mut text = String::new();
    for Gauge { name, help, field } in gauges {
        text.push_str(&["# HELP ", name, " ", help, "\n# TYPE ", name, " gauge\n"].concat());
        for (namespace, row) in rows {
            if let Some(number) = field.iter().fold(row, |row, name| &row[*name]).as_u64() {
                text.push_str(&[name, "{namespace=\"", namespace, "\"} ", &number.to_string(), "\n"].concat());
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_there_is_is_told() {
        let gauges = [
            Gauge { name: "a_bytes", help: "Of a.", field: &["a"] },
            Gauge { name: "b", help: "Of b.", field: &["b", "c"] },
        ];
        let rows =
            [("one".to_owned(), json!({ "a": 5, "b": { "c": 7 } })), ("two".to_owned(), json!({ "a": 0, "b": null }))];
        let expected = "# HELP a_bytes Of a.\n# TYPE a_bytes gauge\na_bytes{namespace=\"one\"} 5\na_bytes{namespace=\"two\"} 0\n\
                        # HELP b Of b.\n# TYPE b gauge\nb{namespace=\"one\"} 7\n";
        assert_eq!(written(&gauges, &rows), expected);
    }
}
