use super::*;
use proptest::prelude::*;
use serde_json::json;

fn secret(name: &str, text: &str, version: &str) -> Value {
    json!({ "name": name, "type": "secret_text", "text": text, "version": version })
}

fn resolved(sent: Value, keep: Value, latest: Value) -> Result<Vec<Value>, Vec<Problem>> {
    let (sent, keep) = (sent.as_array().unwrap().clone(), keep.as_array().unwrap().clone());
    resolve(&sent, &keep, "v9", &|version| match version {
        None => latest.as_array().cloned(),
        Some("v1") => Some(vec![json!({ "name": "OLD", "type": "plain_text", "text": "from v1" })]),
        Some(_) => None,
    })
}

#[test]
fn what_is_built_is_taken() {
    let good = json!([
        { "name": "A", "type": "plain_text", "text": "" },
        { "name": "B", "type": "secret_text", "text": "s" },
        { "name": "C", "type": "json", "json": null },
        { "name": "D", "type": "assets" },
        { "name": "E", "type": "version_metadata" },
        { "name": "F", "type": "inherit" },
        { "name": "G", "type": "inherit", "old_name": "H" },
    ]);
    assert_eq!(check(good.as_array().unwrap()), Ok(()));
}

#[test]
fn each_that_is_not_is_named_with_its_type() {
    let bad = json!([
        { "name": "KV", "type": "ai" },
        { "name": "", "type": "json", "json": 1 },
        { "name": "__proto__", "type": "json", "json": 1 },
        { "name": "T", "type": "plain_text", "text": 5 },
        { "name": "T", "type": "json" },
        { "type": "json" },
        "text",
        { "name": "S", "type": "secret_text" },
    ]);
    let problems = check(bad.as_array().unwrap()).unwrap_err();
    let all = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("\n");
    assert_eq!(problems.len(), 9, "{all}");
    for part in ["\"KV\" is of the type \"ai\"", "\"__proto__\"", "two bindings \"T\"", "`text`", "`json`"] {
        assert!(all.contains(part), "{part}\n{all}");
    }
    let many: Vec<_> = (0..129).map(|i| json!({ "name": i.to_string(), "type": "assets" })).collect();
    assert!(check(&many).unwrap_err()[0].message.contains("128"));
}

#[test]
fn a_problem_never_tells_a_secret() {
    let bad = [json!({ "name": 5, "type": "secret_text", "text": "hunter2" })];
    assert!(!check(&bad).unwrap_err()[0].message.contains("hunter2"));
}

#[test]
fn kept_types_stay_unless_sent_anew() {
    let latest =
        json!([secret("A", "old", "v1"), secret("B", "b", "v2"), { "name": "P", "type": "plain_text", "text": "p" }]);
    let sent = json!([{ "name": "B", "type": "secret_text", "text": "now this", "more": 1 }]);
    let bindings = resolved(sent, json!(["secret_text", "secret_key"]), latest).unwrap();
    assert_eq!(bindings, [secret("B", "now this", "v9"), secret("A", "old", "v1")]);
}

#[test]
fn a_secret_says_which_version_brought_its_value() {
    let latest = json!([secret("A", "same", "v1"), secret("B", "old", "v1")]);
    let sent = json!([
        { "name": "A", "type": "secret_text", "text": "same" },
        { "name": "B", "type": "secret_text", "text": "new" },
        { "name": "C", "type": "secret_text", "text": "first", "version": "forged" },
    ]);
    let bindings = resolved(sent, json!([]), latest).unwrap();
    assert_eq!(bindings, [secret("A", "same", "v1"), secret("B", "new", "v9"), secret("C", "first", "v9")]);
}

#[test]
fn inherit_takes_from_the_latest_or_from_the_version_it_names() {
    let latest = json!([secret("A", "a", "v1")]);
    let sent = json!([
        { "name": "A", "type": "inherit" },
        { "name": "B", "type": "inherit", "old_name": "A", "version_id": "latest" },
        { "name": "OLD", "type": "inherit", "version_id": "v1" },
    ]);
    let bindings = resolved(sent, json!([]), latest.clone()).unwrap();
    let old = json!({ "name": "OLD", "type": "plain_text", "text": "from v1" });
    assert_eq!(bindings, [secret("A", "a", "v1"), secret("B", "a", "v1"), old]);
    for nothing in
        [json!({ "name": "X", "type": "inherit" }), json!({ "name": "A", "type": "inherit", "version_id": "v7" })]
    {
        let problems = resolved(json!([nothing]), json!([]), latest.clone()).unwrap_err();
        assert_eq!(problems[0].code, problem::INHERIT);
        assert!(problems[0].message.contains("inherit binding"), "wrangler looks for these words");
    }
}

