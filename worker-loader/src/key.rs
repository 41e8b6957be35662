//! The name under which the loader caches one exact code.

use std::{fmt, rc::Rc, str::FromStr};

use crate::{Hashed, WorkerCode, digest, parts::Parts};

/// A content-addressed key: `{prefix}@{SHA-256 of the code in 64 hexadecimal digits}`.
///
/// The loader keeps the first code it is given under a key, env, outbound and tails included. So a key has to
/// change with every one of them, and this one does: it is made by [`WorkerCode::key`] only. It must not change
/// with anything else, because each distinct key is a Worker of its own: a cold start, and on Cloudflare a billed
/// one (<https://developers.cloudflare.com/dynamic-workers/pricing/>). What varies from request to request goes in
/// the entrypoint's props, which are no part of it.
///
/// Keep a key and its code where they are used again: a call with a kept key makes nothing anew.
#[derive(Clone)]
pub struct WorkerKey {
    text: Rc<str>,
    #[cfg(target_arch = "wasm32")]
    kept: Rc<Kept>,
}

/// What a key has in JavaScript, made when it is first needed. Making the two for each call was measured at a tenth of
/// what the whole call costs.
#[cfg(target_arch = "wasm32")]
#[derive(Default)]
struct Kept {
    text: std::cell::OnceCell<js_sys::JsString>,
    /// The factory, and which code it gives.
    factory: std::cell::OnceCell<(WorkerCode, js_sys::Function)>,
}

impl WorkerCode<Hashed> {
    /// The key of this code. The prefix tells workers apart that must not share an isolate even where their code
    /// is the same, and tells people what it is: a tenant's name, say.
    ///
    /// The first call hashes all modules. Keep the key where the code is used again.
    pub fn key(&self, prefix: &str) -> WorkerKey {
        let mut text = String::with_capacity(prefix.len() + 65);
        text.push_str(prefix);
        text.push('@');
        digest::write_hex(self.digest(), &mut text);
        WorkerKey::new(text)
    }

    /// What the key is made of, part by part: `modules`, `env`, `outbound`, `tails`, `limits`, `compatibility_date`,
    /// `compatibility_flags`, each with the first 16 hexadecimal digits of a SHA-256. Two codes of different keys differ in those
    /// parts whose digests do: that tells why a worker was loaded anew.
    ///
    /// It hashes all modules again: for when a worker was started, not for each call.
    ///
    /// ```
    /// use worker_loader::WorkerCode;
    ///
    /// let greeter = |name: &str| WorkerCode::builder("2026-07-01", "a.js").js("a.js", "export default {}").env("NAME", name).build();
    /// let (ada, bob) = (greeter("Ada")?, greeter("Bob")?);
    /// let changed = ada.part_digests().zip(bob.part_digests()).filter(|(one, other)| one != other).map(|((part, _), _)| part);
    /// assert_eq!(changed.collect::<Vec<_>>(), ["env"]);
    /// # Ok::<(), worker_loader::Error>(())
    /// ```
    pub fn part_digests(&self) -> impl Iterator<Item = (&'static str, String)> {
        digest::of_sections(&self.parts).map(|(name, digest)| {
            let mut text = String::with_capacity(64);
            digest::write_hex(&digest, &mut text);
            text.truncate(16);
            (name, text)
        })
    }

    /// Whether the key is this code's.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn has_key(&self, key: &WorkerKey) -> bool {
        let mut digest = String::with_capacity(64);
        digest::write_hex(self.digest(), &mut digest);
        digest == key.digest()
    }

    fn digest(&self) -> &[u8; 32] {
        // What makes it is on its own, and is not compiled anew where it is made already (see `parts::Kept`).
        #[cold]
        #[inline(never)]
        fn make(parts: &Parts) -> [u8; 32] {
            digest::of(parts)
        }
        self.parts.kept.digest.get_or_init(|| make(&self.parts))
    }
}

impl WorkerKey {
    fn new(text: String) -> Self {
        Self {
            text: text.into(),
            #[cfg(target_arch = "wasm32")]
            kept: Default::default(),
        }
    }

    /// The whole key.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What [`WorkerCode::key`] was given.
    pub fn prefix(&self) -> &str {
        self.split().0
    }

    /// The digest, 64 hexadecimal digits.
    pub fn digest(&self) -> &str {
        self.split().1
    }

    /// The key for people: the prefix and the first 12 digits. Too short to trust, long enough to compare by eye.
    pub fn short(&self) -> String {
        let (prefix, digest) = self.split();
        format!("{prefix}@{}", &digest[..12])
    }

    fn split(&self) -> (&str, &str) {
        // By construction: `key` and `from_str` make no other, and these 65 bytes are ASCII.
        let at = self.text.len() - 65;
        (&self.text[..at], &self.text[at + 1..])
    }

    /// Tells the loader that a call to this worker failed which was made by
    /// [`Entrypoint::hand_over`](crate::Entrypoint::hand_over): there it cannot see that itself. `name` is that of the
    /// object that was handed over. If the code could not be had, the next `get` asks for it anew; any other failure
    /// changes nothing.
    #[cfg(target_arch = "wasm32")]
    pub fn load_failed(&self, name: &str, error: &crate::Error) {
        crate::poison::failed(self, name, error);
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn text(&self) -> Rc<str> {
        self.text.clone()
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn as_js(&self) -> &js_sys::JsString {
        self.kept.text.get_or_init(|| js_sys::JsString::from(&*self.text))
    }

    /// The factory for this code, kept; or a new one, if the one that is kept gives another code.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn factory(
        &self,
        code: &WorkerCode,
        make: impl Fn(WorkerKey, WorkerCode) -> js_sys::Function,
    ) -> js_sys::Function {
        // Its own copy of the text: a closure that held the key would hold itself.
        // `String::from`, as `to_string` on it formats.
        let anew = || make(WorkerKey::new(String::from(&*self.text)), code.clone());
        match self.kept.factory.get_or_init(|| (code.clone(), anew())) {
            (kept, factory) if Rc::ptr_eq(&kept.parts, &code.parts) => factory.clone(),
            _ => anew(),
        }
    }
}

/// A key read back from where it was kept. `WorkerLoader::get` still compares it with the code that
/// the factory gives, so a wrong one loads nothing.
impl FromStr for WorkerKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let shaped = text.rsplit_once('@').is_some_and(|(_, digest)| {
            digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        });
        if shaped { Ok(Self::new(text.to_owned())) } else { Err(InvalidKey(text.to_owned())) }
    }
}

/// The text is not the text of a [`WorkerKey`]; it holds what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidKey(pub String);

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no worker key: a key is PREFIX@ and 64 hexadecimal digits", self.0)
    }
}

impl std::error::Error for InvalidKey {}

/// For a factory that reads a key from where it was kept.
impl From<InvalidKey> for crate::Error {
    fn from(error: InvalidKey) -> Self {
        Self::factory(error.to_string())
    }
}

impl PartialEq for WorkerKey {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for WorkerKey {}

impl std::hash::Hash for WorkerKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for WorkerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WorkerKey({})", self.text)
    }
}

impl fmt::Display for WorkerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
