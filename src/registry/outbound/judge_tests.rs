use serde_json::{Value, json};

use super::*;

fn terms(policy: Value) -> Terms {
    Terms::read(&policy, &json!({ "KEY": "s3cr3t" }))
}

/// `METHOD URL` in the parts that a parser makes of what is in its own form already.
fn asked(call: &str) -> Asked<'_> {
    let (method, url) = call.split_once(' ').unwrap_or(("GET", call));
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (has_user, authority) = authority.rsplit_once('@').map_or((false, authority), |(_, host)| (true, host));
    let end = authority.rfind(']').map_or(0, |end| end + 1);
    let (host, port) = match authority[end..].find(':') {
        Some(at) => (&authority[..end + at], &authority[end + at + 1..]),
        None => (authority, ""),
    };
    Asked { scheme, host, port, path: if path.is_empty() { "/" } else { path }, has_user, method }
}

fn code(call: &str, script: &Terms, namespace: &Terms) -> &'static str {
    judge(asked(call), script, namespace, false).refused.map_or("allowed", |refused| refused.code)
}

#[test]
fn each_part_of_a_rule_counts() {
    let script = terms(json!({ "rules": [
        { "host": "api.example.com", "methods": ["GET", "POST"], "path_prefix": "/v1/", "scheme": "https" },
        { "host": "*.files.example.com" },
        { "host": "127.0.0.1", "ports": [8080, 443] },
        { "host": "api.example.com", "path_prefix": "/open", "ports": [8443] },
    ] }));
    let none = Terms::default();
    for (call, expected) in [
        ("https://api.example.com/v1/users", "allowed"),
        ("POST https://api.example.com/v1/", "allowed"),
        ("https://api.example.com./v1/", "allowed"),
        ("https://api.example.com:8443/open/a", "allowed"),
        ("https://a.files.example.com/", "allowed"),
        ("http://a.files.example.com/", "allowed"),
        ("http://127.0.0.1:8080/", "allowed"),
        ("https://127.0.0.1/", "allowed"),
        ("http://127.0.0.1:443/", "allowed"),
        ("http://api.example.com/v1/", "outbound_port"),
        ("DELETE https://api.example.com/v1/", "outbound_method"),
        ("get https://api.example.com/v1/", "outbound_method"),
        ("https://api.example.com/v2/", "outbound_path"),
        ("https://api.example.com:444/v1/", "outbound_port"),
        ("https://files.example.com/", "outbound_no_rule"),
        ("https://evil.example/", "outbound_no_rule"),
        ("https://api.example.com.evil.example/v1/", "outbound_no_rule"),
        ("https://evil.example/api.example.com/v1/", "outbound_no_rule"),
        ("http://127.0.0.1/", "outbound_port"),
        ("http://127.0.0.2:8080/", "outbound_inside"),
        ("http://localhost:8080/", "outbound_inside"),
        ("http://[::ffff:7f00:1]:8080/", "outbound_inside"),
        ("http://169.254.169.254/latest/meta-data/", "outbound_inside"),
        ("https://u:p@api.example.com/v1/", "outbound_bad_url"),
        ("https://u@api.example.com/v1/", "outbound_bad_url"),
        ("ftp://api.example.com/v1/", "outbound_bad_url"),
        ("wss://api.example.com/v1/", "outbound_bad_url"),
        ("https://api..example.com/v1/", "outbound_bad_url"),
        ("https://0x7f000001/", "outbound_bad_url"),
        ("https:///v1/", "outbound_bad_url"),
        ("https://api.example.com:99999/v1/", "outbound_port"),
    ] {
        assert_eq!(code(call, &script, &none), expected, "{call}");
    }
    let told = judge(asked("DELETE https://api.example.com/v1/"), &script, &none, false).refused.unwrap();
    assert_eq!((told.policy, &*told.rule), ("script", "api.example.com"));
    assert_eq!(told.message, "The rule \"api.example.com\" is not for the method DELETE.");
}

#[test]
fn a_star_is_the_internet_and_no_inner_network() {
    let open = terms(json!({ "rules": [{ "host": "*" }] }));
    let none = Terms::default();
    for (call, expected) in [
        ("https://anything.example/", "allowed"),
        ("http://1.1.1.1/", "allowed"),
        ("http://[2606:4700:4700::1111]/", "allowed"),
        ("http://10.0.0.1/", "outbound_inside"),
        ("http://169.254.169.254/", "outbound_inside"),
        ("http://[fd00:ec2::254]/", "outbound_inside"),
        ("http://[::ffff:a9fe:a9fe]/", "outbound_inside"),
        ("http://[64:ff9b::a9fe:a9fe]/", "outbound_inside"),
        ("http://[2002:7f00:1::]/", "outbound_inside"),
        ("http://localhost/", "outbound_inside"),
        ("http://metadata.google.internal/", "outbound_inside"),
        ("http://metadata/", "outbound_inside"),
    ] {
        assert_eq!(code(call, &open, &none), expected, "{call}");
    }
}

