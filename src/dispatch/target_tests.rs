use super::*;
use proptest::prelude::*;

fn hosts(domain: &str, namespace: Option<&str>) -> Hosts {
    Hosts { domain: Some(domain.into()), namespace: namespace.map(str::to_owned) }
}

/// Namespace, script, version, and the script's own URL.
fn read(url: &str, hosts: &Hosts) -> Option<(String, String, Option<String>, String)> {
    match place(url, hosts) {
        Place::Script(t) => Some((t.namespace.into(), t.script.into(), t.version.map(str::to_owned), t.url())),
        _ => None,
    }
}

#[test]
fn a_path_names_a_script_and_the_script_does_not_see_it() {
    for (url, version, own) in [
        ("https://h/dispatch/ns/app/", None, "https://h/"),
        ("http://h:8787/dispatch/ns/app/a/b?x=1", None, "http://h:8787/a/b?x=1"),
        ("https://h/dispatch/ns/app", None, "https://h/"),
        ("https://h/dispatch/ns/app?x=/y", None, "https://h/?x=/y"),
        ("https://h/dispatch/ns/app/%2Fa%20b/%c3%a4+//?q=%2F&%zz", None, "https://h/%2Fa%20b/%c3%a4+//?q=%2F&%zz"),
        ("https://h/dispatch/ns/app//evil.example/x", None, "https://h//evil.example/x"),
        ("https://h/dispatch/ns/app/dispatch/ns/app/", None, "https://h/dispatch/ns/app/"),
        ("https://h/dispatch/ns/app@0123abcd/x@y", Some("0123abcd"), "https://h/x@y"),
        ("https://h/dispatch/ns/app%400123abcd/", Some("0123abcd"), "https://h/"),
        (
            "https://h/dispatch/ns/app@0123abcd-0123-4abc-8def-0123456789ab",
            Some("0123abcd-0123-4abc-8def-0123456789ab"),
            "https://h/",
        ),
    ] {
        let expected = ("ns".to_owned(), "app".to_owned(), version.map(str::to_owned), own.to_owned());
        assert_eq!(read(url, &Hosts::default()), Some(expected), "{url}");
    }
}

#[test]
fn other_paths_are_our_own() {
    for path in ["/", "/dispatch", "/config", "/dispatcher/ns/app/", "//dispatch/ns/app/", "/x/dispatch/ns/app/", ""] {
        assert_eq!(place(&format!("https://h{path}"), &Hosts::default()), Place::Own, "{path}");
    }
}

#[test]
fn what_can_be_no_name_is_nobodys() {
    for path in [
        "",
        "ns",
        "ns?x=/app",
        "ns/",
        "/app/",
        "NS/app/",
        "ns/App/",
        "n%73/app/",
        "ns/a.b/",
        "builtin/config/",
        "ns/app@/",
        "ns/app@0123abc/",
        "ns/app@0123abcg/",
        "ns/app@0123ABCD/",
        "ns/app@0123abcd0/",
        "ns/app@0123abcd@0123abcd/",
        "ns/@0123abcd/",
        &format!("ns/{}/", "a".repeat(64)),
    ] {
        assert_eq!(place(&format!("https://h/dispatch/{path}"), &Hosts::default()), Place::Nobody, "{path}");
    }
}

#[test]
fn a_bare_path_knows_where_to_go() {
    for (url, with_slash) in [
        ("https://h/dispatch/ns/app", Some("/dispatch/ns/app/")),
        ("https://h/dispatch/ns/app?a=b/", Some("/dispatch/ns/app/?a=b/")),
        ("https://h/dispatch/ns/app@01234567", Some("/dispatch/ns/app@01234567/")),
        ("https://h/dispatch/ns/app/", None),
    ] {
        let hosts = Hosts::default();
        let Place::Script(target) = place(url, &hosts) else { panic!("{url}") };
        assert_eq!(target.is_bare().then(|| target.with_slash()).as_deref(), with_slash, "{url}");
    }
}

#[test]
fn a_host_names_a_script() {
    let both = hosts("Apps.example.com", Some("main"));
    for (url, namespace, script) in [
        ("https://app.ns.apps.example.com/x?y", "ns", "app"),
        ("https://app.ns.apps.example.com:8443/x?y", "ns", "app"),
        ("https://app.ns.apps.example.com./x?y", "ns", "app"),
        ("https://app.apps.example.com/x?y", "main", "app"),
        ("https://app.apps.example.com/dispatch/other/script/", "main", "app"),
    ] {
        let read = read(url, &both).unwrap();
        assert_eq!((read.0.as_str(), read.1.as_str()), (namespace, script), "{url}");
        assert_eq!(read.3, url, "and sees the URL as it is");
    }
    assert_eq!(place("https://app.apps.example.com/", &hosts("apps.example.com", None)), Place::Nobody);
}

