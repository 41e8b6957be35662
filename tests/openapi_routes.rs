//! The calls that there are, as the tables of the code have them, are those that `src/openapi/routes.txt` lists; and
//! `tests/unit/openapi.test.mjs` sees that the OpenAPI document has these, and no others.

use std::collections::BTreeSet;

use dynamic_loader::{
    api::{Does, From, Question, RESOURCES, ROOT},
    http::ENDPOINTS,
    pattern::{job, table::PATTERNS},
};

const LISTED: &str = include_str!("../src/openapi/routes.txt");
const ANY: [&str; 5] = ["DELETE", "GET", "PATCH", "POST", "PUT"];

/// A path as OpenAPI writes one.
fn path(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.replace('*', "{rest}"),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// What a question takes: `?page` of the query, `.name` of the body, or `body`, all of it.
fn takes(question: &Question) -> String {
    let mut takes = String::new();
    for (name, from) in question.fields {
        match from {
            From::Query | From::Flag => takes += &format!(" ?{name}"),
            From::Field(name) | From::Given(name) => takes += &format!(" .{name}"),
            From::Body | From::Form(_) => takes += " body",
            From::Namespace | From::Script | From::Item | From::Seen | From::Caller => {}
        }
    }
    takes
}

fn routes() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for resource in RESOURCES.into_iter().flatten() {
        for (method, does) in resource.methods {
            let takes = match does {
                Does::Ask(question) | Does::Administer(question) => takes(question),
                Does::Own(action) => format!(" {action:?}"),
            };
            for method in if *method == "*" { &ANY[..] } else { std::slice::from_ref(method) } {
                routes.insert(format!("{method} {ROOT}/{}{takes}", path(resource.path)));
            }
        }
    }
    let managed = |namespace: &str| format!("/{namespace}/{{name}}");
    for pattern in PATTERNS {
        for method in ["DELETE", "GET", "PUT"] {
            routes.insert(format!("{method} {}", managed(pattern.namespace)));
        }
        for (method, rest, _) in pattern.routes {
            routes.insert(format!("{method} {}{rest}", managed(pattern.namespace)));
        }
    }
    for endpoint in ENDPOINTS.iter().chain(job::ENDPOINTS).filter(|endpoint| endpoint.method != "*") {
        routes.insert(format!("{} {}", endpoint.method, path(endpoint.path)));
    }
    routes
}

#[test]
fn the_list_has_every_call() {
    let listed: BTreeSet<_> = LISTED.lines().map(str::to_owned).collect();
    let routes = routes();
    let missing: Vec<_> = routes.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&routes).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "src/openapi/routes.txt lacks {missing:#?}\nand has {gone:#?}, which there are not"
    );
}
