//! Hosts: the one that a request is for, and those that a rule is for.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::address::{is_inside_v4, is_inside_v6};

/// Names that are answered by a network of its own, and not by the internet.
const INSIDE: [&str; 10] = [
    ".localhost",
    ".localdomain",
    ".local",
    ".internal",
    ".lan",
    ".home",
    ".corp",
    ".intranet",
    ".private",
    ".home.arpa",
];

/// The host of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name: lower case, no dot at its end.
    Name(String),
    /// An address.
    V4(u32),
    /// An address.
    V6(u128),
}

impl Host {
    /// Reads what a parser of URLs has made of it: `127.1` is `127.0.0.1` by then, `ＥＸＡＭＰＬＥ.com` is `example.com`. What
    /// is not in such a form is none: it may mean something else to whoever connects.
    pub fn of(text: &str) -> Option<Self> {
        if let Some(address) = text.strip_prefix('[') {
            return Some(Self::V6(address.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?.to_bits()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_label = |label: &str| (1..=63).contains(&label.len());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.len() > 253 || !name.bytes().all(is_plain) || !name.split('.').all(is_label) {
            return None;
        }
        let last = name.rsplit('.').next().unwrap_or_default();
        // A resolver of the old kind takes all of these for numbers.
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_hex = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if is_number(last) || is_hex {
            return Some(Self::V4(name.parse::<Ipv4Addr>().ok()?.to_bits()));
        }
        Some(Self::Name(name))
    }

    /// Whether it is of the inside, as far as that can be seen: what a name resolves to is not told to a Worker.
    pub fn is_inside(&self) -> bool {
        match self {
            Self::V4(address) => is_inside_v4(*address),
            Self::V6(address) => is_inside_v6(*address),
            // A name without a dot is completed by the resolver.
            Self::Name(name) => !name.contains('.') || INSIDE.iter().any(|end| name.ends_with(end)),
        }
    }
}

/// The hosts of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `*`: every host that is not of the inside.
    Any,
    /// `*.example.com`: the names that end so; with the dot, and without the star.
    Below(String),
    /// This one, wherever it is.
    Exactly(Host),
}

impl Pattern {
    /// Reads what is written in a rule.
    ///
    /// # Errors
    /// Why it can be none.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if !text.is_ascii() {
            return Err("has to be in ASCII: write an internationalised name as xn--...");
        }
        if text.contains("://") || text.contains(['/', '?', '#', '@']) {
            return Err("has to be a host alone, without scheme, path or user: there are fields for the first two");
        }
        if text.ends_with('.') {
            return Err("has to be written without a dot at its end, and matches requests with one all the same");
        }
        if let Some(rest) = text.strip_prefix('*') {
            return match (rest.strip_prefix('.').and_then(Host::of), rest.matches('.').count()) {
                (Some(Host::Name(_)), 2..) => Ok(Self::Below(rest.to_ascii_lowercase())),
                (Some(Host::Name(_)), _) => {
                    Err("is all names of a top-level domain: a wildcard needs two labels behind it")
                }
                _ => Err("has a star that is not *.NAME"),
            };
        }
        let bare = text.parse::<Ipv6Addr>().map(|address| Host::V6(address.to_bits())).ok();
        let host = bare.or_else(|| Host::of(text)).map(Self::Exactly);
        host.ok_or(if text.contains(':') {
            "has to be a host alone: its port belongs into ports"
        } else {
            "has to be a name, an address as it is usually written, *.NAME or *"
        })
    }

