//! Names under which something is kept or run: two things never have the same one. Who could have another's name would have its code,
//! its files or its secrets.

use std::collections::HashMap;

use dynamic_loader::{
    dispatch::code::{Owner, prefix},
    registry::{Name, vault},
    upload::{bundle_key, map_key},
};
use proptest::{prelude::*, sample::select};
use worker_loader::{WorkerCode, WorkerKey};

use super::{runs, text_of};

/// Names that are short, and look like pieces of a key, so that some of them meet.
fn name() -> impl Strategy<Value = String> {
    let piece = select(&["a", "b", "-", "_", "0", "bundle", "map", "r2", "asset", "manifest", "kv"][..]);
    prop::collection::vec(piece, 1..3).prop_map(|pieces| pieces.concat())
}

/// Text of the API's that is not a name, such as that of a secret.
fn free() -> impl Strategy<Value = String> {
    text_of(&["a", "b", "/", "//", "@", "~", "\0", "outbound\0", ".", "bundle/", "-", ""], 4)
}

fn digest() -> impl Strategy<Value = String> {
    select(&["0", "1", "00", "01"][..]).prop_map(|digits| digits.repeat(32))
}

/// Each of these things has a key of its own: no two that differ have the same one.
fn all_differ<T: Eq + std::fmt::Debug>(things: Vec<(T, String)>) -> Result<(), TestCaseError> {
    let mut seen: HashMap<String, T> = HashMap::new();
    for (thing, key) in things {
        if let Some(other) = seen.get(&key) {
            prop_assert_eq!(other, &thing, "both have the key {:?}", key);
        }
        seen.insert(key, thing);
    }
    Ok(())
}

proptest! {
    #![proptest_config(runs(1500))]

    /// In the bucket: bundles, source maps, files, their manifests, and what scripts store in buckets of their own (r2.js names
    /// those `{namespace}/{incarnation}/r2/{id}/` and the key, which is anything).
    #[test]
    fn no_two_objects_of_the_bucket_have_the_same_key(things in prop::collection::vec((0..5, name(), name(), digest(), free()), 2..30)) {
        let key = |(kind, namespace, script, digest, free): &(i32, String, String, String, String)| match kind {
            0 => bundle_key(namespace, script, digest),
            1 => map_key(namespace, script, digest),
            2 => format!("{namespace}/{script}/asset/{digest}"),
            3 => format!("{namespace}/{script}/manifest/{digest}"),
            _ => format!("{namespace}/{script}/r2/{digest}/{free}"),
        };
        all_differ(things.into_iter().map(|mut thing| {
            if thing.0 < 4 {
                thing.4.clear();
            }
            let key = key(&thing);
            (thing, key)
        }).collect())?;
    }

    /// A secret is sealed for its place: that of a script, and, with no script, that of a namespace.
    #[test]
    fn no_two_secrets_have_the_same_place(things in prop::collection::vec((name(), prop_oneof![3 => name(), 1 => Just(String::new())], free()), 2..30)) {
        all_differ(things.into_iter().map(|(namespace, script, secret)| {
            let place = vault::place(&namespace, &script, &secret);
            ((namespace, script, secret), place)
        }).collect())?;
    }

    /// The same code for two scripts is two workers, whose keys say whose they are.
    #[test]
    fn no_two_scripts_share_a_worker(things in prop::collection::vec((name(), name(), 0..2), 2..10)) {
        let codes = [0, 1].map(|n| WorkerCode::builder("2026-07-01", "a.js").js("a.js", "export default {}").env("N", n).build().unwrap());
        all_differ(things.into_iter().map(|(namespace, script, code)| {
            let key = codes[code as usize].key(&prefix(Owner::new(&namespace, "id", &script, "life")));
            let read: WorkerKey = key.as_str().parse().unwrap();
            assert_eq!(read.prefix(), format!("{namespace}/{script}"));
            assert_eq!(read.prefix().split('/').collect::<Vec<_>>(), [namespace.as_str(), &script]);
            let text = key.to_string();
            ((namespace, script, code), text)
        }).collect())?;
    }

    /// What is a name has nothing in it that stands between names.
    #[test]
    fn no_name_has_what_separates_names(text in prop_oneof![free(), text_of(&["a", "-", "/", "@", "~", "%", ":", ".", "A", "\0"], 5)]) {
        if let Ok(name) = Name::parse("script", &text) {
            prop_assert!(!name.as_str().contains(['/', '@', '~', '%', ':', '.', '\0']) && name.as_str() == text);
        }
    }
}
