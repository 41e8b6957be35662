//! Which script a request is for, by its host or its path, and the URL that the script sees.

use crate::registry::{BUILTIN, PATTERNS, is_name};

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
    /// The same of a pattern, which has calls of its own to make and change its scripts.
    Pattern(Target<'a>),
    /// A script's, under a name that none can have.
    Nobody,
}

impl<'a> Place<'a> {
    /// The script that it names, be it a pattern's or not.
    pub fn target(self) -> Option<Target<'a>> {
        match self {
            Self::Script(target) | Self::Pattern(target) => Some(target),
            _ => None,
        }
    }
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
    /// Whether a path that ends with the script's name is the script's as it is.
    serves_bare: bool,
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

    /// Whether a browser should be sent to the path with a slash.
    pub fn lacks_slash(&self) -> bool {
        self.is_bare() && !self.serves_bare
    }

    /// What the script sees of the path; nothing where it is bare.
    pub fn path(&self) -> &'a str {
        &self.rest[..self.rest.find(['?', '#']).unwrap_or(self.rest.len())]
    }

    /// Scheme, host and prefix: the script's address, without a slash at its end.
    pub fn address(&self) -> String {
        [self.origin, self.prefix].concat()
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
        None => match rest.strip_prefix(PATHS) {
            Some(path) => match path.split_once('/') {
                Some((namespace, _)) => by_path(origin, rest, namespace, PATHS.len() + namespace.len() + 1, false)
                    .map_or(Place::Nobody, Place::Script),
                None => Place::Nobody,
            },
            None => of_pattern(origin, rest),
        },
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
            Place::Script(Target { namespace, script, version: None, or, prefix: "", serves_bare: false, origin, rest })
        }
        _ => Place::Nobody,
    }
}

/// `/{namespace}/{script}...` of a pattern. The namespace alone is none of its scripts'.
fn of_pattern<'a>(origin: &'a str, rest: &'a str) -> Place<'a> {
    let Some((namespace, after)) = rest.strip_prefix('/').and_then(|path| path.split_once('/')) else {
        return Place::Own;
    };
    match PATTERNS.iter().find(|(name, _)| *name == namespace) {
        Some(_) if after.is_empty() || after.starts_with(['?', '#']) => Place::Own,
        Some((_, serves_bare)) => {
            by_path(origin, rest, namespace, namespace.len() + 2, *serves_bare).map_or(Place::Nobody, Place::Pattern)
        }
        None => Place::Own,
    }
}

/// The script whose name stands there in a path, `script[@version]`, if it can be one.
fn by_path<'a>(
    origin: &'a str,
    whole: &'a str,
    namespace: &'a str,
    at: usize,
    serves_bare: bool,
) -> Option<Target<'a>> {
    let end = whole[at..].find(['/', '?', '#']).map_or(whole.len(), |end| at + end);
    let (prefix, rest) = whole.split_at(end);
    let named = &prefix[at..];
    let (script, version) = match named.split_once('@').or_else(|| named.split_once("%40")) {
        Some((script, version)) => (script, Some(version).filter(|version| is_version(version))),
        None => (named, None),
    };
    let is_whole = version.is_some() || script.len() == named.len();
    (is_whole && is_public(namespace, script)).then_some(Target {
        namespace,
        script,
        version,
        or: None,
        prefix,
        serves_bare,
        origin,
        rest,
    })
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
