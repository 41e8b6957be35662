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
#[path = "target_tests.rs"]
mod tests;
