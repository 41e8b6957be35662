//! Which script a request is for, by its host or its path, and the URL that the script sees.

use crate::registry::{BUILTIN, is_name};

/// Paths below this are scripts': `/dispatch/{namespace}/{script}[@{version}]/...`
const PATHS: &str = "/dispatch/";

/// Digits of a version's id that choose it, at least.
const SHORTEST: usize = 8;

/// The operator's settings for hosts.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    /// `script.namespace.DOMAIN` are scripts', if there is a domain.
    pub domain: Option<String>,
    /// `script.DOMAIN` are this namespace's scripts.
    pub namespace: Option<String>,
}

/// Whose a URL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// This Worker's own.
    Own,
    /// A script's, if there is such a script.
    Script(Target<'a>),
    /// A script's, under a name that none can have.
    Nobody,
}

/// A script and where in the URL it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The namespace's name.
    pub namespace: &'a str,
    /// The script's name.
    pub script: &'a str,
    /// The begin of the version's id, where a version is asked for.
    pub version: Option<&'a str>,
    /// What else the name can mean, where there is no script of the name: a version's id, and a script.
    pub or: Option<(&'a str, &'a str)>,
    /// What the script does not see of the path: nothing where the host names it.
    pub prefix: &'a str,
    /// Scheme and host.
    origin: &'a str,
    /// All that comes after the prefix, as it was sent.
    rest: &'a str,
}

impl<'a> Target<'a> {
    /// The URL that the script sees.
    pub fn url(&self) -> String {
        let slash = if self.is_bare() { "/" } else { "" };
        [self.origin, slash, self.rest].concat()
    }

    /// Whether the path ends with the script's name. A relative link in an answer would then lead beside the script.
    pub fn is_bare(&self) -> bool {
        !self.rest.starts_with('/')
    }

    /// Where a browser should be sent from a bare path.
    pub fn with_slash(&self) -> String {
        [self.prefix, "/", self.rest].concat()
    }

    /// The host, with its port.
    pub fn host(&self) -> &'a str {
        self.origin.split_once("://").map_or("", |(_, host)| host)
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'a str {
        self.origin.split_once("://").map_or("", |(scheme, _)| scheme)
    }
}

/// Reads an absolute URL, as the runtime writes one: its host is in small letters.
pub fn place<'a>(url: &'a str, hosts: &'a Hosts) -> Place<'a> {
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let host_end = url[host_at..].find(['/', '?', '#']).map_or(url.len(), |at| host_at + at);
    let (origin, rest) = url.split_at(host_end);
    match labels(&origin[host_at..], hosts) {
        None => rest.strip_prefix(PATHS).map_or(Place::Own, |path| by_path(origin, rest, path)),
        Some(labels) => by_host(origin, rest, labels, hosts),
    }
}

/// What stands before the domain in a host. `None` where nothing does, or it is another host.
fn labels<'a>(host: &'a str, hosts: &Hosts) -> Option<&'a str> {
    let domain = hosts.domain.as_deref()?;
    let host = host.rsplit_once(':').map_or(host, |(host, _port)| host);
    let host = host.strip_suffix('.').unwrap_or(host);
    let at = host.len().checked_sub(domain.len())?;
    if !host.is_char_boundary(at) || !host[at..].eq_ignore_ascii_case(domain) {
        return None;
    }
    host[..at].strip_suffix('.')
}

fn by_host<'a>(origin: &'a str, rest: &'a str, labels: &'a str, hosts: &'a Hosts) -> Place<'a> {
    let named = match labels.split_once('.') {
        Some((script, namespace)) => Some((namespace, script)),
        None => hosts.namespace.as_deref().map(|namespace| (namespace, labels)),
    };
    match named {
        Some((namespace, script)) if is_public(namespace, script) => {
            let or = script.split_at_checked(SHORTEST).and_then(|(version, script)| {
                let script = script.strip_prefix('-')?;
                (is_version(version) && is_name(script)).then_some((version, script))
            });
            Place::Script(Target { namespace, script, version: None, or, prefix: "", origin, rest })
        }
        _ => Place::Nobody,
    }
}

fn by_path<'a>(origin: &'a str, whole: &'a str, path: &'a str) -> Place<'a> {
    let Some((namespace, after)) = path.split_once('/') else {
        return Place::Nobody;
    };
    let (named, _) = after.split_at(after.find(['/', '?', '#']).unwrap_or(after.len()));
    let prefix = &whole[..PATHS.len() + namespace.len() + 1 + named.len()];
    let rest = &whole[prefix.len()..];
    let (script, version) = match named.split_once('@').or_else(|| named.split_once("%40")) {
        Some((script, version)) if is_version(version) => (script, Some(version)),
        Some(_) => return Place::Nobody,
        None => (named, None),
    };
    if is_public(namespace, script) {
        Place::Script(Target { namespace, script, version, or: None, prefix, origin, rest })
    } else {
        Place::Nobody
    }
}

fn is_public(namespace: &str, script: &str) -> bool {
    is_name(namespace) && is_name(script) && namespace != BUILTIN
}

/// Whether it is the begin of a version's id, and enough of it.
fn is_version(text: &str) -> bool {
    let is_digit = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    (SHORTEST..=36).contains(&text.len()) && text.bytes().enumerate().all(is_digit)
}

#[cfg(test)]
mod tests {
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
        for path in
            ["/", "/dispatch", "/config", "/dispatcher/ns/app/", "//dispatch/ns/app/", "/x/dispatch/ns/app/", ""]
        {
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
        for host in
            ["a.b.c.apps.example.com", ".apps.example.com", "a..apps.example.com", "app.builtin.apps.example.com"]
        {
            assert_eq!(place(&format!("https://{host}/config"), &both), Place::Nobody, "{host}");
        }
        assert_eq!(
            place("https://config.apps.example.com/", &hosts("apps.example.com", Some("builtin"))),
            Place::Nobody
        );
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
}
