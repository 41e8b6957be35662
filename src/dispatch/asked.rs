//! Explaining a request: gathering what is known.

use serde_json::Value;
use web_sys::Request;
use worker::Env;

use super::{
    age::Use,
    choice::{Visitor, choose},
    explain::{Facts, explain},
    fallback::{State, instead_of},
    isolate, operator, refresh,
    script::Name,
    target::{Target, place},
};
use crate::{
    registry::{Problem, Refusal, limits, problem},
    sys::dispatch as js,
};

/// What would become of a request to a script: one like this call, its headers and its client's address, but for `url`.
///
/// # Errors
/// [`Refusal::Api`] where there is no such script, or the URL is another's.
pub async fn explained(
    env: &Env,
    request: &Request,
    namespace: &str,
    script: &str,
    url: Option<&str>,
) -> Result<Value, Refusal> {
    let (hosts, ttl_ms) = (operator::hosts(env)?, operator::ttl_ms(env)?);
    let others = || {
        let message = format!("The parameter url is not of the script {script:?} of {namespace:?}.");
        Refusal::Api { status: 400, problems: vec![Problem::new(problem::MALFORMED, message)] }
    };
    let (version, seen) = match url.map(|url| place(url, &hosts).target()) {
        Some(Some(target)) => (version_of(&target, namespace, script).ok_or_else(others)?, target.url()),
        Some(None) => return Err(others()),
        None => ("", String::new()),
    };
    let held = match isolate::find(namespace, script, version) {
        None => refresh::first(env, Name::new(namespace, script, version)).await?,
        Some(held) => {
            if held.age.get().ask(js_sys::Date::now(), ttl_ms) != Use::AsItIs {
                refresh::whole(env, &held).await;
            }
            match held.gone.borrow().clone() {
                Some(refusal) => return Err(refusal),
                None => held.clone(),
            }
        }
    };
    let live = held.live();
    let snapshot = &live.snapshot;
    let split = snapshot.sole().is_none();
    let said = js::visitor(request, split, snapshot.affinity_header()).unwrap_or_default();
    let visitor = Visitor::read(&said);
    let choice = choose(snapshot, script, &visitor);
    let running = live.running(env, &held.name, choice.version)?;
    let state = running.state.get();
    let instead = if state == State::Failed { instead_of(choice.version, &live.candidates(&[])) } else { None };
    let facts = Facts {
        namespace,
        outbound: live.policy().outbound,
        script,
        url: &seen,
        is_preview: !version.is_empty(),
        limits: &limits::lower(&live.limits(choice.version), &limits::of_call(visitor.limits)?),
        key: running.code.as_ref().map(|(key, _)| key.as_str()),
        state,
        instead,
    };
    Ok(explain(snapshot, &choice, facts))
}

/// Which version a URL asks for, nothing where for none; `None` where it is not of this script.
fn version_of<'a>(target: &Target<'a>, namespace: &str, script: &str) -> Option<&'a str> {
    if target.namespace != namespace {
        return None;
    }
    match target.or {
        _ if target.script == script => Some(target.version.unwrap_or_default()),
        Some((version, other)) if other == script => Some(version),
        _ => None,
    }
}
