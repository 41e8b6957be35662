//! `/tenant/:id/*`: a worker for each tenant, made of one template and the tenant's own document.
//!
//! The document is in the worker's env and nowhere else. A tenant with code of its own is uploaded into the namespace
//! `tenant`, with wrangler or the control API, and is served and separated in the same way.

use serde_json::Value;

use super::table::{Made, Pattern, Upload, binding, metadata, wrong};
use crate::{http::Endpoint, registry::Fields};

/// The pattern.
pub const PATTERN: Pattern = Pattern {
    namespace: "tenant",
    document: "TENANT",
    make,
    endpoints: &[
        Endpoint { method: "*", path: "/tenant/:id/*", description: "A worker of one tenant." },
        Endpoint { method: "PUT", path: "/tenant/:id", description: "Makes or changes a tenant (token); GET, DELETE." },
    ],
    routes: &[],
};

/// Of its name, in characters.
const MOST: usize = 100;

/// `{name, message?, settings?}`.
fn make(_: &str, document: &Value) -> Made {
    let mut fields = Fields::new(document, "The tenant", "", 0);
    let name = fields.text("name").unwrap_or_default();
    if !(1..=MOST).contains(&name.chars().count()) {
        fields.wrong(format!("name has to be a text of 1 to {MOST} characters."));
    }
    fields.text("message");
    fields.object("settings");
    wrong(fields, &["name", "message", "settings"])?;
    let metadata = metadata("tenant.js", vec![binding("TENANT", document)]);
    Ok(vec![Upload {
        modules: vec![("tenant.js", include_str!("tenant.js").into())],
        metadata,
        percentage: 100.into(),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tenant_is_the_template_and_its_document() {
        let document = json!({ "name": "Acme", "settings": { "plan": "pro" } });
        let uploads = make("t", &document).unwrap();
        assert_eq!(uploads[0].metadata["bindings"][0]["json"], document);
        let other = make("t", &json!({ "name": "Other" })).unwrap();
        assert_eq!(uploads[0].modules, other[0].modules, "one template for all");
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let told = make("t", &json!({ "name": "", "message": 5, "settings": [], "plan": "pro" })).unwrap_err();
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[3].contains("\"plan\" is no field") && told[3].contains("settings"), "{told:?}");
        assert!(!make("t", &json!([])).unwrap_err().is_empty());
        let named = |length| make("t", &json!({ "name": "ü".repeat(length) }));
        assert!(named(100).is_ok() && named(101).is_err(), "characters are counted");
    }
}
