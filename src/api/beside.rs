//! What clients ask beside: who they are, which accounts there are, and ordinary Workers.

use serde_json::json;

use super::{
    Call, Caller,
    query::Query,
    resource::{Action, Does, Resource, in_account},
};
use crate::{
    registry::{Refusal, problem},
    reply::envelope,
};

pub(super) const RESOURCES: &[Resource] = &[
    read("user", &[("GET", Does::Own(Action::User))]),
    read("user/tokens/verify", &[("GET", Does::Own(Action::VerifyToken))]),
    read("memberships", &[("GET", Does::Own(Action::Memberships))]),
    read("accounts", &[("GET", Does::Own(Action::Accounts))]),
    read("accounts/:account", &[("GET", Does::Own(Action::Account))]),
    read(in_account!("r2/buckets/:item"), &[("GET", Does::Own(Action::Bucket))]),
    read(in_account!("queues"), &[("GET", Does::Own(Action::Queues))]),
    any(in_account!("workers/scripts/:script")),
    any(in_account!("workers/scripts/:script/*")),
    any(in_account!("workers/services/:script")),
    any(in_account!("workers/services/:script/*")),
];

const fn read(path: &'static str, methods: &'static [(&'static str, Does)]) -> Resource {
    Resource { path, allow: "GET, HEAD", methods }
}

const fn any(path: &'static str) -> Resource {
    Resource { path, allow: "", methods: &[("*", Does::Own(Action::OrdinaryWorker))] }
}

/// The account that lists tell of. Any other id in a path is taken, too: there is one account here.
const ACCOUNT: &str = "dynamic-loader";

/// The answer, which needs nobody.
///
/// # Errors
/// [`Refusal::Api`]: 403 for a user, as tokens of this host are none's, 404 for ordinary Workers.
pub fn answer(action: Action, call: &Call, caller: &Caller, mut query: Query<'_>) -> Result<String, Refusal> {
    let account = |id: &str| json!({ "id": id, "name": ACCOUNT, "type": "standard", "settings": {} });
    // Clients ask for the next page until one is empty.
    let first = query.text("page").is_none_or(|page| page == "1");
    let list = |item| Ok(envelope::page(&envelope::whole(if first { vec![item] } else { Vec::new() })));
    match action {
        Action::VerifyToken => {
            let mut token = json!({ "id": caller.id, "status": "active" });
            if let Some(expires_on) = &caller.expires_on {
                token["expires_on"] = expires_on.as_str().into();
            }
            Ok(envelope::success(&token.to_string()))
        }
        Action::Accounts => list(account(ACCOUNT)),
        Action::Account => Ok(envelope::success(&account(&call.account).to_string())),
        // Wrangler asks for each before it deploys, and makes what is not there: each script has a bucket of the name, once it writes.
        Action::Bucket => Ok(envelope::success(&json!({ "name": call.item }).to_string())),
        // It asks for those by their names; a namespace has a queue with the first message.
        Action::Queues => {
            let named = query
                .text("name")
                .map(|name| json!({ "queue_name": name, "queue_id": name, "producers": [], "consumers": [] }));
            Ok(envelope::page(&envelope::whole(named.into_iter().filter(|_| first).collect())))
        }
        Action::Memberships => {
            let role = if caller.writes { "Workers Platform Admin" } else { "Workers Platform (Read-only)" };
            list(json!({ "id": caller.id, "status": "accepted", "account": account(ACCOUNT), "roles": [role] }))
        }
        // By this code wrangler knows that the token is no person's.
        Action::User => Err(Refusal::api(403, problem::NOT_AUTHORIZED, "Tokens of this host are no user's.")),
        _ => {
            let why =
                "There are no ordinary Workers here, only scripts in namespaces: deploy with --dispatch-namespace.";
            Err(Refusal::api(404, problem::NO_SUCH_WORKER, why))
        }
    }
}
