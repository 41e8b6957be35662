//! Numbers as Prometheus reads them: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use serde_json::Value;

/// What such a text is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The same as OpenMetrics: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a number does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It goes up and down.
    Gauge,
    /// It only rises.
    Counter,
    /// A field of objects, of which each field is a counter with that name as the value of this label.
    Counters(&'static str),
    /// Requests by how long they took: `buckets`, `[seconds, count]` each, `requests`, `took_ms`.
    Histogram,
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, with its unit; of a counter without `_total`.
    pub name: &'static str,
    /// What it tells.
    pub help: &'static str,
    /// The field of a row that has it, or of an object in that.
    pub field: &'static [&'static str],
    /// What it does.
    pub kind: Kind,
    /// What of it makes one of its unit; a field may be in milliseconds where the metric is in seconds.
    pub divisor: u64,
}

impl Metric {
    /// A number that goes up and down.
    pub const fn gauge(name: &'static str, help: &'static str, field: &'static [&'static str]) -> Self {
        Self { name, help, field, kind: Kind::Gauge, divisor: 1 }
    }

    /// A number that only rises, in this unit.
    pub const fn counter(name: &'static str, help: &'static str, field: &'static [&'static str], divisor: u64) -> Self {
        Self { name, help, field, kind: Kind::Counter, divisor }
    }
}

/// The metrics of rows, each with its labels, such as `namespace="tenants"`; what a row does not have is not told. A name has nothing
/// in it that would have to be escaped.
pub fn write(text: &mut String, metrics: &[Metric], rows: &[(String, Value)], open: bool) {
    for metric in metrics {
        let Metric { name, help, field, kind, divisor } = *metric;
        let (told, suffix) = match kind {
            Kind::Gauge => ("gauge", ""),
            Kind::Counter | Kind::Counters(_) => ("counter", "_total"),
            Kind::Histogram => ("histogram", ""),
        };
        // The older of the two forms knows a counter by its whole name.
        let family = if open { name.to_owned() } else { [name, suffix].concat() };
        text.push_str(&["# HELP ", &family, " ", help, "\n# TYPE ", &family, " ", told, "\n"].concat());
        let mut line = |end: &str, labels: &str, more: &str, number: &str| {
            let comma = if more.is_empty() { "" } else { "," };
            text.push_str(&[name, end, "{", labels, comma, more, "} ", number, "\n"].concat());
        };
        for (labels, row) in rows {
            let value = field.iter().fold(row, |row, name| &row[*name]);
            match kind {
                Kind::Gauge | Kind::Counter => {
                    if let Some(number) = value.as_u64() {
                        line(suffix, labels, "", &share(number, divisor));
                    }
                }
                Kind::Counters(label) => {
                    for (of, number) in value.as_object().into_iter().flatten() {
                        let more = [label, "=\"", of, "\""].concat();
                        line(suffix, labels, &more, &number.to_string());
                    }
                }
                Kind::Histogram => histogram(row, labels, &mut line),
            }
        }
    }
    if open {
        text.push_str("# EOF\n");
    }
}

fn histogram(row: &Value, labels: &str, line: &mut dyn FnMut(&str, &str, &str, &str)) {
    for bucket in row["buckets"].as_array().into_iter().flatten() {
        let seconds = bucket[0].as_str().unwrap_or_default();
        line("_bucket", labels, &["le=\"", seconds, "\""].concat(), &bucket[1].to_string());
    }
    let count = row["requests"].to_string();
    line("_bucket", labels, "le=\"+Inf\"", &count);
    line("_sum", labels, "", &share(row["took_ms"].as_u64().unwrap_or_default(), 1000));
    line("_count", labels, "", &count);
}

/// A number divided, to three places. By hand: to write a fraction otherwise takes 10 KB of code.
fn share(number: u64, divisor: u64) -> String {
    if divisor == 1 {
        return number.to_string();
    }
    let thousandths = (number % divisor * 1000 / divisor).to_string();
    let zeros = &"000"[thousandths.len()..];
    [&(number / divisor).to_string(), ".", zeros, &thousandths].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const METRICS: [Metric; 4] = [
        Metric::gauge("a_bytes", "Of a.", &["a"]),
        Metric::counter("c_seconds", "Of c.", &["b", "c"], 1000),
        Metric { name: "o", help: "Of o.", field: &["o"], kind: Kind::Counters("outcome"), divisor: 1 },
        Metric { name: "t_seconds", help: "Of t.", field: &[], kind: Kind::Histogram, divisor: 1 },
    ];

    fn rows() -> Vec<(String, Value)> {
        let row = json!({ "a": 5, "b": { "c": 7050 }, "o": { "ok": 2, "threw": 1 }, "requests": 3, "took_ms": 1005,
            "buckets": [["0.001", 0], ["0.01", 2], ["10", 3]] });
        vec![("namespace=\"one\"".to_owned(), row), ("namespace=\"two\"".to_owned(), json!({ "a": 0, "requests": 0 }))]
    }

    #[test]
    fn what_there_is_is_told() {
        let mut text = String::new();
        write(&mut text, &METRICS, &rows(), false);
        let expected = r#"# HELP a_bytes Of a.
# TYPE a_bytes gauge
a_bytes{namespace="one"} 5
a_bytes{namespace="two"} 0
# HELP c_seconds_total Of c.
# TYPE c_seconds_total counter
c_seconds_total{namespace="one"} 7.050
# HELP o_total Of o.
# TYPE o_total counter
o_total{namespace="one",outcome="ok"} 2
o_total{namespace="one",outcome="threw"} 1
# HELP t_seconds Of t.
# TYPE t_seconds histogram
t_seconds_bucket{namespace="one",le="0.001"} 0
t_seconds_bucket{namespace="one",le="0.01"} 2
t_seconds_bucket{namespace="one",le="10"} 3
t_seconds_bucket{namespace="one",le="+Inf"} 3
t_seconds_sum{namespace="one"} 1.005
t_seconds_count{namespace="one"} 3
t_seconds_bucket{namespace="two",le="+Inf"} 0
t_seconds_sum{namespace="two"} 0.000
t_seconds_count{namespace="two"} 0
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn open_metrics_end_and_name_a_counter_without_its_suffix() {
        let mut text = String::new();
        write(&mut text, &METRICS[1..2], &rows(), true);
        assert!(text.starts_with("# HELP c_seconds Of c.\n# TYPE c_seconds counter\nc_seconds_total{"), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
