//! Addresses that are nobody's on the internet: of this machine, of its network, of whoever runs it.

/// Ranges of IPv4 that are no place on the internet (RFC 6890 and what came after it), with two addresses that are, and
/// at which clouds tell a machine its secrets. Each with the length of its prefix.
const V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    // Carriers' own; Alibaba's 100.100.100.200 is in it.
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // Link-local, and 169.254.169.254 of nearly every cloud.
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast, and all that is reserved above it.
    ([224, 0, 0, 0], 3),
    // Azure's.
    ([168, 63, 129, 16], 32),
    // Oracle's of old.
    ([192, 0, 0, 192], 32),
    // Anycast of AS112, which is answered by whoever is nearest.
    ([192, 31, 196, 0], 24),
];

/// Ranges within 2000::/3 that are no place of their own: Teredo and the rest of 2001::/23, documentation, 6to4, which
/// has an IPv4 address in it.
const V6: [(u128, u32); 4] = [(0x2001 << 112, 23), (0x2001_0db8 << 96, 32), (0x2002 << 112, 16), (0x3fff << 112, 20)];

/// Whether it is an address of the inside.
pub fn is_inside_v4(address: u32) -> bool {
    V4.iter().any(|(range, length)| (u32::from_be_bytes(*range) ^ address) >> (32 - length) == 0)
}

/// The same of IPv6. All that is not global unicast is: `::1`, mapped and translated IPv4, unique local, link-local.
pub fn is_inside_v6(address: u128) -> bool {
    // ISATAP: an interface whose last 32 bits are an IPv4 address.
    let is_isatap = matches!((address >> 32) as u32, 0x0000_5efe | 0x0200_5efe);
    address >> 125 != 1 || is_isatap || V6.iter().any(|(range, length)| (range ^ address) >> (128 - length) == 0)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn the_inside_of_ipv4() {
        let inside = |text: &str| is_inside_v4(text.parse::<Ipv4Addr>().unwrap().to_bits());
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
        ] {
            assert!(inside(address), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "168.63.129.15",
        ] {
            assert!(!inside(address), "{address}");
        }
    }

    #[test]
    fn the_inside_of_ipv6() {
        let inside = |text: &str| is_inside_v6(text.parse::<Ipv6Addr>().unwrap().to_bits());
        for address in [
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2606:4700::5efe:7f00:1",
            "2606:4700::200:5efe:7f00:1",
        ] {
            assert!(inside(address), "{address}");
        }
        for address in
            ["2606:4700:4700::1111", "2001:4860:4860::8888", "2001:200::1", "2a00:1450::1", "3ffe::1", "2003::1"]
        {
            assert!(!inside(address), "{address}");
        }
    }
}
