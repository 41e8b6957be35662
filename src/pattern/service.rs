//! `/service/:name/*`: services made on demand, each with its own configuration, that call each other by service bindings.

use serde_json::{Value, json};

use super::table::{Made, Pattern, Upload, binding, metadata, wrong};
use crate::{
    http::Endpoint,
    registry::{Fields, is_name},
};

/// The pattern.
pub const PATTERN: Pattern = Pattern {
    namespace: "service",
    document: "DOCUMENT",
    make,
    endpoints: &[
        Endpoint { method: "*", path: "/service/:name/*", description: "A service that was made on demand." },
        Endpoint {
            method: "PUT",
            path: "/service/:name",
            description: "Makes or changes a service (token); GET, DELETE.",
        },
    ],
    routes: &[],
};

/// Names that the worker has already.
const TAKEN: [&str; 4] = ["NAME", "CONFIG", "SERVICES", "DOCUMENT"];

/// `{code?, config?, services?: {BINDING: NAME}}`.
fn make(name: &str, document: &Value) -> Made {
    let mut fields = Fields::new(document, "The service", "", 0);
    let code = fields.text("code");
    let config = fields.object("config").cloned().unwrap_or_else(|| json!({}));
    let mut services = Vec::new();
    let mut bindings = Vec::new();
    for (binding, service) in fields.object("services").and_then(Value::as_object).into_iter().flatten() {
        let is_binding = !binding.is_empty()
            && binding.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !TAKEN.contains(&&**binding);
        if !is_binding || !service.as_str().is_some_and(is_name) {
            fields.wrong(format!(
                "services[{binding:?}] has to be a name of letters, digits and _, but {}, and the name of a service.",
                TAKEN.join(", ")
            ));
        }
        services.push(Value::from(binding.as_str()));
        bindings.push(json!({ "type": "service", "name": binding, "service": service }));
    }
    // What runs it is not in it twice.
    let mut kept = document.clone();
    if let Some(kept) = kept.as_object_mut() {
        kept.remove("code");
    }
    bindings.extend([
        json!({ "type": "plain_text", "name": "NAME", "text": name }),
        binding("CONFIG", &config),
        binding("SERVICES", &services.into()),
        binding("DOCUMENT", &kept),
    ]);
    let source = code.map_or(include_str!("service.js").into(), |code| code.to_owned().into());
    wrong(fields, &["code", "config", "services"])?;
    Ok(vec![Upload {
        modules: vec![("service.js", source)],
        metadata: metadata("service.js", bindings),
        percentage: 100.into(),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_its_code_its_configuration_and_those_that_it_calls() {
        let document = json!({ "code": "export default {}", "config": { "a": 1 }, "services": { "USERS": "users" } });
        let upload = &make("orders", &document).unwrap()[0];
        assert_eq!(upload.modules, [("service.js", "export default {}".into())]);
        assert_eq!(
            upload.metadata["bindings"],
            json!([
                { "type": "service", "name": "USERS", "service": "users" },
                { "type": "plain_text", "name": "NAME", "text": "orders" },
                { "type": "json", "name": "CONFIG", "json": { "a": 1 } },
                { "type": "json", "name": "SERVICES", "json": ["USERS"] },
                { "type": "json", "name": "DOCUMENT", "json": { "config": { "a": 1 }, "services": { "USERS": "users" } } },
            ])
        );
        assert!(make("plain", &json!({})).unwrap()[0].modules[0].1.contains("WorkerEntrypoint"));
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let bad = json!({ "code": 5, "config": [], "services": { "a-b": "x", "NAME": "x", "A": "B C" }, "more": 1 });
        assert_eq!(make("s", &bad).unwrap_err().len(), 6);
        assert!(!make("s", &json!([])).unwrap_err().is_empty());
    }
}
