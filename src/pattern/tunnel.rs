//! `/tunnel/:id/*`: a worker for each tunnel, which passes requests on to one origin and can go nowhere else.

use serde_json::{Value, json};
#[cfg(any(target_arch = "wasm32", test))]
use worker_loader::{Error, WorkerCode};

use super::table::{Made, Pattern, Upload, binding, metadata, wrong};
use crate::{
    http::Endpoint,
    registry::{Fields, outbound, settings::is_token},
};

/// The pattern.
pub const PATTERN: Pattern = Pattern {
    namespace: "tunnel",
    document: "TUNNEL",
    make,
    endpoints: &[
        Endpoint { method: "*", path: "/tunnel/:id/*", description: "A proxy to the origin of a tunnel." },
        Endpoint { method: "GET", path: "/tunnel/:id/metrics", description: "How the tunnel does in this isolate." },
        Endpoint { method: "PUT", path: "/tunnel/:id", description: "Makes or changes a tunnel (token); GET, DELETE." },
    ],
    routes: &[],
};

/// Of changes to headers, on each side.
const MOST_HEADERS: usize = 50;

/// `{origin, request_headers?, response_headers?}`, of headers `{set?: {name: value}, remove?: [name]}`.
fn make(_: &str, document: &Value) -> Made {
    let mut fields = Fields::new(document, "The tunnel", "", 0);
    let rule = rule(fields.text("origin").unwrap_or_default());
    if rule.is_none() {
        fields.wrong(
            "origin has to be where requests go, such as https://app.example.com or http://127.0.0.1:3000/base, without \
             user, query or fragment."
                .to_owned(),
        );
    }
    for side in ["request_headers", "response_headers"] {
        if let Some(changes) = fields.object(side)
            && !is_changes(changes)
        {
            fields.wrong(format!(
                "{side} has to be {{\"set\": {{NAME: VALUE}}, \"remove\": [NAME]}}, of {MOST_HEADERS} headers at most."
            ));
        }
    }
    let rules = json!({ "rules": [rule.unwrap_or_default()] });
    if fields.problems.is_empty()
        && let Err(problems) = outbound::parse(&rules)
    {
        problems.into_iter().for_each(|problem| fields.wrong(format!("origin: {}", problem.message)));
    }
    wrong(fields, &["origin", "request_headers", "response_headers"])?;
    let mut metadata = metadata("tunnel.js", vec![binding("TUNNEL", document)]);
    metadata["outbound"] = rules;
    let modules = vec![("tunnel.js", include_str!("tunnel.js").into())];
    Ok(vec![Upload { modules, metadata, percentage: 100.into() }])
}

/// What lets requests out to an origin and to no other: scheme, host, port, and what is below its path.
fn rule(origin: &str) -> Option<Value> {
    let (scheme, rest) = origin.split_once("://")?;
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let port_at = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
    let (host, port) = port_at.map_or((authority, ""), |at| (&authority[..at], &authority[at + 1..]));
    let is_plain = |text: &str, also: &str| {
        text.chars().all(|c| c.is_alphanumeric() || "-._~:[]".contains(c) || also.contains(c)) && !text.is_empty()
    };
    if !matches!(scheme, "http" | "https")
        || !is_plain(host, "")
        || !(path.is_empty() || is_plain(path, "/%!$&'()*+,;=@"))
    {
        return None;
    }
    let mut rule = json!({ "name": "origin", "scheme": scheme, "host": host });
    if !port.is_empty() {
        rule["ports"] = json!([port.parse::<u16>().ok()?]);
    }
    let path = path.trim_end_matches('/');
    if !path.is_empty() {
        rule["path_prefix"] = [path, "/"].concat().into();
    }
    Some(rule)
}

