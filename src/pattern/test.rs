//! `/test/:name`: an A/B test, whose variants are the versions of a script, and its deployment says who gets which.
//!
//! Who has seen a variant and who converted is counted by the host, in the object of the test: `count.js`, `experiment.js`.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::table::{Made, Pattern, Task, Upload, binding, metadata, wrong};
use crate::{
    http::Endpoint,
    registry::{Fields, hex},
};

/// The pattern.
pub const PATTERN: Pattern = Pattern {
    namespace: "test",
    document: "TEST",
    make,
    endpoints: &[
        Endpoint { method: "GET", path: "/test/:name", description: "The variant of a test for who asks, counted." },
        Endpoint { method: "POST", path: "/test/:name/conversion", description: "Who asked did what it is about." },
        Endpoint { method: "GET", path: "/test/:name/result", description: "What the test has come to (token)." },
        Endpoint { method: "PUT", path: "/test/:name", description: "Makes or changes a test (token); GET, DELETE." },
    ],
    routes: &[("GET", "/result", Task::Result)],
};

const MOST: usize = 10;

/// `{variants: [{name, percentage, payload?}]}`.
fn make(name: &str, document: &Value) -> Made {
    let mut fields = Fields::new(document, "The test", "", 0);
    let variants = fields.list("variants").map_or(&[][..], Vec::as_slice);
    if !(2..=MOST).contains(&variants.len()) {
        fields.wrong(format!("variants has to be a list of 2 to {MOST}."));
    }
    let mut sum = 0.0;
    for (at, variant) in variants.iter().enumerate() {
        let is_name = |name: &str| (1..=100).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
        if !variant["name"].as_str().is_some_and(is_name) {
            fields.wrong(format!("variants[{at}].name has to be 1 to 100 letters, digits or signs of ASCII."));
        }
        if variants[..at].iter().any(|other| other["name"] == variant["name"]) {
            fields.wrong(format!("variants[{at}] has the name of another one."));
        }
        match variant["percentage"].as_f64().filter(|percentage| *percentage >= 0.01) {
            Some(percentage) => sum += percentage,
            None => fields.wrong(format!("variants[{at}].percentage has to be a number from 0.01.")),
        }
    }
    if fields.problems.is_empty() && (sum - 100.0_f64).abs() > 0.001 {
        fields.wrong("The percentages have to add up to 100.".to_owned());
    }
    wrong(fields, &["variants"])?;

    let run = run(document);
    let upload = |variant: &Value| {
        let text = |name: &str, text: &str| json!({ "type": "plain_text", "name": name, "text": text });
        let of = variant["name"].as_str().unwrap_or_default();
        let bindings = vec![binding("TEST", document), text("VARIANT", of), text("NAME", name), text("RUN", &run)];
        let modules = vec![("variant.js", include_str!("variant.js").into())];
        Upload { modules, metadata: metadata("variant.js", bindings), percentage: variant["percentage"].clone() }
    };
    Ok(variants.iter().map(upload).collect())
}

/// What counts go together: those of the same variants, names and payloads, whatever their percentages.
pub fn run(document: &Value) -> String {
    let mut digest = Sha256::new();
    for variant in document["variants"].as_array().into_iter().flatten() {
        digest.update(json!([variant["name"], variant["payload"]]).to_string());
    }
    hex(&digest.finalize()[..8])
}

/// What a result is asked of: the name, the run and its variants.
#[cfg(any(target_arch = "wasm32", test))]
pub fn asked(name: &str, document: &Value) -> Value {
    let variants = document["variants"].as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<_> = variants.iter().map(|variant| variant["name"].clone()).collect();
    json!({ "test": name, "run": run(document), "variants": names })
}

#[cfg(target_arch = "wasm32")]
pub use live::serve;

#[cfg(target_arch = "wasm32")]
mod live {
    use wasm_bindgen::{JsCast, JsValue};

    use crate::{
        dispatch::{Target, Trip},
        registry::{Refusal, problem},
        sys,
    };

    /// Serves a variant, and has it counted.
    ///
    /// # Errors
    /// As [`Trip::serve`].
    pub fn serve(trip: Trip, target: &Target<'_>) -> Result<JsValue, Refusal> {
        let converts = match (&*trip.request.method(), target.path()) {
            ("GET", "") => false,
            ("POST", "/conversion") => true,
            _ => return trip.serve(target),
        };
        let enrolled = sys::pattern::enrolled(&trip.request, target.prefix, target.scheme() == "https");
        if enrolled.is_undefined() {
            return Err(Refusal::api(400, problem::MALFORMED, "The name of a subject is at most 200 characters."));
        }
        let request = js_sys::Reflect::get(&enrolled, &"request".into()).unwrap_or_default().unchecked_into();
        let handed = Trip { request, ..trip }.serve(target)?;
        Ok(sys::pattern::counting(&handed, &enrolled, target.script, converts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(share: f64) -> Value {
        json!({ "variants": [
            { "name": "blue", "percentage": share, "payload": { "color": "#00f" } },
            { "name": "green", "percentage": 100.0 - share },
        ] })
    }

    #[test]
    fn a_variant_is_a_version() {
        let uploads = make("button", &document(50.0)).unwrap();
        assert_eq!(uploads.iter().map(|upload| upload.percentage.as_f64().unwrap()).collect::<Vec<_>>(), [50.0, 50.0]);
        let text = |at: usize, binding: usize| uploads[at].metadata["bindings"][binding]["text"].clone();
        assert_eq!((text(0, 1), text(1, 1), text(0, 2)), (json!("blue"), json!("green"), json!("button")));
        assert_eq!((text(0, 3), text(1, 3)), (json!(run(&document(50.0))), json!(run(&document(50.0)))));
    }

    #[test]
    fn other_percentages_go_on_with_the_run_and_other_variants_begin_one() {
        assert_eq!(run(&document(50.0)), run(&document(10.0)));
        for (at, field, value) in [(0, "name", json!("red")), (0, "payload", json!(1)), (1, "payload", json!(1))] {
            let mut other = document(50.0);
            other["variants"][at][field] = value;
            assert_ne!(run(&other), run(&document(50.0)), "{at} {field}");
        }
        assert_eq!(asked("t", &document(50.0))["variants"], json!(["blue", "green"]));
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let told = |document: Value| make("t", &document).unwrap_err();
        assert_eq!(told(json!({ "variants": [{ "name": "a", "percentage": 100 }] })).len(), 1);
        assert!(
            told(json!({ "variants": [{ "name": "a", "percentage": 50 }, { "name": "b", "percentage": 49 }] }))[0]
                .contains("add up")
        );
        let all = told(
            json!({ "salt": 1, "variants": [{ "name": "a b", "percentage": 0 }, { "name": "a b", "percentage": "x" }] }),
        );
        assert_eq!(all.len(), 6, "{all:?}");
        assert!(make("t", &json!({ "variants": [{ "name": "a", "percentage": 33.34 }, { "name": "b", "percentage": 33.33 }, { "name": "c", "percentage": 33.33 }] })).is_ok());
    }
}
