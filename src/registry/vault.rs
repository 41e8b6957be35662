//! Secrets as they are stored: sealed with a key that only the host's own secrets have.
//!
//! XChaCha20-Poly1305 (<https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha>), each with a nonce of chance. A secret
//! is bound to its place: moved to another script, or under another name, it does not open.

use base64ct::{Base64, Encoding};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::Aead, aead::Payload};
use hmac::{Hmac, KeyInit as _, Mac};
use sha2::Sha256;

use super::{Refusal, hex, problem};

/// What a sealed secret begins with; the id of its key comes then, and the rest is base64. No secret may begin so itself.
pub const PREFIX: &str = "dl-sealed:1:";

const NONCE: usize = 24;
const ID: usize = 8;

/// The keys of this host. The first seals, all open.
#[derive(Clone, Default)]
pub struct Vault(Vec<Key>);

#[derive(Clone)]
struct Key {
    /// Tells it from others, and nothing of it.
    id: String,
    cipher: XChaCha20Poly1305,
}

impl Vault {
    /// With the operator's `SECRETS_KEY` and, while it is being changed, `SECRETS_KEY_PREVIOUS`.
    ///
    /// # Errors
    /// [`Refusal::Misconfigured`] where one of them is no key.
    pub fn new(current: Option<&str>, previous: Option<&str>) -> Result<Self, Refusal> {
        let mut keys = Vec::new();
        for (name, text) in [("SECRETS_KEY", current), ("SECRETS_KEY_PREVIOUS", previous)] {
            let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { continue };
            let mut bytes = [0; 32];
            let whole = Base64::decode(text, &mut bytes).is_ok_and(|bytes| bytes.len() == 32);
            if !whole {
                let message =
                    format!("The secret {name} has to be 32 bytes in base64, as `openssl rand -base64 32` makes them.");
                return Err(Refusal::Misconfigured(message));
            }
            keys.push(Key {
                id: hex(&derived(&bytes, b"dynamic-loader: id of a key")[..ID / 2]),
                cipher: XChaCha20Poly1305::new(&derived(&bytes, b"dynamic-loader: secrets of scripts").into()),
            });
        }
        Ok(Self(keys))
    }

    /// Seals a secret, with a nonce that was never used.
    ///
    /// # Errors
    /// [`Refusal::Api`] with 403 where the operator has set no key.
    pub fn seal(&self, place: &str, text: &str, nonce: [u8; NONCE]) -> Result<String, Refusal> {
        let off = || {
            let message = "Secrets are kept when the operator has set SECRETS_KEY: `openssl rand -base64 32 | npx wrangler \
                           secret put SECRETS_KEY`.";
            Refusal::api(403, problem::SECRETS_OFF, message)
        };
        let key = self.0.first().ok_or_else(off)?;
        let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
        let sealed = key.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| off())?;
        let bytes = [&nonce[..], &sealed].concat();
        Ok([PREFIX, &key.id, ":", &Base64::encode_string(&bytes)].concat())
    }

    /// Opens what is stored. What is not sealed is from before there was a key, and is as it is.
    ///
    /// # Errors
    /// Why it does not open.
    pub fn open(&self, place: &str, stored: &str) -> Result<String, &'static str> {
        let Some((id, text)) = stored.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':')) else {
            return Ok(stored.to_owned());
        };
        let key = self.0.iter().find(|key| key.id == id);
        let key = key.ok_or("it was sealed with a key that is neither SECRETS_KEY nor SECRETS_KEY_PREVIOUS")?;
        let bytes = Base64::decode_vec(text).ok().filter(|bytes| bytes.len() > NONCE).ok_or("it is broken")?;
        let (nonce, sealed) = bytes.split_at(NONCE);
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let opened = key.cipher.decrypt(XNonce::from_slice(nonce), payload);
        let opened = opened.map_err(|_| "it was changed, or is another's")?;
        String::from_utf8(opened).map_err(|_| "it is no text")
    }
}

// Without its keys.
impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// Where a secret of a script belongs: the script's namespace, its name, the secret's.
pub fn place(namespace_id: &str, script: &str, name: &str) -> String {
    [namespace_id, "/", script, "/", name].concat()
}

fn derived(key: &[u8], purpose: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("an HMAC takes any key"));
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> String {
        Base64::encode_string(&[byte; 32])
    }

    fn vault(current: u8, previous: Option<u8>) -> Vault {
        Vault::new(Some(&key(current)), previous.map(key).as_deref()).unwrap()
    }

    #[test]
    fn opens_what_it_sealed_in_its_place_alone() {
        let vault = vault(1, None);
        for text in ["hush", "", "ü\u{0}\n", &"x".repeat(100_000)] {
            let sealed = vault.seal("n/s/A", text, [7; NONCE]).unwrap();
            assert!(sealed.starts_with(PREFIX) && (text.is_empty() || !sealed.contains(text)));
            assert_eq!(vault.open("n/s/A", &sealed).unwrap(), text);
            for place in ["n/s/B", "n/t/A", "m/s/A", ""] {
                assert!(vault.open(place, &sealed).unwrap_err().contains("another's"), "{place}");
            }
            let mut changed = sealed.clone().into_bytes();
            let last = changed.len() - 5;
            changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
            assert!(vault.open("n/s/A", &String::from_utf8(changed).unwrap()).is_err());
        }
        assert_ne!(vault.seal("a", "x", [1; NONCE]).unwrap(), vault.seal("a", "x", [2; NONCE]).unwrap());
    }

    #[test]
    fn keys_are_changed_one_for_the_other() {
        let old = vault(1, None).seal("p", "hush", [0; NONCE]).unwrap();
        let both = vault(2, Some(1));
        assert_eq!(both.open("p", &old).unwrap(), "hush");
        let new = both.seal("p", "hush", [0; NONCE]).unwrap();
        assert_eq!(vault(2, None).open("p", &new).unwrap(), "hush");
        assert!(vault(2, None).open("p", &old).unwrap_err().contains("SECRETS_KEY_PREVIOUS"));
        assert!(vault(1, None).open("p", &new).is_err());
    }

    #[test]
    fn without_a_key_nothing_is_sealed_and_what_is_plain_is_read() {
        let none = Vault::new(None, Some("")).unwrap();
        assert!(matches!(none.seal("p", "x", [0; NONCE]), Err(Refusal::Api { status: 403, .. })));
        assert_eq!(none.open("p", "plain, of an older host").unwrap(), "plain, of an older host");
        assert!(none.open("p", &vault(1, None).seal("p", "x", [0; NONCE]).unwrap()).is_err());
        for bad in ["x", &Base64::encode_string(&[1; 31]), &Base64::encode_string(&[1; 33]), "\u{fc}"] {
            assert!(matches!(Vault::new(Some(bad), None), Err(Refusal::Misconfigured(_))), "{bad}");
        }
        for broken in ["", "a:b", "00000000:", "00000000:AAAA"] {
            assert!(vault(1, None).open("p", &[PREFIX, broken].concat()).is_err() || !broken.contains(':'), "{broken}");
        }
        assert_eq!(format!("{:?}", vault(1, None)), "Vault");
    }
}