#[test]
fn an_env_has_a_size() {
    let text = "x".repeat(600_000);
    let latest = json!([secret("A", &text, "v1")]);
    let sent = json!([{ "name": "B", "type": "json", "json": text }]);
    assert!(resolved(sent.clone(), json!([]), latest.clone()).is_ok());
    let problems = resolved(sent, json!(["secret_text"]), latest).unwrap_err();
    assert!(problems[0].message.contains("1000000"), "{problems:?}");
}

#[test]
fn secrets_differ_by_version_and_by_being_there() {
    let a = [secret("A", "1", "v1"), secret("B", "1", "v1"), json!({ "name": "P", "type": "plain_text", "text": "x" })];
    let b = [secret("A", "1", "v1"), secret("B", "1", "v2"), secret("C", "1", "v1")];
    assert_eq!(changed_secrets(&a, &b), ["B", "C"]);
    assert_eq!(changed_secrets(&a, &a), Vec::<String>::new());
}

proptest! {
    /// Whatever there is: a name is bound once, every name sent is bound, and no `inherit` is left.
    #[test]
    fn names_are_bound_once(
        sent in prop::collection::btree_map("[a-d]", 0usize..4, 0..4),
        latest in prop::collection::btree_map("[a-d]", 0usize..3, 0..4),
    ) {
        let kinds = ["plain_text", "secret_text", "json", "inherit"];
        let make = |(name, kind): (&String, &usize)| json!({ "name": name, "type": kinds[*kind], "text": "t", "json": 1, "version": "v1" });
        let of: Vec<_> = latest.iter().map(make).collect();
        let (sent_list, keep): (Vec<_>, _) = (sent.iter().map(make).collect(), [json!("secret_text")]);
        match resolve(&sent_list, &keep, "v9", &|_| Some(of.clone())) {
            Ok(bindings) => {
                for (at, binding) in bindings.iter().enumerate() {
                    prop_assert!(binding["type"] != "inherit");
                    prop_assert!(find(&bindings[..at], &binding["name"]).is_none());
                }
                for name in sent.keys() {
                    prop_assert!(find(&bindings, &json!(name)).is_some());
                }
            }
            Err(_) => {
                let wrong = |(name, kind): (&String, &usize)| match latest.get(name) {
                    None => *kind == 3,
                    Some(old) => *old == 1 && matches!(*kind, 0 | 2),
                };
                prop_assert!(sent.iter().any(wrong));
            }
        }
    }
}

#[test]
fn a_secret_is_not_lost_to_a_binding_of_its_name_nor_the_other_way_round() {
    let of = |bindings: &Value| -> Option<Vec<Value>> { bindings.as_array().cloned() };
    let latest = json!([{ "name": "S", "type": "secret_text", "text": "a", "version": "v1" },
        { "name": "P", "type": "plain_text", "text": "p" }]);
    let sent = |kind: &str, name: &str| vec![json!({ "name": name, "type": kind, "text": "x" })];
    let keep = |kind: &str| vec![Value::from(kind)];
    let tried = |sent: &[Value], keep: &[Value]| resolve(sent, keep, "v2", &|_| of(&latest));
    for (kind, name, kept) in [("plain_text", "S", "secret_text"), ("secret_text", "P", "plain_text")] {
        let problems = tried(&sent(kind, name), &keep(kept)).unwrap_err();
        assert_eq!((problems.len(), problems[0].code), (1, problem::NAME_IN_USE));
        assert_eq!(tried(&sent(kind, name), &[]).unwrap().len(), 1, "what is not kept is out of the way");
        assert_eq!(tried(&sent(kept, name), &keep(kept)).unwrap().len(), 1, "of its own kind");
    }
}

#[test]
fn what_is_kept_counts() {
    let binding = |at: usize| json!({ "name": at.to_string(), "type": "plain_text", "text": "" });
    let latest: Vec<_> = (0..MOST).map(binding).collect();
    let kept = |sent: Vec<Value>| resolve(&sent, &["plain_text".into()], "v", &|_| Some(latest.clone()));
    assert_eq!(kept(vec![binding(0)]).unwrap().len(), MOST);
    assert_eq!(kept(vec![binding(MOST)]).unwrap_err()[0].code, problem::VALIDATION);
}
