//! Scripts of our own: they are in the namespace `builtin`, and where theirs come from is for each of them to say.

use std::pin::Pin;

use js_sys::Date;
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;
use worker_loader::{Error, WorkerCode};

use super::{
    age::{Ticket, Use},
    attempt::{Attempt, loader},
    code::Owner,
    isolate,
    live::Live,
    note, operator, refresh,
    running::Running,
    script::{Name, Script, Source},
    trip::Beside,
};
use crate::{
    registry::{BUILTIN, Refusal, problem},
    reply::later,
    settings,
    sys::dispatch::without_credentials,
};

/// What is live: a number that rises with each change, and the code.
pub type Reading = Pin<Box<dyn Future<Output = Result<(u64, WorkerCode), Refusal>>>>;

/// How it is read, as often as what is stored of other scripts.
pub type Read = fn(Env) -> Reading;

/// A script of our own.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// Its name.
    pub script: &'static str,
    /// How what is live is read.
    pub read: Read,
    /// Whether it is once and for all.
    pub lasts: bool,
}

impl Own {
    /// Serves a request, with the props of this call.
    ///
    /// # Errors
    /// When the call could not be made. What fails later is told in the response.
    pub fn serve(self, request: Request, env: Env, ctx: JsValue, props: Option<Value>) -> Result<JsValue, Refusal> {
        let ttl_ms = if self.lasts { None } else { Some(operator::ttl_ms(&env)?) };
        let Some(script) = isolate::find(BUILTIN, self.script, "") else {
            return Ok(later(async move {
                let script = refresh::first_own(&env, self.script, self.read).await?;
                run(&env, &script, &request, props)
            }));
        };
        match ttl_ms.map_or(Use::AsItIs, |ttl_ms| script.age.get().ask(Date::now(), ttl_ms)) {
            Use::AsItIs => run(&env, &script, &request, props),
            Use::AndRefresh => {
                refresh::meanwhile(&env, &ctx, &script);
                run(&env, &script, &request, props)
            }
            Use::AfterRefresh => Ok(later(async move {
                refresh::now(&env, &ctx, &script, 0).await;
                run(&env, &script, &request, props)
            })),
        }
    }

    /// Puts a code live in this isolate, from the next request on. An older one than is live is old news and changes
    /// nothing.
    pub fn put_live(self, sequence: u64, code: WorkerCode) {
        let ticket = Ticket::first(Date::now());
        let before = isolate::find(BUILTIN, self.script, "").map(|script| script.live());
        if before.as_ref().is_none_or(|before| before.snapshot.sequence < sequence) {
            let live = Live::own(self.script, sequence, code, before.as_deref());
            refresh::held(Name::own(self.script), Source::Own(self.read), live.into(), ticket);
        }
    }
}

/// Hands the request to a worker of our own that is made for it and gone after it.
///
/// # Errors
/// What the runtime refuses at once.
pub fn run_once(env: &Env, script: &str, code: WorkerCode, request: &Request) -> Result<JsValue, Refusal> {
    let request = without_credentials(request).map_err(Error::from)?;
    let stub = loader(env)?.load(&code)?;
    let running = Running::new(&Name::own(script).to_string(), Owner::own(script), Some(code), None, &Value::Null);
    note::set(&running.note, "once", &JsValue::TRUE);
    Ok(stub.entrypoint().hand_over(&request, &running.note)?)
}

/// Hands the request to a worker of our own that belongs to a script.
pub(super) fn run_beside(env: &Env, script: &Script, beside: &Beside, request: &Request) -> Result<JsValue, Refusal> {
    let request = without_credentials(request).map_err(Error::from)?;
    let code = (beside.code)(&settings::compatibility_date(env)?)?;
    let live = script.live();
    let prefix = [&script.name.to_string(), "/", beside.name].concat();
    let running = Running::new(&prefix, live.owner(&script.name), Some(code), None, &Value::Null);
    let Some((key, code)) = &running.code else { return Err(Refusal::NoSuchPath(request.url())) };
    isolate::loads(key.as_str(), operator::most_workers(env)?)?;
    let entrypoint = loader(env)?.get_code(key, code).entrypoint().props_raw(beside.props.clone());
    Ok(entrypoint.hand_over(&request, &running.note)?)
}

/// A worker that is made now, of the newest version that is live of a script, `{worker, owner, version}`: whoever has it shares no isolate
/// with others.
///
/// # Errors
/// Where there is no such script, or it has no code; storage's.
pub async fn made_anew(env: &Env, ctx: &JsValue, namespace: &str, script: &str) -> Result<JsValue, Refusal> {
    let script = refresh::fresh(env, ctx, namespace, script).await?;
    let live = script.live();
    let newest = live.snapshot.newest().to_owned();
    let at = live.snapshot.versions.iter().position(|version| version["id"] == *newest).unwrap_or_default();
    let running = live.running(env, &script.name, at)?;
    match &running.code {
        Some((_, code)) => {
            let found = js_sys::Object::new();
            note::set(&found, "worker", &loader(env)?.load(code)?.raw().into());
            for name in ["owner", "version"] {
                note::set(&found, name, &note::part(&running.note, name));
            }
            Ok(found.into())
        }
        None => Err(Refusal::api(404, problem::NO_SUCH_SCRIPT, format!("The script {} has no code.", script.name))),
    }
}

fn run(env: &Env, script: &Script, request: &Request, props: Option<Value>) -> Result<JsValue, Refusal> {
    let request = without_credentials(request).map_err(Error::from)?;
    let props = match props {
        Some(props) => js_sys::JSON::parse(&props.to_string()).map_err(Error::from)?,
        None => JsValue::UNDEFINED,
    };
    let bounds = JsValue::UNDEFINED;
    Attempt {
        env,
        script,
        live: &script.live(),
        wanted: 0,
        tried: &[],
        props,
        bounds,
        limits: Value::Null,
        is_counted: false,
    }
    .hand_over(&request)
}
