//! Whom a version is chosen for, and the cookie in which a visitor carries that.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::hex;

/// The cookie that we set where a deployment is split.
pub const COOKIE: &str = "dl_version";

/// The header that says who it is, where a script has no other setting. Cloudflare's own.
pub const KEY_HEADER: &str = "cloudflare-workers-version-key";

/// The header that asks for one of the deployment's versions. Cloudflare's own.
pub const OVERRIDES_HEADER: &str = "cloudflare-workers-version-overrides";

/// For how long a visitor is remembered, in seconds: a year.
const MAX_AGE_S: u32 = 31_536_000;

/// Hexadecimal digits of the signature: 128 bits of it.
const SIGNATURE: usize = 32;

/// What our cookie says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sticker {
    /// The subject: hexadecimal digits that tell nothing of whose they are.
    pub subject: String,
    /// The deployment that the visitor has seen.
    pub sequence: u64,
}

/// Signs and reads the cookies of one life of a script.
#[derive(Clone, Debug)]
pub struct Signer {
    incarnation: String,
    key: Vec<u8>,
}

/// How the cookie is to be set.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// Below which path it is sent back.
    pub path: &'a str,
    /// Whether the visitor came by https, and has to from then on.
    pub secure: bool,
}

impl Signer {
    /// With the key of this life of the script, as hexadecimal digits. What is none signs with an empty key, which is no
    /// secret: then nothing that it reads matters either.
    pub fn new(incarnation: &str, key: &str) -> Self {
        let byte = |at: usize| key.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let key = (0..key.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>().unwrap_or_default();
        Self { incarnation: incarnation.to_owned(), key }
    }

    /// The value of the cookie: `{subject}.{sequence}.{incarnation}.{signature}`.
    pub fn write(&self, sticker: &Sticker) -> String {
        let mut value = format!("{}.{}.{}", sticker.subject, sticker.sequence, self.incarnation);
        let signature = self.digits(&["cookie", &value], SIGNATURE);
        value.push('.');
        value.push_str(&signature);
        value
    }

    /// Reads a value that this signer wrote. Any other, one of another life of the script among them, is nothing.
    pub fn read(&self, value: &str) -> Option<Sticker> {
        let (signed, signature) = value.rsplit_once('.')?;
        if !same(&self.digits(&["cookie", signed], SIGNATURE), signature) {
            return None;
        }
        let (subject, rest) = signed.split_once('.')?;
        let (sequence, incarnation) = rest.split_once('.')?;
        (incarnation == self.incarnation)
            .then(|| Some(Sticker { subject: subject.to_owned(), sequence: sequence.parse().ok()? }))?
    }

    /// The subject that stands for an address. Keyed: nobody finds the address by trying all there are.
    pub fn of_address(&self, address: &str) -> String {
        self.digits(&["address", address], 16)
    }

    fn digits(&self, parts: &[&str], count: usize) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length is one");
        for part in parts {
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        hex(&mac.finalize().into_bytes()[..count / 2])
    }
}

/// All bytes are looked at, whatever the first one says.
fn same(a: &str, b: &str) -> bool {
    let difference = a.bytes().zip(b.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b));
    a.len() == b.len() && std::hint::black_box(difference) == 0
}

/// The `Set-Cookie` header for a value.
pub fn set_cookie(value: &str, scope: Scope<'_>) -> String {
    let secure = if scope.secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path={}; Max-Age={MAX_AGE_S}; HttpOnly; SameSite=Lax{secure}", scope.path)
}

/// A cookie out of a `Cookie` header. Of several of the name the first: the one for the longest path.
pub fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header.split(';').find_map(|pair| {
        let (given, value) = pair.split_once('=')?;
        (given.trim() == name).then(|| value.trim())
    })
}