    /// Whether a host is one of them.
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, host) => !host.is_inside(),
            (Self::Below(end), Host::Name(name)) => name.len() > end.len() && name.ends_with(end.as_str()),
            (Self::Below(_), _) => false,
            (Self::Exactly(one), other) => one == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_form() {
        let name = |text: &str| Some(Host::Name(text.to_owned()));
        for (text, host) in [
            ("example.com", name("example.com")),
            ("EXAMPLE.com.", name("example.com")),
            ("xn--bcher-kva.example", name("xn--bcher-kva.example")),
            ("_dmarc.example.com", name("_dmarc.example.com")),
            ("1password.com", name("1password.com")),
            ("127.0.0.1", Some(Host::V4(0x7f00_0001))),
            ("127.0.0.1.", Some(Host::V4(0x7f00_0001))),
            ("[::1]", Some(Host::V6(1))),
            ("[::ffff:7f00:1]", Some(Host::V6(0xffff_7f00_0001))),
        ] {
            assert_eq!(Host::of(text), host, "{text}");
        }
        // A parser that is right lets none of these through as they are.
        for text in [
            "",
            ".",
            "..",
            "example.com..",
            "a..b",
            ".a",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "127.0.0.01",
            "1.2.3.4.5",
            "999.1.1.1",
            "example.0x1",
            "example.1",
            "[::1",
            "::1",
            "[fe80::1%25eth0]",
            "[v1.x]",
            "a b",
            "a%2eb",
            "a@b",
            "a:1",
            "bücher.example",
            "127。0。0。1",
            "ａ.com",
            "a/b",
            "a\\b",
            "a\0b",
        ] {
            assert_eq!(Host::of(text), None, "{text}");
        }
        assert_eq!(Host::of(&"a.".repeat(127)), Some(Host::Name("a.".repeat(126) + "a")));
        assert_eq!((Host::of(&"a.".repeat(128)), Host::of(&"a".repeat(64))), (None, None));
    }

    #[test]
    fn names_of_the_inside() {
        let inside = |text: &str| Host::of(text).unwrap().is_inside();
        for text in [
            "localhost",
            "a.localhost",
            "metadata",
            "metadata.google.internal",
            "nas.local",
            "x.home.arpa",
            "router.lan",
        ] {
            assert!(inside(text), "{text}");
        }
        for text in ["example.com", "localhost.example.com", "internal.example", "127.0.0.1.nip.io"] {
            assert!(!inside(text), "{text}");
        }
    }

    #[test]
    fn patterns_match_what_they_say() {
        let matches = |pattern: &str, host: &str| Pattern::parse(pattern).unwrap().matches(&Host::of(host).unwrap());
        for (pattern, host, expected) in [
            ("api.example.com", "api.example.com", true),
            ("API.Example.com", "api.example.com.", true),
            ("api.example.com", "xapi.example.com", false),
            ("api.example.com", "api.example.com.evil.example", false),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "evilexample.com", false),
            ("*", "example.com", true),
            ("*", "8.8.8.8", true),
            ("*", "127.0.0.1", false),
            ("*", "[::1]", false),
            ("*", "localhost", false),
            ("*", "metadata.google.internal", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "[::ffff:7f00:1]", false),
            ("::1", "[::1]", true),
            ("[0:0::1]", "[::1]", true),
            ("::ffff:127.0.0.1", "[::ffff:7f00:1]", true),
            ("localhost", "localhost", true),
            ("localhost", "a.localhost", false),
        ] {
            assert_eq!(matches(pattern, host), expected, "{pattern} {host}");
        }
    }

    #[test]
    fn what_can_be_no_pattern() {
        for (pattern, why) in [
            ("", "has to be a name"),
            ("*.com", "top-level"),
            ("*.", "dot"),
            ("*example.com", "star"),
            ("a.*.com", "has to be a name"),
            ("**", "star"),
            ("*.0.0.1", "star"),
            ("*.*.com", "star"),
            ("https://a.example", "host alone"),
            ("a.example/x", "host alone"),
            ("u@a.example", "host alone"),
            ("a.example:8080", "ports"),
            ("127.1", "has to be a name"),
            ("0x7f000001", "has to be a name"),
            ("bücher.example", "xn--"),
            ("a.example.", "dot"),
            ("[::1", "ports"),
            ("a b", "has to be a name"),
        ] {
            let told = Pattern::parse(pattern).unwrap_err();
            assert!(told.contains(why), "{pattern}: {told}");
        }
    }
}
