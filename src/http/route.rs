//! The route table.

use serde_json::{Value, json};

use crate::{api, registry::Refusal, ui};

/// One endpoint, as `/` lists it.
#[derive(Debug)]
pub struct Endpoint {
    /// The method; `*` where it is not one alone.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// One sentence.
    pub description: &'static str,
}

impl Endpoint {
    /// The endpoint as JSON.
    pub fn to_value(&self) -> Value {
        json!({ "method": self.method, "path": self.path, "description": self.description })
    }
}

/// Every endpoint there is.
pub const ENDPOINTS: [Endpoint; 8] = [
    Endpoint { method: "GET", path: "/", description: "This list, as a page or as JSON." },
    Endpoint { method: "GET", path: DOCUMENT, description: "The API as an OpenAPI document." },
    Endpoint { method: "*", path: "/dispatch/:namespace/:script/*", description: "A script that was deployed here." },
    Endpoint {
        method: "*",
        path: "/client/v4",
        description: "The control API (token), in the shapes of Cloudflare's: wrangler deploys by it.",
    },
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

/// The API as an OpenAPI document, which `scripts/openapi.mjs` makes of `src/openapi/`.
const DOCUMENT: &str = "/openapi.json";

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The list of endpoints.
    Home {
        /// As JSON rather than as a page.
        json: bool,
    },
    /// One of the files that the page is made of, or the API's document: a static asset.
    Page,
    /// A worker for this request alone.
    Dynamic,
    /// The metrics worker.
    Metrics,
    /// A live tail's WebSocket.
    Tail,
    /// What namespaces have and what their scripts did, as Prometheus reads it.
    Scrape,
    /// The configuration worker.
    Config,
    /// A new configuration document.
    PutConfig,
    /// Jobs.
    Job,
    /// A call of the control API, which has a table of its own.
    Control,
}

/// Reads the method, the path and the `Accept` header.
///
/// # Errors
/// [`Refusal::NoSuchPath`] or [`Refusal::MethodNotAllowed`].
pub fn route(method: &str, path: &str, accept: impl Fn() -> Option<String>) -> Result<Route, Refusal> {
    let reads = matches!(method, "GET" | "HEAD");
    match path {
        "/metrics" if reads && asks_for_text(&accept().unwrap_or_default()) => Ok(Route::Scrape),
        "/metrics" if reads => Ok(Route::Metrics),
        "/config" if reads => Ok(Route::Config),
        "/config" if method == "PUT" => Ok(Route::PutConfig),
        "/dynamic" if reads => Ok(Route::Dynamic),
        "/" if reads => Ok(Route::Home { json: prefers_json(&accept().unwrap_or_default()) }),
        DOCUMENT if reads => Ok(Route::Page),
        _ if path.starts_with(ui::FOLDER) && reads => Ok(Route::Page),
        _ if path.starts_with("/tails/") && reads => Ok(Route::Tail),
        _ if is_control(path) => Ok(Route::Control),
        _ if path == "/job" || path.starts_with("/job/") => Ok(Route::Job),
        "/config" => Err(Refusal::MethodNotAllowed("GET, HEAD, PUT")),
        "/" | "/dynamic" | "/metrics" | DOCUMENT => Err(Refusal::MethodNotAllowed("GET, HEAD")),
        _ => Err(Refusal::NoSuchPath(path.to_owned())),
    }
}

/// Whether a path is the control API's.
pub fn is_control(path: &str) -> bool {
    path.strip_prefix(api::ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path of an absolute URL, as the runtime writes one.
pub fn path_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let path = url[after_scheme..].find('/').map_or("/", |at| &url[after_scheme + at..]);
    &path[..path.find(['?', '#']).unwrap_or(path.len())]
}

/// Whether it is one that reads metrics as text: it names that type, which a browser or curl does not.
fn asks_for_text(accept: &str) -> bool {
    ["text/plain", "application/openmetrics-text"].iter().any(|name| accept.contains(name))
}

/// Whether JSON is wanted more than HTML. A client that has no wish (`*/*`, as curl says) gets the page, as a browser
/// does; quality values count, and of two alike the first.
fn prefers_json(accept: &str) -> bool {
    let quality = |wanted: &str| {
        accept.split(',').enumerate().find_map(|(place, range)| {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next()?;
            let q = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
            (name.eq_ignore_ascii_case(wanted) && q > 0).then_some((q, place))
        })
    };
    match (quality("application/json"), quality("text/html")) {
        (Some((json, json_at)), Some((html, html_at))) => json > html || (json == html && json_at < html_at),
        (json, _) => json.is_some(),
    }
}

/// A quality value (RFC 9110, 12.4.2): `0.8` is 800. What is none counts as 1.
fn thousandths(q: &str) -> u32 {
    let (whole, part) = q.split_once('.').unwrap_or((q, ""));
    match (whole, format!("{part:0<3}").parse()) {
        ("0", Ok(thousandths)) if part.len() <= 3 => thousandths,
        _ => 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::{Hosts, Place, place};

    fn ask(method: &str, path: &str) -> Result<Route, Refusal> {
        route(method, path, || None)
    }

    #[test]
    fn every_endpoint_is_routed_and_nothing_else() {
        let hosts = Hosts { domain: None, namespace: None };
        for endpoint in &ENDPOINTS {
            if place(&format!("http://h{}", endpoint.path), &hosts) != Place::Own {
                assert!(endpoint.path.starts_with("/dispatch/"));
                continue;
            }
            assert!(ask(endpoint.method, endpoint.path).is_ok(), "{} {}", endpoint.method, endpoint.path);
        }
        assert_eq!(ask("HEAD", "/config").unwrap(), Route::Config);
        let scraped =
            route("GET", "/metrics", || Some("application/openmetrics-text;q=0.5,text/plain;q=0.3,*/*;q=0.1".into()));
        assert_eq!((scraped.unwrap(), ask("GET", "/metrics").unwrap()), (Route::Scrape, Route::Metrics));
        for path in ["", "/dynamic/", "/Dynamic", "//", "/metrics/x", "/favicon.ico"] {
            assert!(matches!(ask("GET", path), Err(Refusal::NoSuchPath(p)) if p == path), "{path}");
        }
    }

    #[test]
    fn the_control_api_has_whatever_is_below_its_root() {
        for path in ["/client/v4", "/client/v4/", "/client/v4/user", "/client/v4//x"] {
            assert_eq!(ask("PATCH", path).unwrap(), Route::Control, "{path}");
        }
        assert!(ask("GET", "/client/v44").is_err());
        assert!(ask("GET", "/client").is_err());
    }

    #[test]
    fn the_path_is_what_is_between_host_and_query() {
        for (url, path) in [
            ("http://h/", "/"),
            ("https://h:8787/config?x=/dynamic", "/config"),
            ("https://h/a/b#c?d", "/a/b"),
            ("https://h//metrics", "//metrics"),
            ("https://h?x", "/"),
        ] {
            assert_eq!(path_of(url), path, "{url}");
        }
    }

    #[test]
    fn another_method_is_told_which_there_are() {
        for (method, path, allowed) in [
            ("POST", "/", "GET, HEAD"),
            ("PUT", "/dynamic", "GET, HEAD"),
            ("DELETE", "/metrics", "GET, HEAD"),
            ("PUT", "/openapi.json", "GET, HEAD"),
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
