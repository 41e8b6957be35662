//! The route table.

use serde::Serialize;

use crate::registry::Refusal;

/// One endpoint, as `/` lists it.
#[derive(Debug, Serialize)]
pub struct Endpoint {
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// One sentence.
    pub description: &'static str,
}

/// Every endpoint there is.
pub const ENDPOINTS: [Endpoint; 5] = [
    Endpoint { method: "GET", path: "/", description: "This list, as a page or as JSON." },
    Endpoint {
        method: "GET",
        path: "/dynamic",
        description: "A dynamic worker made for this one request, in an isolate of its own.",
    },
    Endpoint {
        method: "GET",
        path: "/metrics",
        description: "A cached dynamic worker that tells how this Worker is doing, measured.",
    },
    Endpoint {
        method: "GET",
        path: "/config",
        description: "A cached dynamic worker that serves the configuration document.",
    },
    Endpoint {
        method: "PUT",
        path: "/config",
        description: "Stores a new document (token, If-Match); the next request is served by a new worker.",
    },
];

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The list of endpoints.
    Home {
        /// As JSON rather than as a page.
        json: bool,
    },
    /// A worker for this request alone.
    Dynamic,
    /// The metrics worker.
    Metrics,
    /// The configuration worker.
    Config,
    /// A new configuration document.
    PutConfig,
}

/// Reads the method, the path and the `Accept` header.
///
/// # Errors
/// [`Refusal::NoSuchPath`] or [`Refusal::MethodNotAllowed`].
pub fn route(method: &str, path: &str, accept: impl FnOnce() -> Option<String>) -> Result<Route, Refusal> {
    let reads = matches!(method, "GET" | "HEAD");
    match path {
        "/metrics" if reads => Ok(Route::Metrics),
        "/config" if reads => Ok(Route::Config),
        "/config" if method == "PUT" => Ok(Route::PutConfig),
        "/dynamic" if reads => Ok(Route::Dynamic),
        "/" if reads => Ok(Route::Home { json: prefers_json(&accept().unwrap_or_default()) }),
        "/config" => Err(Refusal::MethodNotAllowed("GET, HEAD, PUT")),
        "/" | "/dynamic" | "/metrics" => Err(Refusal::MethodNotAllowed("GET, HEAD")),
        _ => Err(Refusal::NoSuchPath(path.to_owned())),
    }
}

/// Whether JSON is wanted more than HTML. A client that has no wish (`*/*`, as curl says) gets the page, as a browser
/// does; quality values count, and of two alike the first.
fn prefers_json(accept: &str) -> bool {
    let quality = |wanted: &str| {
        accept.split(',').enumerate().find_map(|(place, range)| {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next()?;
            let q = parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse().ok()).unwrap_or(1.0f32);
            (name.eq_ignore_ascii_case(wanted) && q > 0.0).then_some((q, place))
        })
    };
    match (quality("application/json"), quality("text/html")) {
        (Some((json, json_at)), Some((html, html_at))) => json > html || (json == html && json_at < html_at),
        (json, _) => json.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &str, path: &str) -> Result<Route, Refusal> {
        route(method, path, || None)
    }

    #[test]
    fn every_endpoint_is_routed_and_nothing_else() {
        for endpoint in &ENDPOINTS {
            assert!(ask(endpoint.method, endpoint.path).is_ok(), "{} {}", endpoint.method, endpoint.path);
        }
        assert_eq!(ask("HEAD", "/config").unwrap(), Route::Config);
        for path in ["", "/dynamic/", "/Dynamic", "//", "/metrics/x", "/favicon.ico"] {
            assert!(matches!(ask("GET", path), Err(Refusal::NoSuchPath(p)) if p == path), "{path}");
        }
    }

    #[test]
    fn another_method_is_told_which_there_are() {
        for (method, path, allowed) in [
            ("POST", "/", "GET, HEAD"),
            ("PUT", "/dynamic", "GET, HEAD"),
            ("DELETE", "/metrics", "GET, HEAD"),
            ("PATCH", "/config", "GET, HEAD, PUT"),
            ("get", "/config", "GET, HEAD, PUT"),
        ] {
            assert!(matches!(ask(method, path), Err(Refusal::MethodNotAllowed(a)) if a == allowed), "{method} {path}");
        }
    }

    #[test]
    fn json_is_for_those_who_ask() {
        for (accept, json) in [
            ("", false),
            ("*/*", false),
            ("text/html,application/xhtml+xml,*/*;q=0.8", false),
            ("application/json", true),
            ("Application/JSON", true),
            ("application/json;q=0", false),
            ("text/html, application/json", false),
            ("application/json, text/html", true),
            ("text/html;q=0.5, application/json;q=0.9", true),
            ("application/json;q=0.1, text/html", false),
        ] {
            assert_eq!(prefers_json(accept), json, "{accept}");
        }
    }
}
