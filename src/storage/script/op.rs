//! The operations of a script.

use serde_json::Value;

use super::super::db::{Db, iso};
use crate::registry::{Refusal, vault::Vault};

/// An operation that is asked for, in the transaction that it is.
pub(super) struct Op<'a> {
    pub(super) db: &'a Db,
    pub(super) namespace_id: &'a str,
    pub(super) name: &'a str,
    /// `{"op": ...}`.
    pub(super) input: &'a Value,
    pub(super) now_ms: f64,
    pub(super) kept_ms: f64,
    pub(super) vault: &'a Vault,
}

/// What an operation does to what is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing that is live or in the index.
    Reads,
    /// It changes a script that is there.
    Changes,
    /// It may be the first of all.
    Creates,
    /// Nothing, and the script need not be there.
    Tries,
}

/// What the operation of this name does, if there is one.
pub(super) fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "get" | "settings" | "bindings" | "secrets" | "secret" | "tags" | "versions" | "version" | "preview"
        | "deployments" | "deployment" | "live" | "incident" | "incidents" | "objects" | "stores" | "usage" | "try" => {
            Kind::Reads
        }
        "patch_settings" | "put_secret" | "patch_secrets" | "delete_secret" | "put_tags" | "put_tag" | "delete_tag"
        | "deploy" | "delete_deployment" | "delete" => Kind::Changes,
        "outbound_secrets" | "outbound_audit" | "add_outbound_audit" | "clear_outbound_audit" => Kind::Reads,
        "put_outbound_secret" | "delete_outbound_secret" => Kind::Changes,
        "resolve" => Kind::Tries,
        "begin" | "stored" | "types" | "upload" => Kind::Creates,
        _ => return None,
    })
}

impl Op<'_> {
    /// Does it. The answer is the result as the API gives it; of a list in pages, `{"result", "result_info"}`; of `live`,
    /// its text.
    pub(super) fn perform(&self, name: &str) -> Result<Value, Refusal> {
        match name {
            "live" => self.live(),
            "resolve" => self.resolve(),
            "begin" => self.begin(),
            "stored" => self.stored(),
            "types" => self.types(),
            "upload" => self.upload(),
            "get" => self.get(),
            "delete" => self.delete(),
            "objects" => self.objects(),
            "stores" => self.stores(),
            "settings" => self.settings(),
            "patch_settings" => self.patch_settings(),
            "bindings" => self.bindings(),
            "tags" => self.tags(),
            "put_tags" => self.put_tags(),
            "put_tag" => self.put_tag(),
            "delete_tag" => self.delete_tag(),
            "secrets" => self.secrets(),
            "secret" => self.secret(),
            "put_secret" => self.put_secret(),
            "patch_secrets" => self.patch_secrets(),
            "delete_secret" => self.delete_secret(),
            "versions" => self.versions(),
            "version" => self.version(),
            "preview" => self.preview(),
            "deployments" => self.deployments(),
            "deployment" => self.deployment(),
            "deploy" => self.deploy(),
            "delete_deployment" => self.delete_deployment(),
            "incident" => self.incident(),
            "incidents" => self.incidents(),
            "outbound_secrets" => self.outbound_secrets(),
            "put_outbound_secret" => self.put_outbound_secret(),
            "delete_outbound_secret" => self.delete_outbound_secret(),
            "outbound_audit" => self.outbound_audit(),
            "add_outbound_audit" => self.add_outbound_audit(),
            "clear_outbound_audit" => self.clear_outbound_audit(),
            _ => Ok(Value::Null),
        }
    }

    /// Now, in ISO 8601.
    pub(super) fn now(&self) -> String {
        iso(self.now_ms)
    }

    /// A field of what is asked, as text.
    pub(super) fn text(&self, field: &str) -> &str {
        self.input[field].as_str().unwrap_or_default()
    }
}
