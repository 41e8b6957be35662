//! The configuration document: what is accepted, what is refused, and that all that is wrong is told at once.

use dynamic_loader::registry::{Config, Draft, MAX_CONFIG_BYTES, Refusal};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const REQUIRED: [&str; 4] = ["dynamicWorkers", "metricsCollection", "configReload", "gracefulShutdown"];

fn problems<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Vec<String> {
    match result.unwrap_err() {
        Refusal::InvalidDocument(problems) => problems,
        other => panic!("another refusal: {other:?}"),
    }
}

/// A document that is in order, changed so.
fn refused(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut document = serde_json::from_str(&Draft::default().to_json()).unwrap();
    change(&mut document);
    problems(Draft::parse(&document.to_string()))
}

fn features(document: &mut Value) -> &mut Map<String, Value> {
    document["features"].as_object_mut().unwrap()
}

#[test]
fn the_document_at_first_is_that_of_the_readme() {
    let config = Draft::default().stored_at("2026-07-01T00:00:00.000Z".to_owned());
    let wanted = json!({
        "version": "1.0.0",
        "lastUpdated": "2026-07-01T00:00:00.000Z",
        "features": { "dynamicWorkers": true, "metricsCollection": true, "configReload": true, "gracefulShutdown": true },
    });
    assert_eq!(config.to_value(), wanted);
    assert_eq!(serde_json::from_str::<Value>(&config.to_json()).unwrap(), wanted);
}

#[test]
fn every_problem_is_told_at_once() {
    let text = r#"{"version": "1.0", "Version": "1.0.0", "features": {"dynamicWorkers": 1, "metricsCollection": true,
        "configReload": null, "own feature": true}}"#;
    let found = problems(Draft::parse(text));
    assert_eq!(found.len(), 6, "{found:#?}");
    for wanted in [
        "version has to be three numbers",
        "\"Version\" is no field",
        "features.gracefulShutdown is missing",
        "features.dynamicWorkers has to be true or false",
        "features.configReload has to be true or false",
        "\"own feature\" is no name",
    ] {
        assert_eq!(found.iter().filter(|problem| problem.contains(wanted)).count(), 1, "{wanted}: {found:#?}");
    }
}

#[test]
fn each_part_is_looked_at() {
    for name in REQUIRED {
        assert_eq!(refused(|it| drop(features(it).remove(name))), [format!("features.{name} is missing")]);
        for value in [json!(null), json!("true"), json!(1), json!([true]), json!({})] {
            assert_eq!(
                refused(|it| drop(features(it).insert(name.to_owned(), value))),
                [format!("features.{name} has to be true or false")]
            );
        }
    }
    assert_eq!(refused(|it| it["features"] = json!([])), ["features has to be an object of true and false"]);
    let found = problems(Draft::parse("{}"));
    assert_eq!(found, ["version is missing", "features is missing"]);
}