#[test]
fn both_policies_have_to_allow_it() {
    let a = || terms(json!({ "rules": [{ "host": "a.example" }, { "host": "b.example" }] }));
    let b = || terms(json!({ "rules": [{ "host": "b.example" }, { "host": "c.example", "name": "c" }] }));
    for (call, expected, whose) in [
        ("https://a.example/", "outbound_no_rule", "namespace"),
        ("https://b.example/", "allowed", ""),
        ("https://c.example/", "outbound_no_rule", "script"),
    ] {
        let (a, b) = (a(), b());
        let verdict = judge(asked(call), &a, &b, false);
        let told = verdict.refused.as_ref().map_or(("allowed", ""), |refused| (refused.code, refused.policy));
        assert_eq!(told, (expected, whose), "{call}");
        assert_eq!(verdict.grants.len(), if expected == "allowed" { 2 } else { 1 });
    }
    let (none, block, inherit) = (Terms::default(), terms(json!("block")), terms(json!("inherit")));
    for (script, namespace, untrusted, trusted) in [
        (&none, &none, "outbound_blocked", "outbound_blocked"),
        (&none, &a(), "allowed", "allowed"),
        (&a(), &block, "outbound_blocked", "outbound_blocked"),
        (&block, &a(), "outbound_blocked", "outbound_blocked"),
        (&inherit, &none, "outbound_blocked", "allowed"),
        (&inherit, &a(), "outbound_blocked", "allowed"),
        (&a(), &inherit, "outbound_blocked", "allowed"),
    ] {
        let code = |trusted| {
            let verdict = judge(asked("https://a.example/"), script, namespace, trusted);
            verdict.refused.map_or("allowed", |refused| refused.code)
        };
        assert_eq!((code(false), code(true)), (untrusted, trusted), "{:?} {:?}", script.policy, namespace.policy);
    }
}

#[test]
fn a_dry_run_is_for_the_trusted_and_for_its_own_policy() {
    let dry = terms(json!({ "rules": [], "dry_run": true }));
    let strict = terms(json!({ "rules": [{ "host": "a.example" }] }));
    let none = Terms::default();
    let told = |call: &str, script, namespace, trusted| {
        let verdict = judge(asked(call), script, namespace, trusted);
        (verdict.refused.map(|refused| (refused.code, refused.policy)), verdict.is_dry)
    };
    let no_rule = |policy| Some(("outbound_no_rule", policy));
    assert_eq!(told("https://b.example/", &dry, &none, true), (no_rule("script"), true));
    assert_eq!(told("https://b.example/", &dry, &none, false), (no_rule("script"), false), "nobody trusts it");
    assert_eq!(told("https://a.example/", &dry, &strict, true), (no_rule("script"), true));
    assert_eq!(told("https://b.example/", &dry, &strict, true), (no_rule("namespace"), false), "the ceiling is none");
    assert_eq!(told("https://b.example/", &strict, &dry, true), (no_rule("script"), false));
    let keyless = terms(
        json!({ "rules": [{ "host": "a.example", "headers": { "x-a": { "secret": "GONE" } } }], "dry_run": true }),
    );
    let missing = Some(("outbound_secret_missing", "script"));
    assert_eq!(told("https://a.example/", &keyless, &none, true), (missing, true));
    assert_eq!(told("https://a.example/", &keyless, &none, false), (missing, false));
    assert_eq!(told("ftp://b.example/", &dry, &none, true), (Some(("outbound_bad_url", "")), false));
}

#[test]
fn secrets_are_of_the_policy_that_names_them() {
    let rule = |secret: &str| json!({ "rules": [{ "host": "a.example", "headers": { "Authorization": { "secret": secret, "prefix": "Bearer " } } }] });
    let (none, mine) = (Terms::default(), terms(rule("KEY")));
    let verdict = judge(asked("https://a.example/"), &mine, &none, false);
    assert_eq!(verdict.headers(), (vec![("authorization", "Bearer s3cr3t".to_owned())], vec!["s3cr3t"]));
    assert_eq!(code("http://a.example/", &mine, &none), "outbound_scheme", "not in clear text");
    let theirs = Terms::read(&rule("THEIRS"), &json!({ "THEIRS": "of the namespace" }));
    let both = judge(asked("https://a.example/"), &mine, &theirs, false);
    assert_eq!(both.headers().0.last().unwrap().1, "Bearer of the namespace");
    let thief = terms(rule("THEIRS"));
    assert_eq!(code("https://a.example/", &thief, &theirs), "outbound_secret_missing", "a script has its own only");
    assert_eq!(judge(asked("https://a.example/"), &thief, &theirs, false).headers().1, ["of the namespace"]);
}

#[test]
fn the_lower_limits_hold() {
    let limited = |bytes: Value, methods: Value| {
        terms(json!({ "rules": [{ "host": "a.example", "response_bytes": bytes, "methods": methods }] }))
    };
    let (one, two) = (limited(json!(10), Value::Null), limited(json!(5), json!(["GET"])));
    let none = limited(Value::Null, Value::Null);
    let verdict = |script, namespace| judge(asked("https://a.example/"), script, namespace, false);
    assert_eq!(verdict(&one, &two).response_bytes(), Some(5));
    assert_eq!(verdict(&one, &none).response_bytes(), Some(10));
    assert_eq!(verdict(&none, &none).response_bytes(), None);
    assert!(verdict(&none, &two).minds_method() && !verdict(&none, &one).minds_method());
}
