//! The manifest of a bundle: which modules it is made of. Its digest is the bundle's name.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::hex;

/// Changes with what is hashed below or with how a bundle is written, so that a bundle of an older layout is never
/// taken for one of a newer.
const LAYOUT: &str = "bundle 1";

/// The digest of a bundle of these modules, `{name, kind, bytes, sha256}` each: the same for the same modules, in
/// whatever order they came.
pub fn digest(modules: &[Value]) -> String {
    // Each to its place: there are some hundreds at most, and sorting is code.
    let mut lines = Vec::with_capacity(modules.len());
    for module in modules {
        let field = |name: &str| module[name].as_str().unwrap_or_default();
        let line = [field("name"), field("kind"), field("sha256")];
        lines.insert(lines.partition_point(|other| *other < line), line);
    }
    let mut hash = Sha256::new();
    hash.update(LAYOUT);
    for field in lines.as_flattened() {
        // With its length before it, each can be read in one way only.
        hash.update((field.len() as u64).to_le_bytes());
        hash.update(field);
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn module(name: &str, kind: &str, sha256: &str) -> Value {
        json!({ "name": name, "kind": kind, "sha256": sha256, "bytes": 5 })
    }

    #[test]
    fn the_digest_is_of_the_modules_and_not_of_their_order() {
        let (a, b) = (module("a.js", "js", "1"), module("b.js", "js", "2"));
        let both = digest(&[a.clone(), b.clone()]);
        assert_eq!(both.len(), 64);
        assert_eq!(both, digest(&[b.clone(), a.clone()]));
        for other in [
            vec![a.clone()],
            vec![],
            vec![a.clone(), module("b.js", "text", "2")],
            vec![a.clone(), module("b.js", "js", "1")],
            vec![a.clone(), module("c.js", "js", "2")],
            vec![module("a.js", "js", "1b.js"), module("", "js", "2")],
        ] {
            assert_ne!(digest(&other), both, "{other:?}");
        }
    }
}
