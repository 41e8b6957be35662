//! Who calls, and what they may do.

use serde_json::Value;

use super::{Action, Call, Does};
use crate::registry::{Refusal, problem};

/// The holder of a token that was found to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The token's id.
    pub id: String,
    /// Whether it may change something.
    pub writes: bool,
    /// The namespaces that it sees; `None` is all.
    pub namespaces: Option<Vec<String>>,
    /// When it ends, or nothing.
    pub expires_on: Option<String>,
}

impl Caller {
    /// The holder of `API_TOKEN`.
    pub fn owner() -> Self {
        Self { id: "owner".to_owned(), writes: true, namespaces: None, expires_on: None }
    }

    /// What the Directory says of one of our tokens.
    pub fn from_value(token: &Value) -> Option<Self> {
        let text = |field: &str| token.get(field).and_then(Value::as_str).map(str::to_owned);
        let namespaces = match token.get("namespaces")? {
            Value::String(all) if all == "*" => None,
            Value::Array(names) => Some(names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()),
            _ => return None,
        };
        let writes = text("permission")? == "write";
        Some(Self { id: text("id")?, writes, namespaces, expires_on: text("expires_on") })
    }

    /// Whether the caller sees this namespace.
    pub fn sees(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|namespaces| namespaces.iter().any(|name| name == namespace))
    }

    /// Whether the caller may do this, whether what it is done to exists or not.
    ///
    /// # Errors
    /// [`Refusal::Api`] with 403.
    pub fn may(&self, call: &Call, does: Does) -> Result<(), Refusal> {
        // To listen to what scripts write is to read.
        let reads = call.reads || matches!(does, Does::Own(Action::PostTail));
        let why = if !reads && !self.writes {
            "This token may only read."
        } else if !call.namespace.is_empty() && !self.sees(&call.namespace) {
            "This token is not for this namespace."
        } else if self.namespaces.is_some() && matches!(does, Does::Administer(_)) {
            "This token is limited to some namespaces: tokens, quotas and whole namespaces are changed with one for all."
        } else {
            return Ok(());
        };
        Err(Refusal::api(403, problem::NOT_AUTHORIZED, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(permission: &str, namespaces: Value) -> Caller {
        Caller::from_value(&json!({ "id": "t", "name": "ci", "permission": permission, "namespaces": namespaces }))
            .unwrap()
    }

    fn may(caller: &Caller, method: &str, path: &str) -> bool {
        let path = format!("/client/v4/accounts/a{path}");
        let (call, does) = Call::parse(method, &path).unwrap();
        match caller.may(&call, does) {
            Ok(()) => true,
            Err(Refusal::Api { status: 403, .. }) => false,
            other => panic!("{other:?}"),
        }
    }

    const NAMESPACES: &str = "/workers/dispatch/namespaces";

    #[test]
    fn what_each_kind_of_token_may() {
        let reader = token("read", json!(["a"]));
        let writer = token("write", json!(["a", "b"]));
        let all = token("write", json!("*"));
        let all_reader = token("read", json!("*"));
        for (method, path, [read_a, write_ab, read_all, write_all]) in [
            ("GET", NAMESPACES.to_owned(), [true, true, true, true]),
            ("POST", NAMESPACES.to_owned(), [false, false, false, true]),
            ("GET", format!("{NAMESPACES}/a"), [true, true, true, true]),
            ("DELETE", format!("{NAMESPACES}/a"), [false, false, false, true]),
            ("PUT", format!("{NAMESPACES}/a"), [false, false, false, true]),
            ("PATCH", format!("{NAMESPACES}/a"), [false, false, false, true]),
            ("GET", format!("{NAMESPACES}/b/scripts/x"), [false, true, true, true]),
            ("HEAD", format!("{NAMESPACES}/c/scripts/x"), [false, false, true, true]),
            ("PUT", format!("{NAMESPACES}/a/scripts/x"), [false, true, false, true]),
            ("PATCH", format!("{NAMESPACES}/a/quota"), [false, false, false, true]),
            ("DELETE", format!("{NAMESPACES}/b/scripts/x"), [false, true, false, true]),
            ("PUT", format!("{NAMESPACES}/a/outbound/secrets"), [false, false, false, true]),
            ("DELETE", format!("{NAMESPACES}/a/outbound/secrets/KEY"), [false, false, false, true]),
            ("PUT", format!("{NAMESPACES}/a/scripts/x/outbound/secrets"), [false, true, false, true]),
            ("GET", format!("{NAMESPACES}/b/scripts/x/outbound/audit"), [false, true, true, true]),
            ("GET", format!("{NAMESPACES}/b/logs"), [false, true, true, true]),
            ("POST", format!("{NAMESPACES}/a/scripts/x/tails"), [true, true, true, true]),
            ("POST", "/workers/scripts/b/x/tails".to_owned(), [false, true, true, true]),
            ("POST", format!("{NAMESPACES}/a/run"), [false, true, false, true]),
            ("DELETE", format!("{NAMESPACES}/a/scripts/x/errors/f"), [false, true, false, true]),
            ("GET", "/tokens".to_owned(), [false, false, true, true]),
            ("POST", "/tokens".to_owned(), [false, false, false, true]),
            ("PUT", "/tokens/x/value".to_owned(), [false, false, false, true]),
            ("GET", "/tokens/verify".to_owned(), [true, true, true, true]),
        ] {
            for (caller, allowed) in
                [(&reader, read_a), (&writer, write_ab), (&all_reader, read_all), (&all, write_all)]
            {
                assert_eq!(may(caller, method, &path), allowed, "{method} {path} {caller:?}");
            }
            assert!(may(&Caller::owner(), method, &path));
        }
    }

    #[test]
    fn a_token_that_is_not_whole_is_none() {
        for token in [
            json!({}),
            json!({ "id": "t", "permission": "write", "namespaces": "a" }),
            json!({ "id": "t", "permission": "write" }),
            json!({ "permission": "write", "namespaces": [] }),
        ] {
            assert_eq!(Caller::from_value(&token), None, "{token}");
        }
        assert!(!token("read", json!([])).sees("a"));
        assert!(!token("Write", json!("*")).writes);
    }
}