#[test]
fn other_hosts_are_our_own_and_so_is_the_domain_itself() {
    let both = hosts("apps.example.com", Some("main"));
    for host in [
        "apps.example.com",
        "apps.example.com.",
        "apps.example.com:80",
        "h",
        "example.com",
        "xapps.example.com",
        "[::1]:80",
    ] {
        assert_eq!(place(&format!("https://{host}/config"), &both), Place::Own, "{host}");
        let script = format!("https://{host}/dispatch/ns/app/");
        assert!(matches!(place(&script, &both), Place::Script(_)), "{host}");
    }
    for host in ["a.b.c.apps.example.com", ".apps.example.com", "a..apps.example.com", "app.builtin.apps.example.com"] {
        assert_eq!(place(&format!("https://{host}/config"), &both), Place::Nobody, "{host}");
    }
    assert_eq!(place("https://config.apps.example.com/", &hosts("apps.example.com", Some("builtin"))), Place::Nobody);
}

#[test]
fn a_label_may_ask_for_a_version() {
    let both = hosts("d", Some("main"));
    for (label, or) in [
        ("0123abcd-app", Some(("0123abcd", "app"))),
        ("0123abcd-a-b", Some(("0123abcd", "a-b"))),
        ("0123abcd", None),
        ("0123abcd-", None),
        ("0123abc-app", None),
        ("0123abcg-app", None),
        ("0123abcdeapp", None),
    ] {
        let url = format!("https://{label}.d/");
        let Place::Script(target) = place(&url, &both) else { panic!("{label}") };
        assert_eq!((target.script, target.or), (label, or), "a script of the whole name comes first");
    }
}

proptest! {
    /// Whatever comes after the script's name, the script sees these very bytes; and nothing panics.
    #[test]
    fn the_rest_is_kept(rest in "(/[!-~]{0,30})?", any in ".{0,60}", domain in "[a-zä.]{0,4}") {
        let url = format!("https://h/dispatch/ns/app{rest}");
        let own = read(&url, &Hosts::default()).unwrap().3;
        prop_assert_eq!(own, format!("https://h{}", if rest.is_empty() { "/" } else { &rest }));
        let _some_place = place(&any, &hosts(&domain, None));
    }
}

#[test]
fn a_patterns_path_names_one_of_its_scripts() {
    for (url, version, path, own) in [
        ("https://h/tenant/acme/", None, "/", "https://h/"),
        ("https://h/tenant/acme/a//b?x=1", None, "/a//b", "https://h/a//b?x=1"),
        ("https://h/tenant/acme?x=/1", None, "", "https://h/?x=/1"),
        ("https://h/tenant/acme@0123abcd/x", Some("0123abcd"), "/x", "https://h/x"),
    ] {
        let hosts = Hosts::default();
        let Place::Pattern(target) = place(url, &hosts) else { panic!("{url}") };
        assert_eq!((target.namespace, target.script, target.version), ("tenant", "acme", version), "{url}");
        assert_eq!((target.path(), target.url().as_str()), (path, own), "{url}");
        assert!(target.address().starts_with("https://h/tenant/acme"), "{url}");
        assert_eq!(target.lacks_slash(), path.is_empty(), "{url}");
    }
    for path in
        ["/tenant", "/tenant/", "/tenant/?x", "/tenants/acme/", "/t%65nant/acme/", "//tenant/acme/", "/x/tenant/a/"]
    {
        assert_eq!(place(&format!("https://h{path}"), &Hosts::default()), Place::Own, "{path}");
    }
    for path in
        ["/tenant//x", "/tenant/Acme/", "/tenant/a.b", "/tenant/acme@/", "/tenant/acme@0123/", "/tenant/@01234567/"]
    {
        assert_eq!(place(&format!("https://h{path}"), &Hosts::default()), Place::Nobody, "{path}");
    }
    let host =
        place("https://app.ns.d/tenant/acme/", &hosts("d", None)).target().map(|target| target.script.to_owned());
    assert_eq!(host.as_deref(), Some("app"), "below a script's host it is the script's path");
}
