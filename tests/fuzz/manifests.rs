//! The digest of a bundle: the same for the same modules in whatever order, and another for all others.

use dynamic_loader::registry::{hex, manifest};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::runs;

/// Fields that can be read as more of one another: a digest that only strung them together would be the same.
fn field() -> impl Strategy<Value = String> {
    let piece = select(&["a", "b", "js", "", "\0", "\u{1}", "ab", "ä", "\u{ffee}", "\u{1f600}"][..]);
    prop::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat())
}

type Module = (String, String, String);

fn modules() -> impl Strategy<Value = Vec<Module>> {
    prop::collection::vec((field(), field(), field()), 0..4)
}

fn digest(modules: &[Module]) -> String {
    let module = |(name, kind, sha256): &Module| json!({ "name": name, "kind": kind, "sha256": sha256, "bytes": 1 });
    manifest::digest(&modules.iter().map(module).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(runs(3000))]

    #[test]
    fn the_same_modules_have_the_same_digest_and_no_others(one in modules(), other in modules(), turned in any::<bool>()) {
        let other = if turned { one.iter().rev().cloned().collect() } else { other };
        let sorted = |modules: &[Module]| {
            let mut sorted = modules.to_vec();
            sorted.sort();
            sorted
        };
        prop_assert_eq!(digest(&one) == digest(&other), sorted(&one) == sorted(&other));
    }

    /// A character that moves from a field to the next one makes another bundle.
    #[test]
    fn a_character_moved_between_fields_changes_it(mut module in (field(), field(), field())) {
        let before = digest(std::slice::from_ref(&module));
        let Some(last) = module.0.pop() else { return Ok(()) };
        module.1.insert(0, last);
        prop_assert_ne!(digest(&[module]), before);
    }
}

/// tests/fuzz/documents.test.mjs sees that JavaScript makes the same of the same file.
#[test]
fn the_digests_are_those_that_javascript_makes() {
    let all: Value = serde_json::from_str(include_str!("corpus/bundles/digests.json")).unwrap();
    for bundle in all.as_array().unwrap() {
        let modules = bundle["modules"].as_array().unwrap().iter().map(|module| {
            let sha256 = hex(&Sha256::digest(module["text"].as_str().unwrap()));
            json!({ "name": module["name"], "kind": module["kind"], "sha256": sha256 })
        });
        assert_eq!(manifest::digest(&modules.collect::<Vec<_>>()), bundle["digest"].as_str().unwrap());
    }
}
