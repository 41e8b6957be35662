//! `tokens`: further tokens beside `API_TOKEN`. Beyond Cloudflare's API, whose tokens are not a script platform's.

use serde_json::json;

use super::{
    Action,
    plan::{Asked, Plan, Planned, question},
};

pub(super) fn plan(asked: Asked<'_>) -> Planned {
    let id = asked.call.item.as_str();
    let operation = match asked.call.action {
        Action::CreateToken => json!({
            "op": "create_token",
            "name": asked.body["name"],
            "permission": asked.body["permission"],
            "namespaces": asked.body["namespaces"],
            "expires_on": asked.body["expires_on"],
        }),
        Action::DeleteToken => json!({ "op": "delete_token", "id": id }),
        Action::RollToken => json!({ "op": "roll_token", "id": id, "grace_seconds": asked.body["grace_seconds"] }),
        _ => json!({ "op": "list_tokens" }),
    };
    asked.checked(Plan::Directory(question(operation)))
}
