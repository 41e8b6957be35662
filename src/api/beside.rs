//! What clients ask beside: who they are, which accounts there are, and ordinary Workers.

use serde_json::json;

use super::{
    Action,
    plan::{Asked, Plan, Planned},
};
use crate::registry::{Refusal, problem};

/// The account that lists tell of. Any other id in a path is taken, too: there is one account here.
const ACCOUNT: &str = "dynamic-loader";

pub(super) fn plan(asked: Asked<'_>) -> Planned {
    let account = |id: &str| json!({ "id": id, "name": "dynamic-loader", "type": "standard", "settings": {} });
    let plan = match asked.call.action {
        Action::VerifyToken => {
            let mut token = json!({ "id": asked.caller.id, "status": "active" });
            if let Some(expires_on) = &asked.caller.expires_on {
                token["expires_on"] = expires_on.as_str().into();
            }
            Plan::Answer(token)
        }
        Action::Accounts => Plan::List(vec![account(ACCOUNT)]),
        Action::Account => Plan::Answer(account(&asked.call.account)),
        Action::Memberships => {
            let role = if asked.caller.writes { "Workers Platform Admin" } else { "Workers Platform (Read-only)" };
            Plan::List(vec![
                json!({ "id": asked.caller.id, "status": "accepted", "account": account(ACCOUNT), "roles": [role] }),
            ])
        }
        // The code by which wrangler knows that the token is no person's.
        Action::User => return Err(Refusal::api(403, problem::NOT_AUTHORIZED, "Tokens of this host are no user's.")),
        _ => {
            let message =
                "There are no ordinary Workers here, only scripts in namespaces: deploy with --dispatch-namespace.";
            return Err(Refusal::api(404, problem::NO_SUCH_WORKER, message));
        }
    };
    asked.checked(plan)
}