fn is_changes(changes: &Value) -> bool {
    let is_value = |value: &Value| {
        value.as_str().is_some_and(|text| text.len() <= 4096 && text.bytes().all(|byte| byte >= b' ' && byte != 127))
    };
    let Some(fields) = changes.as_object() else { return false };
    let mut count = 0;
    fields.iter().all(|(field, value)| match (&**field, value) {
        (_, Value::Null) => true,
        ("set", Value::Object(headers)) => {
            count += headers.len();
            headers.iter().all(|(name, value)| is_token(name) && is_value(value))
        }
        ("remove", Value::Array(names)) => {
            count += names.len();
            names.iter().all(|name| name.as_str().is_some_and(is_token))
        }
        _ => false,
    }) && count <= MOST_HEADERS
}

/// The worker that tells how a tunnel does.
#[cfg(any(target_arch = "wasm32", test))]
fn metrics(compatibility_date: &str) -> Result<WorkerCode, Error> {
    WorkerCode::builder(compatibility_date, "metrics.js").js("metrics.js", include_str!("tunnel_metrics.js")).build()
}

#[cfg(target_arch = "wasm32")]
pub use live::serve;

#[cfg(target_arch = "wasm32")]
mod live {
    use wasm_bindgen::JsValue;

    use super::metrics;
    use crate::{
        dispatch::{Beside, Target, Trip},
        registry::Refusal,
        sys::pattern::{metered, numbers_of},
    };

    /// Serves a tunnel, and has it measured; or tells what was measured.
    ///
    /// # Errors
    /// As [`Trip::serve`].
    pub fn serve(trip: Trip, target: &Target<'_>) -> Result<JsValue, Refusal> {
        if target.path() == "/metrics" && matches!(&*trip.request.method(), "GET" | "HEAD") {
            let props = numbers_of(target.script);
            return Trip { beside: Some(Beside { name: "metrics", code: metrics, props }), ..trip }.serve(target);
        }
        let handed = trip.serve(target)?;
        Ok(metered(&handed, target.script))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(origin: &str) -> Result<Value, Vec<String>> {
        make("t", &json!({ "origin": origin })).map(|uploads| uploads[0].metadata["outbound"]["rules"][0].clone())
    }

    #[test]
    fn a_tunnel_goes_to_its_origin_and_nowhere_else() {
        for (origin, rule) in [
            ("https://app.example.com", json!({ "name": "origin", "scheme": "https", "host": "app.example.com" })),
            (
                "http://127.0.0.1:3000/base/",
                json!({ "name": "origin", "scheme": "http", "host": "127.0.0.1", "ports": [3000], "path_prefix": "/base/" }),
            ),
            ("http://[::1]:8080", json!({ "name": "origin", "scheme": "http", "host": "[::1]", "ports": [8080] })),
        ] {
            assert_eq!(rules(origin).unwrap(), rule, "{origin}");
        }
    }

    #[test]
    fn the_metrics_worker_is_one_code() {
        assert_eq!(metrics("2026-07-01").unwrap().key("tunnel/a/metrics").prefix(), "tunnel/a/metrics");
        assert!(metrics("x").is_err());
    }

    #[test]
    fn what_is_no_origin_is_told() {
        for bad in [
            "",
            "app.example.com",
            "ftp://a.example",
            "https://",
            "https://u:p@a.example",
            "https://a.example?q",
            "https://a.example#f",
            "https://a.example:70000",
            "https://a.example:",
            "https://*",
            "https://*.example.com",
            "https://a b.example",
            "https://a\\.example",
        ] {
            let bad_port = bad.ends_with(':');
            assert!(rules(bad).is_err() || bad_port, "{bad}");
        }
        let told =
            make("t", &json!({ "origin": 5, "request_headers": { "sets": {} }, "response_headers": [], "x": 1 }));
        assert_eq!(told.unwrap_err().len(), 5);
        for bad in [
            json!({ "set": { "a b": "x" } }),
            json!({ "set": { "a": "x\ny" } }),
            json!({ "remove": ["a:"] }),
            json!({ "set": { "a": 5 } }),
        ] {
            assert_eq!(
                make("t", &json!({ "origin": "https://a.example", "request_headers": bad })).unwrap_err().len(),
                1,
                "{bad}"
            );
        }
    }
}
