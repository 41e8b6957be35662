//! The secrets of versions: sealed where they are stored, open where they are compared.

use serde_json::Value;

use super::{super::db::random, op::Op};
use crate::registry::{
    Refusal, problem,
    vault::{PREFIX, place},
    version::MOST_BYTES,
};

impl Op<'_> {
    /// The document with its secrets open. One that does not open stays as it is: it is not lost, and can still be replaced.
    pub(super) fn opened(&self, mut document: Value) -> Value {
        self.each_secret(&mut document, |place, text| {
            Ok(self.vault.open(place, text).unwrap_or_else(|_| text.to_owned()))
        })
        .ok();
        document
    }

    /// The document as it is stored.
    ///
    /// # Errors
    /// As [`Vault::seal`](crate::registry::vault::Vault::seal); and where that makes it too long.
    pub(super) fn sealed(&self, mut document: Value) -> Result<Value, Refusal> {
        self.each_secret(&mut document, |place, text| {
            if text.starts_with(PREFIX) { Ok(text.to_owned()) } else { self.vault.seal(place, text, random()?) }
        })?;
        let bytes = document.to_string().len();
        if bytes > MOST_BYTES {
            let message =
                format!("With its secrets sealed the version makes {bytes} bytes: at most {MOST_BYTES} are kept.");
            return Err(Refusal::api(400, problem::TOO_LARGE, message));
        }
        Ok(document)
    }

    fn each_secret(
        &self,
        document: &mut Value,
        change: impl Fn(&str, &str) -> Result<String, Refusal>,
    ) -> Result<(), Refusal> {
        for binding in document["bindings"].as_array_mut().into_iter().flatten() {
            if binding["type"] == "secret_text" {
                let name = binding["name"].as_str().unwrap_or_default();
                let text = binding["text"].as_str().unwrap_or_default();
                binding["text"] = change(&place(self.namespace_id, self.name, name), text)?.into();
            }
        }
        Ok(())
    }
}
