//! The gateway: each request of a script to elsewhere, and the answer to whether it goes there. `outbound.js` has the rest.

use std::cell::RefCell;

use js_sys::Date;
use serde_json::{Value, json};
use worker::{Env, console_error};

use crate::{
    registry::{
        Refusal,
        outbound::{Asked, Policy, Refused, Terms, Verdict, judge},
    },
    storage::{self, Bucket},
};

/// What was counted of so many limits is remembered.
const MOST_COUNTED: usize = 512;

thread_local! {
    /// What is left of each limit, as far as this isolate knows.
    static COUNTED: RefCell<Vec<(String, Bucket)>> = const { RefCell::new(Vec::new()) };
}

/// What is known of the script that asks.
#[derive(Debug)]
pub struct Held<'a> {
    /// Its own terms.
    pub script: &'a Terms,
    /// Those of its namespace.
    pub namespace: &'a Terms,
    /// Whether the namespace is trusted.
    pub trusted: bool,
    /// So many requests a minute, as it or its namespace says.
    pub subrequests_per_minute: Option<u32>,
}

/// Decides on a request, `{scheme, host, port, path, user, method}` and whose it is. What comes back is for
/// `outbound.js`: `refused` and whether that is `dry`, `rules`, what to put into the request, and how to look at the response.
pub async fn decide(env: &Env, asked: &Value, held: &Held<'_>) -> Value {
    let text = |name: &str| asked[name].as_str().unwrap_or_default();
    let mut verdict = judge(
        Asked {
            scheme: text("scheme").trim_end_matches(':'),
            host: text("host"),
            port: text("port"),
            path: text("path"),
            has_user: asked["user"] == true,
            method: text("method"),
        },
        held.script,
        held.namespace,
        held.trusted,
    );
    let object = ["outbound/", text("namespace_id"), "/", text("script")].concat();
    let mut retry_after_s = None;
    if verdict.refused.is_none() {
        retry_after_s = limited(env, &object, held, &mut verdict).await;
    }
    let (headers, secrets) = verdict.headers();
    let rules: Vec<_> = verdict.grants.iter().map(|grant| json!([grant.policy, grant.rule.name])).collect();
    let refused = verdict.refused.as_ref().map(|refused| {
        json!({ "code": refused.code, "policy": refused.policy, "rule": refused.rule, "message": refused.message })
    });
    if refused.is_some() && !verdict.is_dry {
        return json!({ "refused": refused, "retry_after": retry_after_s });
    }
    json!({
        "refused": refused,
        "dry": verdict.is_dry,
        "rules": rules,
        "headers": headers,
        "secrets": secrets,
        "response_bytes": if is_dry_run(held) { None } else { verdict.response_bytes() },
        "minds_method": verdict.minds_method(),
    })
}

/// What is answered where nothing is known of the script: nothing goes out.
pub fn unknown(refusal: &Refusal) -> Value {
    let (code, message) = match refusal {
        Refusal::Api { .. } => {
            ("outbound_blocked", "The script that this worker was loaded for is not there any more.")
        }
        _ => ("outbound_unavailable", "The outbound policy cannot be read for the moment."),
    };
    json!({ "refused": { "code": code, "policy": "", "rule": "", "message": message } })
}

/// Counts the request in each limit that there is. The first that is reached refuses it, and says when there is more.
async fn limited(env: &Env, object: &str, held: &Held<'_>, verdict: &mut Verdict<'_>) -> Option<u32> {
    let mut limits = Vec::new();
    if let Some(most) = held.subrequests_per_minute {
        limits.push((object.to_owned(), most, "script", ""));
    }
    for grant in &verdict.grants {
        if let Some(per_minute) = grant.rule.per_minute {
            let name = [object, "/", grant.policy, "/", &grant.rule.name].concat();
            limits.push((name, per_minute, grant.policy, grant.rule.name.as_str()));
        }
    }
    for (name, per_minute, policy, rule) in limits {
        let Err(seconds) = taken(env, &name, per_minute).await else { continue };
        let what = if rule.is_empty() { "This script".to_owned() } else { format!("The rule {rule:?}") };
        let message = format!("{what} has had its {per_minute} requests a minute: there is more in {seconds} s.");
        verdict.refused = Some(Refused { code: "outbound_rate_limited", policy, rule: rule.to_owned(), message });
        verdict.is_dry = is_dry_run(held);
        return Some(seconds);
    }
    None
}

/// Whether one may be had of a limit that all isolates share: first of what this one knows, which costs nothing and
/// stands where the others cannot be asked.
async fn taken(env: &Env, name: &str, per_minute: u32) -> Result<(), u32> {
    COUNTED.with_borrow_mut(|counted| {
        let at = counted.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            if counted.len() == MOST_COUNTED {
                counted.remove(0);
            }
            counted.push((name.to_owned(), Bucket::full(per_minute, Date::now())));
            counted.len() - 1
        });
        counted[at].1.take(per_minute, Date::now())
    })?;
    match storage::admit(env, name, per_minute).await {
        Err(Refusal::RateLimited { retry_after_s }) => Err(retry_after_s),
        Err(refusal) => {
            if let Refusal::StorageUnavailable(why) | Refusal::Misconfigured(why) = refusal {
                console_error!("A limit of {name} is counted in this isolate alone: {why}");
            }
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Whether all policies with rules are dry runs, and are believed.
fn is_dry_run(held: &Held<'_>) -> bool {
    let strict = |terms: &Terms| matches!(&terms.policy, Some(Policy::Rules(rules)) if !rules.dry_run);
    held.trusted && !strict(held.script) && !strict(held.namespace)
}
