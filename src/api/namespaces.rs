//! `namespaces`: list, create; and one: get, rename, patch, delete, quota.

use serde_json::{Value, json};

use super::{
    Action,
    plan::{Asked, Plan, Planned, paged, question},
};

pub(super) fn plan(mut asked: Asked<'_>) -> Planned {
    let name = asked.call.namespace.as_str();
    let operation = match asked.call.action {
        Action::ListNamespaces => {
            let mut operation = json!({ "op": "list_namespaces" });
            asked.page(&mut operation);
            // What the caller may not see is not in its pages.
            operation["only"] = asked.caller.namespaces.clone().map_or(Value::Null, Value::from);
            return asked.checked(Plan::Directory(paged(operation)));
        }
        Action::CreateNamespace => json!({ "op": "create_namespace", "name": asked.body["name"] }),
        Action::RenameNamespace | Action::PatchNamespace => json!({
            "op": "patch_namespace",
            "name": name,
            "new_name": asked.body["name"],
            "trusted_workers": asked.body["trusted_workers"],
        }),
        Action::DeleteNamespace => json!({ "op": "delete_namespace", "name": name }),
        Action::Quota => return asked.checked(Plan::Namespace(question(json!({ "op": "quota" })))),
        Action::PatchQuota => {
            let patch = asked.body.take();
            return asked.checked(Plan::Namespace(question(json!({ "op": "patch_quota", "patch": patch }))));
        }
        _ => json!({ "op": "namespace", "name": name }),
    };
    asked.checked(Plan::Directory(question(operation)))
}
