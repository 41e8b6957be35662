//! Paths below a prefix, whatever way they are written in.

/// Whether a path, as a parser of URLs has made it, is the prefix or below it, and stays there however often whoever
/// serves it decodes it.
pub fn is_below(path: &str, prefix: &str) -> bool {
    let Some(rest) = path.strip_prefix(prefix) else { return false };
    if !(prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/')) {
        return false;
    }
    let mut path = path.as_bytes().to_vec();
    for _ in 0..4 {
        if goes_up(&path) {
            return false;
        }
        let decoded = decoded(&path);
        if decoded.len() == path.len() {
            return true;
        }
        path = decoded;
    }
    // Nobody encodes that often who means well.
    false
}

/// Whether a part is `.` or `..`, for whoever takes a backslash for a slash, or what is behind a semicolon for a
/// parameter; or there is what ends a text for some, or is nothing for others.
fn goes_up(path: &[u8]) -> bool {
    path.iter().any(u8::is_ascii_control)
        || path.split(|byte| matches!(byte, b'/' | b'\\')).any(|part| {
            let name = part.split(|byte| *byte == b';').next().unwrap_or_default();
            matches!(name, b"." | b"..")
        })
}

/// Each `%xx` is the byte that it stands for, once.
fn decoded(path: &[u8]) -> Vec<u8> {
    let hex = |at: usize| path.get(at).and_then(|byte| (*byte as char).to_digit(16));
    let (mut decoded, mut at) = (Vec::new(), 0);
    while let Some(byte) = path.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_prefix_is_not_left() {
        for (path, prefix) in [
            ("/v1/users", "/v1/"),
            ("/v1/", "/v1/"),
            ("/v1", "/v1"),
            ("/v1/users", "/v1"),
            ("/v1/a%2Fb", "/v1/"),
            ("/v1/100%25", "/v1/"),
            ("/v1/..a", "/v1/"),
            ("/v1/a..", "/v1/"),
            ("/v1//a", "/v1/"),
            ("/v1/a;b=c", "/v1/"),
            ("/v1/%", "/v1/"),
            ("/v1/%zz", "/v1/"),
        ] {
            assert!(is_below(path, prefix), "{path} {prefix}");
        }
        for (path, prefix) in [
            ("/v2/users", "/v1/"),
            ("/v10", "/v1"),
            ("/V1/a", "/v1/"),
            ("/v1", "/v1/"),
            ("//v1/", "/v1/"),
            ("/x/v1/", "/v1/"),
            ("/v1/..%2fadmin", "/v1/"),
            ("/v1/%2e%2e%2fadmin", "/v1/"),
            ("/v1/..%5cadmin", "/v1/"),
            ("/v1/..\\admin", "/v1/"),
            ("/v1/%252e%252e%252fadmin", "/v1/"),
            ("/v1/%25252e%25252e/", "/v1/"),
            ("/v1/..;/admin", "/v1/"),
            ("/v1/%2e%2e;x=y/admin", "/v1/"),
            ("/v1/a%2f..%2f..%2fadmin", "/v1/"),
            ("/v1/%00/../", "/v1/"),
            ("/v1/a%00", "/v1/"),
            ("/v1/../admin", "/v1/"),
            ("/v1/%2525252525252e", "/v1/"),
            ("/v1/%09../admin", "/v1/"),
            ("/v1/.%0a./admin", "/v1/"),
            ("/%761/a", "/v1/"),
            ("/v1%2f..%2fadmin", "/v1"),
        ] {
            assert!(!is_below(path, prefix), "{path} {prefix}");
        }
    }

    /// Where a server ends up that decodes so many times and then goes up for each `..`: below how many parts.
    fn reached(path: &str, times: usize) -> Vec<String> {
        let mut bytes = path.as_bytes().to_vec();
        for _ in 0..times {
            bytes = decoded(&bytes);
        }
        let text = String::from_utf8_lossy(&bytes).replace('\\', "/");
        let mut parts = Vec::new();
        for part in text.split('/').skip(1) {
            match part.split(';').next().unwrap_or_default() {
                ".." => drop(parts.pop()),
                "." => {}
                _ => parts.push(part.to_owned()),
            }
        }
        parts
    }

    proptest! {
        /// However often it is decoded, the first part is the prefix's.
        #[test]
        fn nobody_gets_out(pieces in proptest::collection::vec(
            prop_oneof![
                Just(".."), Just("."), Just("/"), Just("\\"), Just("%2e"), Just("%2F"), Just("%5c"), Just("%25"), Just("%252e"),
                Just("2e"), Just("2f"), Just("%"), Just(";"), Just("a"), Just("%3b"), Just("%00"),
            ], 0..14), times in 0_usize..6) {
            let path = ["/v1/", &pieces.concat()].concat();
            if is_below(&path, "/v1/") {
                let reached = reached(&path, times);
                prop_assert_eq!(reached.first().map(String::as_str), Some("v1"), "{} {}", path, times);
            }
        }
    }
}
