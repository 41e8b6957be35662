//! Routes: each address is one place, and what is printed of it is what was read.

use dynamic_loader::{
    api::{Call, RESOURCES, ROOT},
    dispatch::{Hosts, Place, Target, place},
    http::{Route, is_control, path_of, route},
    registry::{BUILTIN, PATTERNS, Refusal, is_name},
};
use proptest::{prelude::*, sample::select};

use super::{changed, runs, text_of};

const URLS: &str = include_str!("corpus/urls.txt");
const PIECES: &[&str] = &[
    "/",
    "//",
    "?",
    "#",
    "@",
    "%40",
    "%2F",
    "%2f",
    "%5c",
    "\\",
    ".",
    "..",
    "%2e",
    "%2e%2e",
    ";",
    ":",
    "%",
    "%00",
    "%zz",
    "dispatch",
    "/dispatch/",
    "ns",
    "app",
    "tenant",
    "/tenant/",
    "feature",
    "builtin",
    "config",
    "metrics",
    "dynamic",
    "job",
    "tails",
    "/assets/",
    "client",
    "v4",
    "/client/v4",
    "accounts",
    "0123abcd",
    "-",
    "_",
    "A",
    "ä",
    "\u{7f}",
    "apps.example",
    "h",
    " ",
    "+",
    "&",
    "=",
];
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "", "*", "PROPFIND"];

fn hosts() -> impl Strategy<Value = Hosts> {
    let domain =
        prop::option::of(select(&["apps.example", "Apps.Example", "localhost", ""][..]).prop_map(str::to_owned));
    let namespace = prop::option::of(select(&["main", "builtin", "No"][..]).prop_map(str::to_owned));
    (domain, namespace).prop_map(|(domain, namespace)| Hosts { domain, namespace })
}

fn url() -> impl Strategy<Value = String> {
    let host = select(
        &[
            "https://h",
            "http://h:8787",
            "https://app.ns.apps.example",
            "https://app.apps.example.",
            "https://0123abcd-a.ns.localhost:1",
            "",
            "h",
        ][..],
    );
    prop_oneof![changed(URLS, PIECES), (host, text_of(PIECES, 9)).prop_map(|(host, rest)| [host, &rest].concat())]
}

/// The version's id as it can be asked for.
fn version() -> impl Strategy<Value = String> {
    "[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{1,12})?".prop_filter("digits stand in groups", |version| {
        version.len() <= 36
            && version.bytes().enumerate().all(|(at, byte)| matches!(at, 8 | 13 | 18 | 23) == (byte == b'-'))
    })
}

/// What a target is of, and what stands before it in the path.
fn shown(target: &Target<'_>) -> String {
    let (namespace, script) = (target.namespace, target.script);
    let version = target.version.map(|version| ["@", version].concat()).unwrap_or_default();
    format!("/{namespace}/{script}{version}")
}

