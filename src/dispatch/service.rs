//! A script as a service of another one.

use js_sys::{Math, Object};
use serde_json::Value;
use wasm_bindgen::JsValue;
use worker::{Env, console_error};
use worker_loader::{Error, ErrorKind};

use super::{
    attempt::loader,
    choice::{Visitor, choose},
    failure,
    fallback::{State, instead_of},
    isolate, namespace,
    note::set,
    operator, refresh,
    script::Name,
};
use crate::registry::{Refusal, problem, service};

/// What is called for a stub with these props: `{stub, serial}`, and `started` where that is new to this isolate. Of the version with the serial `failed` it is known what it
/// has `thrown`: where it does not load, another one is called.
///
/// # Errors
/// Why there is nothing to call, in words for whoever calls.
pub async fn service(
    env: &Env,
    ctx: &JsValue,
    props: &Value,
    failed: Option<u32>,
    thrown: JsValue,
) -> Result<JsValue, Refusal> {
    let text = |name: &str| props[name].as_str().unwrap_or_default();
    let depth = props["depth"].as_u64().unwrap_or_default() as u32;
    let name = Name::new(text("service_namespace"), text("service"), "");
    if depth > service::DEEPEST {
        return Err(refused(format!(
            "Services are {} deep at most, and {name} would be called by one that is: they call each other in a circle.",
            service::DEEPEST
        )));
    }
    if name.namespace != text("namespace") {
        // Whether it may is its owner's to say, at any time.
        let namespace = namespace::told(env, text("namespace")).await?;
        if namespace.id != text("namespace_id") || !service::may(&namespace.services, &name.namespace, &name.script) {
            return Err(refused(format!("The namespace {} may not call {name}.", text("namespace"))));
        }
    }
    let script = refresh::fresh(env, ctx, &name.namespace, &name.script).await.map_err(|refusal| match refusal {
        Refusal::Api { status: 404, .. } => refused(format!("There is no service {name} any more.")),
        refusal => refusal,
    })?;
    let live = script.live();
    if let Some(at) = failed.and_then(|serial| live.place_of(serial)) {
        let error = Error::from(thrown);
        let (condemned, is_unread) = (failure::condemns(&error), matches!(error.kind(), ErrorKind::Factory { .. }));
        if !condemned && !is_unread {
            return Ok(JsValue::UNDEFINED);
        }
        console_error!("A version of {name} failed: {:.2000}", error.to_string());
        if is_unread {
            // Why is for the operator.
            return Err(refused(format!("The code of {name} did not arrive: try again in a moment.")));
        }
        live.running(env, &script.name, at)?.state.set(State::Failed);
    }
    // Whole, as to write a fraction takes 10 KB of code.
    let chance = ((Math::random() * 4e9) as u32).to_string();
    let wanted = choose(&live.snapshot, &name.script, &Visitor { chance: &chance, ..Visitor::default() }).version;
    let condemned =
        live.running(env, &script.name, wanted).map_or(true, |running| running.state.get() == State::Failed);
    let other = if condemned { instead_of(wanted, &live.candidates(&[])) } else { None };
    let running = live.running_at(env, &script.name, other.unwrap_or(wanted), depth)?;
    let Some((key, code)) = &running.code else {
        return Err(refused(format!("The service {name} has files alone, and no code to be called.")));
    };
    let found = Object::new();
    if isolate::loads(key.as_str(), operator::most_workers(env)?)? {
        running.tell_started(&found);
    }
    let stub = loader(env)?.get_code(key, code);
    let mut entrypoint = match text("entrypoint") {
        "" | "default" => stub.entrypoint(),
        named => stub.named_entrypoint(named),
    };
    if !props["props"].is_null() {
        entrypoint = entrypoint.props_raw(js_sys::JSON::parse(&props["props"].to_string()).map_err(Error::from)?);
    }
    set(&found, "stub", &entrypoint.raw()?.into());
    let serial = live.running(env, &script.name, other.unwrap_or(wanted))?.serial;
    set(&found, "serial", &serial.into());
    Ok(found.into())
}

fn refused(message: String) -> Refusal {
    Refusal::api(404, problem::NO_SUCH_SCRIPT, message)
}
