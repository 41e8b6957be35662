use serde_json::json;

use super::*;

fn told(policy: Value) -> Vec<String> {
    parse(&policy).err().unwrap_or_default().into_iter().map(|problem| problem.message).collect()
}

#[test]
fn reads_what_can_be_written() {
    assert_eq!((parse(&json!("block")), parse(&json!("inherit"))), (Ok(Policy::Block), Ok(Policy::Inherit)));
    assert_eq!(parse(&json!({ "rules": [] })), Ok(Policy::Rules(Rules::default())));
    let full = json!({ "dry_run": true, "rules": [{
        "host": "*.example.com", "methods": ["GET", "POST"], "path_prefix": "/v1/", "ports": [443, 8443], "scheme": "https",
        "headers": { "Authorization": { "secret": "KEY", "prefix": "Bearer " } }, "per_minute": 10, "response_bytes": 1000, "name": "api",
    }, { "host": "127.0.0.1", "ports": [80] }] });
    let Ok(Policy::Rules(rules)) = parse(&full) else { panic!("{:?}", parse(&full)) };
    assert!(rules.dry_run);
    let [api, local] = &rules.list[..] else { panic!() };
    assert_eq!((&*api.name, &*api.scheme, api.per_minute, api.response_bytes), ("api", "https", Some(10), Some(1000)));
    let header = Injected { name: "authorization".into(), secret: "KEY".into(), prefix: "Bearer ".into() };
    assert_eq!((&api.headers, &api.ports), (&vec![header], &vec![443, 8443]));
    assert_eq!((&*local.name, &*local.scheme, &*local.path_prefix), ("127.0.0.1", "", "/"));
}

#[test]
fn all_that_is_wrong_is_told() {
    let bad = json!({ "dry_run": "perhaps", "rule": [], "rules": [
        5,
        { "hosts": "a.example" },
        { "host": 5 },
        { "host": "*.com", "methods": ["get", "CONNECT"], "ports": [0, 70000, "80"], "scheme": "ws", "per_minute": 0, "response_bytes": -1, "name": "" },
        { "host": "a.example", "methods": [], "ports": [], "path_prefix": "v1" },
        { "host": "a.example", "name": "twice" },
        { "host": "a.example", "name": "twice", "headers": { "Host": { "secret": "A" }, "x a": { "secret": "A" }, "x-b": {}, "x-c": "B", "x-d": { "value": "v", "secret": "A" } } },
    ] });
    let told = told(bad);
    for part in [
        "dry_run has to be true or false",
        "has \"rule\", which is none",
        "rules[0] has to be an object",
        "rules[1] has \"hosts\"",
        "rules[1].host is missing",
        "rules[2].host has to be a text",
        "rules[3].host is all names",
        "has \"get\", which is no method",
        "has \"CONNECT\"",
        "has 0, which is no port",
        "has 70000",
        "has \"80\"",
        "rules[3]: scheme has to be https or http",
        "rules[3]: per_minute",
        "rules[3]: response_bytes",
        "rules[3].name",
        "rules[4].methods",
        "rules[4].ports",
        "rules[4].path_prefix",
        "rules[6] is called \"twice\"",
        "headers.Host is no header",
        "headers.x a is no header",
        "headers.x-b needs `secret`",
        "headers.x-c",
        "headers.x-d has \"value\"",
    ] {
        assert!(told.iter().any(|message| message.contains(part)), "{part}: {told:#?}");
    }
    for bad in [json!(null), json!(5), json!("open"), json!([]), json!({}), json!({ "rules": {} })] {
        assert_eq!(parse(&bad).unwrap_err().len(), 1, "{bad}");
    }
    let many = vec![json!({ "host": "a.example" }); MOST_RULES + 1];
    assert!(self::told(json!({ "rules": many }))[0].contains("101 rules"));
    for path in ["", "v1", "/a/../b", "/%2e%2e/b", "/a?b", "/a b", "/ü", "/a\\b", "/a#"] {
        assert_eq!(self::told(json!({ "rules": [{ "host": "a.example", "path_prefix": path }] })).len(), 1, "{path}");
    }
}

#[test]
fn a_credential_goes_in_clear_text_only_where_that_is_said() {
    let scheme = |mut rule: Value| {
        rule["headers"] = json!({ "x-key": { "secret": "KEY" } });
        let Ok(Policy::Rules(rules)) = parse(&json!({ "rules": [rule] })) else { panic!() };
        rules.list[0].scheme.clone()
    };
    assert_eq!(scheme(json!({ "host": "a.example" })), "https");
    assert_eq!(scheme(json!({ "host": "a.example", "scheme": "http" })), "http");
}
