//! Services: scripts that others call.

use serde_json::{Value, json};

use super::{Problem, is_name, problem};

/// So deep a service may be called by services.
pub const DEEPEST: u32 = 16;

/// A service that a script names, `(namespace, script)`, in a script of this namespace.
pub fn target<'a>(binding: &'a Value, own: &'a str) -> (&'a str, &'a str) {
    let namespace = binding["namespace"].as_str().unwrap_or(own);
    (namespace, binding["service"].as_str().unwrap_or_default())
}

/// What is wrong with a binding `{type: "service", name, service, entrypoint?, props?, namespace?}`, for people.
pub fn wrong(binding: &Value) -> Option<&'static str> {
    let name = |field: &str| binding[field].as_str().is_some_and(is_name);
    let or_null = |field: &str, is: &dyn Fn(&Value) -> bool| binding[field].is_null() || is(&binding[field]);
    if !name("service") {
        Some("`service`, the name of a script")
    } else if !or_null("namespace", &|namespace| namespace.as_str().is_some_and(is_name)) {
        Some("`namespace`, if it has one, to be the name of one")
    } else if !or_null("entrypoint", &Value::is_string) {
        Some("`entrypoint`, if it has one, to be a text")
    } else if !or_null("props", &Value::is_object) {
        Some("`props`, if it has them, to be an object")
    } else {
        None
    }
}

/// Whether a namespace with these `services` may call this one of another: they are `NAMESPACE/SCRIPT`, or `NAMESPACE/*`.
pub fn may(services: &Value, namespace: &str, script: &str) -> bool {
    let named = [namespace, "/", script].concat();
    let all = [namespace, "/*"].concat();
    services.as_array().into_iter().flatten().any(|one| *one == named || *one == all)
}

/// The `services` of a namespace, as they are sent.
///
/// # Errors
/// What is wrong with them.
pub fn parse(services: &Value) -> Result<Value, Problem> {
    let is_one = |one: &Value| {
        let parts = one.as_str().and_then(|text| text.split_once('/'));
        parts.is_some_and(|(namespace, script)| is_name(namespace) && (script == "*" || is_name(script)))
    };
    match services {
        Value::Null => Ok(json!([])),
        Value::Array(list) if list.len() <= 100 && list.iter().all(is_one) => Ok(services.clone()),
        _ => Err(Problem::new(
            problem::MALFORMED,
            "services has to be a list of at most 100 of NAMESPACE/SCRIPT or NAMESPACE/*: what the namespace's scripts may call \
             in others.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_names_a_script() {
        for good in
            [json!({ "service": "a" }), json!({ "service": "a", "namespace": "n", "entrypoint": "E", "props": {} })]
        {
            assert_eq!(wrong(&good), None, "{good}");
        }
        for bad in [
            json!({}),
            json!({ "service": "A" }),
            json!({ "service": "a", "namespace": "n/m" }),
            json!({ "service": "a", "entrypoint": 5 }),
            json!({ "service": "a", "props": [] }),
        ] {
            assert!(wrong(&bad).is_some(), "{bad}");
        }
        assert_eq!(target(&json!({ "service": "a" }), "own"), ("own", "a"));
        assert_eq!(target(&json!({ "service": "a", "namespace": "n" }), "own"), ("n", "a"));
    }

    #[test]
    fn another_namespaces_service_is_one_that_is_named() {
        let services = parse(&json!(["n/a", "m/*"])).unwrap();
        for (namespace, script, is) in [("n", "a", true), ("n", "b", false), ("m", "x", true), ("mm", "x", false)] {
            assert_eq!(may(&services, namespace, script), is, "{namespace}/{script}");
        }
        assert!(!may(&parse(&Value::Null).unwrap(), "n", "a"));
        for bad in [json!("n/a"), json!(["n"]), json!(["*/a"]), json!(["n/a/b"]), json!([5])] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
    }
}
