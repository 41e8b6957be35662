//! Ids and digests as text.

/// Random bytes as a UUID, version 4.
pub fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = hex(&bytes);
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

/// Bytes in hexadecimal, small letters.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Whether it is so many digits of a hexadecimal number, small letters.
pub fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether it has the form of a UUID, in small letters.
pub fn is_uuid(text: &str) -> bool {
    let groups = text.split('-').map(|group| group.len());
    groups.eq([8, 4, 4, 4, 12]) && text.split('-').all(|group| is_hex(group, group.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_their_form_is_told() {
        assert!(is_uuid(&uuid([7; 16])));
        for other in ["", "0f3a9c21", "0F3A9C21-0000-4000-8000-000000000000", "0f3a9c21-0000-4000-8000-00000000000g"] {
            assert!(!is_uuid(other), "{other}");
        }
    }

    #[test]
    fn uuids_say_their_version_and_keep_the_rest() {
        assert_eq!(uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn hex_is_two_small_digits_a_byte() {
        assert_eq!(hex(&[0, 9, 10, 0xff]), "00090aff");
        assert!(is_hex("00090aff", 8));
        for not in ["00090aff0", "0", "00090AFF", "0009 aff", ""] {
            assert!(!is_hex(not, 8), "{not}");
        }
    }
}