proptest! {
    #![proptest_config(runs(3000))]

    /// An address is put together again from what was read of it, and what was read is nothing that cannot be.
    #[test]
    fn a_target_prints_back_as_it_was_read(url in url(), hosts in hosts()) {
        let found = place(&url, &hosts);
        let Some(target) = found.target() else { return Ok(()) };
        prop_assert!(is_name(target.namespace) && is_name(target.script) && target.namespace != BUILTIN);
        let own = target.url();
        let origin = target.address();
        let origin = origin.strip_suffix(target.prefix).unwrap();
        let rest = own.strip_prefix(origin).unwrap();
        // The slash is ours where there was none.
        let rest = if target.is_bare() { &rest[1..] } else { rest };
        prop_assert_eq!([origin, target.prefix, rest].concat(), url.as_str());
        prop_assert!(rest.is_empty() || rest.starts_with(['/', '?', '#']));
        if !target.prefix.is_empty() {
            let prefix = target.prefix.replacen("%40", "@", 1);
            let prefix = prefix.strip_prefix("/dispatch").unwrap_or(&prefix);
            // A version that cannot be is nobody's, and so each prefix is of one script and one version.
            prop_assert_eq!(prefix, shown(&target));
        }
        // And reading what it is printed as comes to the same.
        prop_assert_eq!(place(&url, &hosts), found);
    }

    /// A path that the host answers itself is no script's, and a script's is none that the host answers.
    #[test]
    fn no_path_is_of_two(url in url(), method in select(METHODS)) {
        let hosts = Hosts::default();
        let path = path_of(&url);
        let (own, found) = (route(method, path, || None), place(&url, &hosts));
        if own.is_ok() {
            prop_assert_eq!(found, Place::Own, "{} is of the host and of a script", url);
        }
        if found != Place::Own {
            prop_assert!(!is_control(path) && matches!(own, Err(Refusal::NoSuchPath(_))), "{}", url);
        }
    }

    /// What is said to be allowed is; HEAD is as GET; nothing but the method and the path decides, and a slash more is another path.
    #[test]
    fn what_is_allowed_is_there(path in prop_oneof![text_of(PIECES, 5), changed("/\n/metrics\n/config\n/dynamic\n/job/x\n/tails/x\n/client/v4/user", PIECES)], method in select(METHODS)) {
        let ask = |method: &str, path: &str| route(method, path, || None);
        match ask(method, &path) {
            Err(Refusal::MethodNotAllowed(allowed)) => {
                for other in allowed.split(", ") {
                    prop_assert!(ask(other, &path).is_ok(), "{} {}", other, path);
                }
                prop_assert!(!allowed.split(", ").any(|other| other == method));
            }
            Err(Refusal::NoSuchPath(told)) => {
                prop_assert_eq!(&told, &path);
                prop_assert!(METHODS.iter().all(|method| ask(method, &path).is_err()) || method != "GET");
            }
            Err(other) => prop_assert!(false, "{:?}", other),
            Ok(found) => {
                let exact = match found {
                    Route::Home { .. } => Some("/"),
                    Route::Dynamic => Some("/dynamic"),
                    Route::Metrics | Route::Scrape => Some("/metrics"),
                    Route::Config | Route::PutConfig => Some("/config"),
                    Route::Page | Route::Tail | Route::Job | Route::Control => None,
                };
                prop_assert_eq!(exact.unwrap_or(&path), path.as_str());
            }
        }
        prop_assert_eq!(ask("GET", &path).ok(), ask("HEAD", &path).ok());
    }

    /// Each script has its paths and its hosts, and what is behind them is its own, every byte of it.
    #[test]
    fn every_script_is_found_where_it_is(
        namespace in "[a-z0-9_-]{1,63}", script in "[a-z0-9_-]{1,63}", version in prop::option::of(version()),
        at in select(&["@", "%40"][..]), rest in prop_oneof![Just(String::new()), text_of(PIECES, 6).prop_map(|rest| ["/", &rest].concat())],
        pattern in prop::option::of(select(PATTERNS)),
    ) {
        prop_assume!(namespace != BUILTIN);
        let namespace = pattern.map_or(namespace.as_str(), |(pattern, _)| pattern);
        let folder = if pattern.is_some() { "" } else { "/dispatch" };
        let named = version.as_ref().map(|version| [at, version].concat()).unwrap_or_default();
        let url = format!("https://h{folder}/{namespace}/{script}{named}{rest}");
        let hosts = Hosts::default();
        let found = place(&url, &hosts);
        prop_assert_eq!(matches!(found, Place::Pattern(_)), pattern.is_some());
        let target = found.target().unwrap();
        prop_assert_eq!((target.namespace, target.script, target.version), (namespace, script.as_str(), version.as_deref()));
        prop_assert_eq!(target.url(), format!("https://h{}", if rest.is_empty() { "/" } else { &rest }));

        let hosts = Hosts { domain: Some("Apps.example".to_owned()), namespace: None };
        let url = format!("https://{script}.{namespace}.apps.EXAMPLE.:8443{rest}");
        let target = place(&url, &hosts).target().unwrap();
        prop_assert_eq!((target.namespace, target.script, target.prefix), (namespace, script.as_str(), ""));
    }

    /// A call of the control API has the names that its path has, whatever they are, and no name is a piece of the path.
    #[test]
    fn a_call_prints_back_as_it_was_read(
        at in any::<prop::sample::Index>(), account in "[A-Za-z0-9_-]{1,64}", namespace in "[a-z0-9_-]{1,63}",
        script in "[a-z0-9_-]{1,63}", item in text_of(PIECES, 5).prop_filter("there is one", |item| !item.is_empty()),
    ) {
        let all: Vec<_> = RESOURCES.into_iter().flatten().filter(|resource| !resource.path.contains('*')).collect();
        let resource = all[at.index(all.len())];
        let path = resource.path.replace(":account", &account).replace(":namespace", &namespace).replace(":script", &script).replace(":item", &encoded(&item));
        let (method, does) = resource.methods[0];
        let (call, found) = match Call::parse(method, &format!("{ROOT}/{path}")) {
            Ok(parsed) => parsed,
            Err(refusal) => return Err(TestCaseError::fail(format!("{method} {path}: {refusal:?}"))),
        };
        let has = |name: &str, value: &str| if resource.path.contains(name) { value.to_owned() } else { String::new() };
        // The name of an item may be a path's own word, where another row comes first.
        if format!("{found:?}") == format!("{does:?}") {
            prop_assert_eq!(call.item, has(":item", &item));
        }
        prop_assert_eq!((call.account, call.namespace, call.script), (has(":account", &account), has(":namespace", &namespace), has(":script", &script)));
    }

    /// Any path is a call or is told to be none, and what is allowed of it is.
    #[test]
    fn any_path_is_a_call_or_none(rest in text_of(PIECES, 12), method in select(METHODS)) {
        let path = ["/client/v4/accounts/a/workers/dispatch/namespaces", &rest].concat();
        match Call::parse(method, &path) {
            Err(Refusal::MethodNotAllowed(allowed)) => {
                for other in allowed.split(", ") {
                    prop_assert!(!matches!(Call::parse(other, &path), Err(Refusal::MethodNotAllowed(_))), "{} {}", other, path);
                }
            }
            Err(Refusal::Api { status, .. }) => prop_assert!(matches!(status, 400 | 404)),
            Err(other) => prop_assert!(false, "{:?}", other),
            Ok((call, _)) => prop_assert!(call.namespace.is_empty() || is_name(&call.namespace)),
        }
        let of = |method: &str| Call::parse(method, &path).map(|(call, does)| format!("{call:?} {does:?}")).ok();
        prop_assert_eq!(of("GET"), of("HEAD"));
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
