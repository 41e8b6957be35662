//! A deployment that is asked for.

use serde_json::Value;

use super::op::Op;
use crate::registry::{Refusal, binding, deployment, problem};

impl Op<'_> {
    /// `deploy {body, force}`: these versions with these shares.
    pub(super) fn deploy(&self) -> Result<Value, Refusal> {
        let mut row = self.script()?;
        let exists = |id: &str| self.document_of(Some(id)).is_some();
        let mut deployment = deployment::parse(&self.input["body"], &exists).map_err(Refusal::invalid)?;
        let (before, after) = (self.newest_of(&self.current()?), self.newest_of(&deployment));
        let back = after["number"].as_u64() < before["number"].as_u64();
        if back && self.input["force"] != true {
            let list = |version: &Value| version["bindings"].as_array().cloned().unwrap_or_default();
            let changed = binding::changed_secrets(&list(&before), &list(&after));
            if !changed.is_empty() {
                let message = format!("The following secrets have changed: {}", changed.join(", "));
                return Err(Refusal::api(400, problem::SECRETS_CHANGED, message));
            }
        }
        deployment["annotations"]["workers/triggered_by"] = if back { "rollback" } else { "deployment" }.into();
        let deployment = self.add_deployment(&mut row, deployment, "api".into())?;
        self.save(&mut row)?;
        Ok(deployment)
    }

    /// The version of a deployment that was made last.
    pub(super) fn newest_of(&self, deployment: &Value) -> Value {
        let versions = deployment["versions"].as_array().into_iter().flatten();
        let documents = versions.filter_map(|version| self.document_of(version["version_id"].as_str()));
        documents.max_by_key(|document| document["number"].as_u64()).unwrap_or_default()
    }
}
