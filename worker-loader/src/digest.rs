//! The digest of a code: the same on every run and machine, another for every change.
//!
//! What is hashed is a byte string that can be read in one way only: every field has a tag, and every text its
//! length before it, so that no two codes write the same bytes. Sets (modules, env, flags) are sorted.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Module, Outbound, Stub, by_name::ByName, env_value::EnvValue, parts::Parts};

/// Changes with the layout below, so that a digest of an older layout is never taken for one of a newer.
const LAYOUT: &str = "worker-loader 1";

pub(crate) fn of(parts: &Parts) -> [u8; 32] {
    let mut hash = Feed(Sha256::new());
    hash.text(LAYOUT);
    for (_, feed) in SECTIONS {
        feed(&mut hash, parts);
    }
    hash.0.finalize().into()
}

/// The digest of each section by itself.
pub(crate) fn of_sections(parts: &Parts) -> impl Iterator<Item = (&'static str, [u8; 32])> {
    SECTIONS.iter().map(|(name, feed)| {
        let mut hash = Feed(Sha256::new());
        feed(&mut hash, parts);
        (*name, hash.0.finalize().into())
    })
}

type Section = (&'static str, fn(&mut Feed, &Parts));

/// All that a code is, in the order in which it is hashed.
const SECTIONS: [Section; 7] = [
    ("compatibility_date", |hash, parts| hash.text(&parts.compatibility_date)),
    ("compatibility_flags", |hash, parts| {
        hash.count(parts.compatibility_flags.iter().len());
        for (flag, ()) in parts.compatibility_flags.iter() {
            hash.text(flag);
        }
        hash.tag(u8::from(parts.allow_experimental));
    }),
    ("limits", |hash, parts| {
        hash.limit(parts.limits.cpu_ms);
        hash.limit(parts.limits.sub_requests);
    }),
    ("modules", |hash, parts| {
        hash.text(&parts.main_module);
        if let Some(bundle) = &parts.bundle {
            // No code has so many modules.
            hash.count(usize::MAX);
            hash.text(&bundle.digest);
        }
        hash.count(parts.modules.iter().len());
        for (name, module) in parts.modules.iter() {
            hash.text(name);
            hash.module(module);
        }
    }),
    ("env", |hash, parts| {
        hash.count(parts.env.iter().len());
        for (name, value) in parts.env.iter() {
            hash.text(name);
            hash.value(value);
        }
    }),
    ("outbound", |hash, parts| match &parts.outbound {
        Outbound::Block => hash.tag(b'b'),
        Outbound::Inherit => hash.tag(b'i'),
        Outbound::Through(stub) => {
            hash.tag(b't');
            hash.stub(stub);
        }
    }),
    ("tails", |hash, parts| {
        for tails in [&parts.tails, &parts.streaming_tails] {
            hash.count(tails.len());
            for tail in tails {
                hash.stub(tail);
            }
        }
    }),
];

/// What stands for a loopback stub in a code: all that it leads to.
#[cfg(any(target_arch = "wasm32", test))]
pub(crate) fn of_loopback(entrypoint: &str, revision: u32, props: &Value) -> String {
    let mut hash = Feed(Sha256::new());
    hash.text(entrypoint);
    hash.count(revision as usize);
    hash.json(props);
    let mut text = format!("loopback:{entrypoint}:");
    write_hex(&hash.0.finalize().into(), &mut text);
    text
}

/// Not by `format!`: formatting is a dozen functions, which V8 would compile anew for each cold start.
pub(crate) fn write_hex(digest: &[u8; 32], text: &mut String) {
    const DIGITS: &str = "0123456789abcdef";
    for byte in digest {
        for digit in [byte >> 4, byte & 15].map(usize::from) {
            text.push_str(&DIGITS[digit..=digit]);
        }
    }
}

struct Feed(Sha256);

impl Feed {
    fn tag(&mut self, tag: u8) {
        self.0.update([tag]);
    }

    fn count(&mut self, count: usize) {
        // On a machine of 32 bits as on one of 64.
        let count = if count == usize::MAX { u64::MAX } else { count as u64 };
        self.0.update(count.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn limit(&mut self, limit: Option<u32>) {
        self.tag(u8::from(limit.is_some()));
        self.0.update(limit.unwrap_or_default().to_le_bytes());
    }

    fn stub(&mut self, stub: &Stub) {
        self.text(&stub.fingerprint);
    }

    fn value(&mut self, value: &EnvValue) {
        match value {
            EnvValue::Json(value) => {
                self.tag(b'v');
                self.json(value);
            }
            EnvValue::Secret { fingerprint, .. } => {
                self.tag(b'x');
                self.text(fingerprint);
            }
            EnvValue::Stub(stub) => {
                self.tag(b's');
                self.stub(stub);
            }
        }
    }

    fn module(&mut self, module: &Module) {
        self.text(module.kind());
        match module {
            Module::Js(text) | Module::Cjs(text) | Module::Text(text) | Module::Py(text) => self.text(text),
            Module::Data(bytes) | Module::Wasm(bytes) => {
                self.tag(b'v');
                self.bytes(bytes);
            }
            Module::Json(value) => self.json(value),
            Module::Compiled(stub) => {
                self.tag(b's');
                self.stub(stub);
            }
        }
    }

    /// By hand and not by `to_string`: a crate elsewhere in the build may turn on serde_json's `preserve_order`.
    fn json(&mut self, value: &Value) {
        match value {
            Value::Null => self.tag(b'n'),
            Value::Bool(value) => self.tag(if *value { b'1' } else { b'0' }),
            Value::Number(number) => {
                self.tag(b'd');
                self.text(&number.to_string());
            }
            Value::String(text) => {
                self.tag(b'"');
                self.text(text);
            }
            Value::Array(items) => {
                self.tag(b'[');
                self.count(items.len());
                items.iter().for_each(|item| self.json(item));
            }
            Value::Object(map) => {
                self.tag(b'{');
                self.count(map.len());
                let mut entries = ByName::new();
                for (name, value) in map {
                    let _always_new = entries.insert(name.clone(), value);
                }
                for (name, value) in entries.iter() {
                    self.text(name);
                    self.json(value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_loopback_is_told_by_all_that_it_leads_to() {
        let one = of_loopback("Outbound", 0, &json!({ "tenant": "a" }));
        assert_eq!(one, of_loopback("Outbound", 0, &json!({ "tenant": "a" })));
        assert!(one.starts_with("loopback:Outbound:"));
        for other in [
            of_loopback("Tail", 0, &json!({ "tenant": "a" })),
            of_loopback("Outbound", 1, &json!({ "tenant": "a" })),
            of_loopback("Outbound", 0, &json!({ "tenant": "b" })),
            of_loopback("Outbound", 0, &json!({})),
        ] {
            assert_ne!(one, other);
        }
    }
}