/// The version that a `Cloudflare-Workers-Version-Overrides` header (a dictionary of RFC 9651) asks for, for this script.
pub fn version_override<'a>(header: &'a str, script: &str) -> Option<&'a str> {
    // The last one counts, as in every dictionary. An id has neither commas nor quotes in it.
    header.split(',').rev().find_map(|member| {
        let (name, value) = member.split_once('=')?;
        let value = value.trim().strip_prefix('"')?;
        let (id, parameters) = value.split_once('"')?;
        (name.trim() == script && (parameters.is_empty() || parameters.starts_with(';'))).then_some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn signer() -> Signer {
        Signer::new("9f0c", KEY)
    }

    #[test]
    fn a_cookie_is_what_it_was() {
        // A change of this forgets every visitor.
        let sticker = Sticker { subject: "0011aabb".into(), sequence: 7 };
        let value = signer().write(&sticker);
        assert_eq!(value, "0011aabb.7.9f0c.45f927b24b71cfc956530f6e11215db6");
        assert_eq!(signer().read(&value), Some(sticker));
    }

    #[test]
    fn nobody_else_can_write_one() {
        let value = signer().write(&Sticker { subject: "aa".into(), sequence: 7 });
        for other in [
            Signer::new("9f0d", KEY),
            Signer::new("9f0c", &KEY.replace("1f", "2f")),
            Signer::new("9f0c", ""),
            Signer::new("", KEY),
        ] {
            assert_eq!(other.read(&value), None, "{other:?}");
        }
        let (signed, signature) = value.rsplit_once('.').unwrap();
        for forged in [
            "",
            ".",
            "...",
            signed,
            signature,
            &value.replace(".7.", ".8."),
            &value.replace("aa.", "ab."),
            &format!("{signed}."),
            &format!("{signed}.{}", &signature[..31]),
            &format!("{signed}.{signature}0"),
            &format!("{signed}.{}", signature.to_uppercase()),
        ] {
            // Digits alone have no upper case.
            assert!(forged == value || signer().read(forged).is_none(), "{forged}");
        }
    }

    #[test]
    fn an_address_is_told_to_nobody() {
        let subject = signer().of_address("192.0.2.1");
        assert_eq!(subject.len(), 16);
        assert_eq!(subject, signer().of_address("192.0.2.1"));
        assert_ne!(subject, signer().of_address("192.0.2.2"));
        assert_ne!(subject, Signer::new("9f0c", "00").of_address("192.0.2.1"), "without the key it cannot be made");
    }

    #[test]
    fn a_cookie_goes_back_to_its_script_only() {
        assert_eq!(
            set_cookie("v", Scope { path: "/dispatch/a/b", secure: false }),
            "dl_version=v; Path=/dispatch/a/b; Max-Age=31536000; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            set_cookie("v", Scope { path: "/", secure: true }),
            "dl_version=v; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn finds_a_cookie_among_others() {
        let header = "a=1; dl_version=x=y.z ;b; dl_version=2;  =c; xdl_version=3";
        assert_eq!(cookie(header, COOKIE), Some("x=y.z"));
        assert_eq!(cookie(header, "a"), Some("1"));
        assert_eq!(cookie(header, "b"), None);
        assert_eq!(cookie("", "a"), None);
    }

    #[test]
    fn an_override_is_for_the_script_that_it_names() {
        for (header, id) in [
            ("app=\"1-2\"", Some("1-2")),
            (" other=\"0\" , app=\"1-2\" ", Some("1-2")),
            ("app=\"0\", app=\"1-2\"", Some("1-2")),
            ("app=\"1-2\";q=1", Some("1-2")),
            ("app=1-2", None),
            ("app=\"1-2", None),
            ("app=\"1-2\"x", None),
            ("apps=\"1-2\"", None),
            ("app", None),
            ("", None),
        ] {
            assert_eq!(version_override(header, "app"), id, "{header}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(subject in "[0-9a-f]{1,40}", sequence in any::<u64>()) {
            let sticker = Sticker { subject, sequence };
            let value = signer().write(&sticker);
            prop_assert!(value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.'));
            prop_assert_eq!(signer().read(&value), Some(sticker));
        }

        /// Whatever is sent, nothing panics, and nothing is believed that was not signed.
        #[test]
        fn believes_nothing_else(value in ".{0,80}") {
            prop_assert_eq!(signer().read(&value), None);
            let _nothing = (cookie(&value, "a"), version_override(&value, "a"));
        }
    }
}