#[test]
fn only_an_object_is_a_document() {
    for text in ["", "{", "nothing", "{}{}", "\u{feff}{}", "{\"version\":\"1.0.0\",}"] {
        assert!(problems(Draft::parse(text))[0].starts_with("the body is not JSON: "), "{text:?}");
    }
    for text in ["null", "true", "1", "\"{}\"", "[]", "[{}]"] {
        assert_eq!(problems(Draft::parse(text)), ["the document has to be a JSON object"], "{text}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(problems(Draft::parse(&deep))[0].contains("recursion limit"));
}

#[test]
fn a_version_is_three_numbers_and_what_semver_allows_behind_them() {
    let longest = format!("1.0.0-{}", "a".repeat(58));
    let good = ["0.0.0", "1.2.3", "10.200.3000", "1.0.0-rc.1", "1.0.0+build.5", "1.0.0-rc.1+exp.sha-5114f85", &longest];
    for version in good {
        let text = json!({ "version": version, "features": features_of(&REQUIRED) }).to_string();
        assert_eq!(Draft::parse(&text).unwrap().version, version);
    }
    let bad = [
        "",
        "1",
        "1.0",
        "1.0.0.0",
        "1..0",
        ".1.0",
        "1.0.",
        "v1.0.0",
        "1.0.x",
        "1.0.0-",
        "1.0.0+",
        "1.0.0 ",
        " 1.0.0",
        "1.0.0-ä",
        "1.0.0-a b",
        "-1.0.0",
        "１.0.0",
        "1.0.0\n",
        &format!("{longest}a"),
    ];
    for version in bad {
        let found = refused(|it| it["version"] = json!(version));
        assert!(matches!(&found[..], [one] if one.starts_with("version has to be")), "{version:?}: {found:?}");
    }
    for version in [json!(1), json!(1.0), json!(null), json!(["1.0.0"])] {
        assert_eq!(refused(|it| it["version"] = version).len(), 1);
    }
}

#[test]
fn a_feature_has_a_short_plain_name() {
    let longest = "a".repeat(64);
    for name in ["a", "Z9", "aB3", &longest] {
        let text =
            json!({ "version": "1.0.0", "features": features_of(&[&REQUIRED[..], &[name]].concat()) }).to_string();
        assert!(Draft::parse(&text).is_ok(), "{name}");
    }
    for name in ["", "9a", "a-b", "a_b", "a b", "a.b", "ä", "__proto__", &"a".repeat(65)] {
        let found = refused(|it| drop(features(it).insert(name.to_owned(), json!(true))));
        assert!(matches!(&found[..], [one] if one.contains("is no name of a feature")), "{name:?}: {found:?}");
    }
}

#[test]
fn there_are_256_features_at_most() {
    let named = |count: usize| -> Vec<String> {
        REQUIRED.iter().map(|name| (*name).to_owned()).chain((4..count).map(|i| format!("f{i}"))).collect()
    };
    let text = |count| json!({ "version": "1.0.0", "features": features_of(&named(count)) }).to_string();
    assert!(Draft::parse(&text(256)).is_ok());
    assert_eq!(problems(Draft::parse(&text(257))), ["features has 257 entries, the limit is 256"]);
}

#[test]
fn the_largest_document_has_room() {
    let names: Vec<String> =
        REQUIRED.iter().map(|name| (*name).to_owned()).chain((4..256).map(|i| format!("f{i:063}"))).collect();
    let text = json!({ "version": format!("1.0.0-{}", "a".repeat(58)), "features": features_of(&names) }).to_string();
    assert!(Draft::parse(&text).is_ok());
    assert!(text.len() < MAX_CONFIG_BYTES / 2, "{} bytes", text.len());
}

#[test]
fn the_time_is_ours() {
    let sent = |time: Value| {
        let mut document: Value = serde_json::from_str(&Draft::default().to_json()).unwrap();
        document["lastUpdated"] = time;
        Draft::parse(&document.to_string())
    };
    for time in [json!("2020-01-01T00:00:00.000Z"), json!("never"), json!(0), json!(null), json!({})] {
        assert_eq!(sent(time).unwrap(), Draft::default(), "what was read can be sent back, whatever its time");
    }
    let stored = Draft::default().stored_at("now".to_owned());
    assert_eq!(stored.to_value()["lastUpdated"], "now");
    assert_eq!(Config::parse(&stored.to_json()).unwrap(), stored, "storage gives back the time that it was given");
}

fn features_of<S: AsRef<str>>(names: &[S]) -> Map<String, Value> {
    names.iter().enumerate().map(|(i, name)| (name.as_ref().to_owned(), json!(i % 2 == 0))).collect()
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    // The names that mean something among them, so that documents are nearly right.
    let name = prop_oneof![
        prop::sample::select(vec!["version", "features", "lastUpdated"]).prop_map(str::to_owned),
        prop::sample::select(REQUIRED.to_vec()).prop_map(str::to_owned),
        any::<String>(),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn good_document() -> impl Strategy<Value = Value> {
    let version = "[0-9]{1,5}\\.[0-9]{1,5}\\.[0-9]{1,5}(-[a-z0-9.-]{1,20})?(\\+[a-z0-9.-]{1,20})?";
    (version, any::<[bool; 4]>(), prop::collection::btree_map("[a-zA-Z][a-zA-Z0-9]{0,63}", any::<bool>(), 0..100))
        .prop_map(|(version, required, more)| {
            let mut features: Map<String, Value> = more.into_iter().map(|(name, on)| (name, json!(on))).collect();
            features.extend(REQUIRED.iter().zip(required).map(|(name, on)| ((*name).to_owned(), json!(on))));
            json!({ "version": version, "features": features })
        })
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        let _ = Config::parse(&text);
    }

    #[test]
    fn no_json_is_too_odd(value in json_value()) {
        if let Err(refusal) = Config::parse(&value.to_string()) {
            prop_assert!(matches!(refusal, Refusal::InvalidDocument(problems) if !problems.is_empty()));
        }
    }

    #[test]
    fn what_is_accepted_says_what_was_sent(document in good_document()) {
        let draft = Draft::parse(&document.to_string()).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&draft.to_json()).unwrap(), document.clone());
        let config = draft.clone().stored_at("2026-07-01T00:00:00.000Z".to_owned());
        prop_assert_eq!(&Config::parse(&config.to_json()).unwrap(), &config);
        prop_assert_eq!(Draft::parse(&config.to_json()).unwrap(), draft);
        let value = config.to_value();
        prop_assert_eq!(value.as_object().unwrap().len(), 3);
        prop_assert_eq!(&value["version"], &document["version"]);
        prop_assert_eq!(&value["features"], &document["features"]);
    }

    /// Whatever is put in place of one part of a good document: it is accepted only if that part is good as well.
    #[test]
    fn one_bad_part_is_one_problem(document in good_document(), name in "[^a-zA-Z]{1,10}", value in json_value()) {
        let mut broken = document.clone();
        features(&mut broken).insert(name, json!(true));
        prop_assert_eq!(problems(Draft::parse(&broken.to_string())).len(), 1);
        let mut broken = document;
        broken["features"]["configReload"] = value.clone();
        prop_assert_eq!(Draft::parse(&broken.to_string()).is_ok(), value.is_boolean());
    }
}

#[test]
fn what_was_valid_once_can_still_be_read() {
    let older = r#"{"version":"1","features":{"dynamicWorkers":true},"lastUpdated":"then","gone":1}"#;
    let config = Config::from_stored(older).unwrap();
    assert_eq!(config.to_json(), r#"{"version":"1","lastUpdated":"then","features":{"dynamicWorkers":true}}"#);
    assert!(Config::parse(older).is_err(), "by the rules of today it is not");
    for no_document in ["", "{", "[]", "{}", r#"{"features":1}"#] {
        assert_eq!(Config::from_stored(no_document), None, "{no_document}");
    }
}
