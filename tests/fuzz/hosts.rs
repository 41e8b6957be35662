//! Hosts that scripts may go to: each has one form, and none of the inside is taken for one of the outside.

use std::net::{Ipv4Addr, Ipv6Addr};

use dynamic_loader::registry::outbound::{Host, Pattern};
use proptest::{prelude::*, sample::select};

use super::{changed, runs, text_of};

const HOSTS: &str = include_str!("corpus/hosts.txt");
const PIECES: &[&str] = &[
    ".",
    "..",
    "a",
    "example",
    "com",
    "localhost",
    "internal",
    "xn--",
    "-",
    "_",
    "0",
    "1",
    "127",
    "0x7f",
    "0177",
    "255",
    "256",
    "*",
    "*.",
    "[",
    "]",
    "::",
    ":",
    "ffff",
    "%",
    "%2e",
    "@",
    "/",
    "\\",
    " ",
    "\0",
    "ä",
    "。",
    "．",
    "A",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![changed(HOSTS, PIECES), text_of(PIECES, 8)]
}

fn printed(host: &Host) -> String {
    match host {
        Host::Name(name) => name.clone(),
        Host::V4(bits) => Ipv4Addr::from_bits(*bits).to_string(),
        Host::V6(bits) => format!("[{}]", Ipv6Addr::from_bits(*bits)),
    }
}

/// What the standard library says of an address that nobody on the internet has.
fn is_nobodys(address: Ipv4Addr) -> bool {
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_unspecified()
        || address.is_multicast()
}

fn v4() -> impl Strategy<Value = Ipv4Addr> {
    let known = select(
        &[
            [10, 0, 0, 1],
            [127, 0, 0, 1],
            [169, 254, 169, 254],
            [172, 31, 255, 255],
            [192, 168, 0, 1],
            [8, 8, 8, 8],
            [224, 0, 0, 1],
        ][..],
    );
    prop_oneof![any::<u32>().prop_map(Ipv4Addr::from_bits), known.prop_map(Ipv4Addr::from)]
}

proptest! {
    #![proptest_config(runs(4000))]

    /// What a host is printed as is that host, and nothing else comes to it but capitals and a dot at the end.
    #[test]
    fn a_host_has_one_form(text in text()) {
        let Some(host) = Host::of(&text) else { return Ok(()) };
        let form = printed(&host);
        prop_assert_eq!(Host::of(&form), Some(host.clone()));
        if !matches!(host, Host::V6(_)) {
            let small = text.to_ascii_lowercase();
            prop_assert_eq!(small.strip_suffix('.').unwrap_or(&small), form.as_str());
        }
        prop_assert_eq!(Host::of(&text.to_ascii_uppercase()), Some(host.clone()));
        // What a resolver of the old kind takes for a number is never a name.
        if let Host::Name(name) = &host {
            let last = name.rsplit('.').next().unwrap();
            prop_assert!(!last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit())), "{}", name);
            prop_assert!(!last.bytes().all(|byte| byte.is_ascii_digit()), "{}", name);
            prop_assert!(name.is_ascii() && !name.contains(['/', '@', ':', '%', '\\', '\0', '[']), "{}", name);
        }
    }

    /// A pattern means the host that it is written as, in whatever capitals; a star means none of the inside, and none above it.
    #[test]
    fn a_pattern_matches_what_it_says(pattern in text(), host in text()) {
        let (Ok(pattern), Some(host)) = (Pattern::parse(&pattern), Host::of(&host)) else { return Ok(()) };
        match &pattern {
            Pattern::Any => prop_assert_eq!(pattern.matches(&host), !host.is_inside()),
            Pattern::Below(end) => {
                let is_below = matches!(&host, Host::Name(name) if name.ends_with(end.as_str()) && name.len() > end.len());
                prop_assert_eq!(pattern.matches(&host), is_below);
                prop_assert!(end.starts_with('.') && end.matches('.').count() >= 2);
                prop_assert!(!pattern.matches(&Host::of(&end[1..]).unwrap()), "not itself");
            }
            Pattern::Exactly(one) => prop_assert_eq!(pattern.matches(&host), printed(one) == printed(&host)),
        }
    }

    /// A pattern is of the host that is written in it.
    #[test]
    fn a_host_is_its_own_pattern(text in text()) {
        let Some(host) = Host::of(&text) else { return Ok(()) };
        let own = Pattern::parse(&printed(&host));
        prop_assert_eq!(own, Ok(Pattern::Exactly(host)));
    }

    /// No address of the inside is let out by a star, in whatever way it stands in one of IPv6.
    #[test]
    fn an_address_of_the_inside_is_one(address in v4(), other in any::<u128>()) {
        let host = Host::of(&address.to_string()).unwrap();
        let inside = host.is_inside();
        prop_assert!(inside || !is_nobodys(address), "{}", address);
        let bits = u128::from(address.to_bits());
        for (what, v6) in [
            ("mapped", 0xffff_u128 << 32 | bits),
            ("compatible", bits),
            ("translated", 0x64_ff9b_u128 << 96 | bits),
            ("6to4", 0x2002_u128 << 112 | bits << 80),
        ] {
            let host = Host::of(&format!("[{}]", Ipv6Addr::from_bits(v6))).unwrap();
            prop_assert!(host.is_inside() || !inside, "{} {}", what, address);
        }
        let v6 = Ipv6Addr::from_bits(other);
        if v6.is_loopback() || v6.is_multicast() || v6.is_unicast_link_local() || v6.is_unique_local() || v6.is_unspecified() {
            prop_assert!(Host::V6(other).is_inside(), "{}", v6);
        }
    }
}
