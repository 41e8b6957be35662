//! The way of a request to a version, and to another one where that does not load.

use std::rc::Rc;

use js_sys::{Date, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, Request, Response, ResponseInit};
use worker::Env;
use worker_loader::{EnvExt, Error};

use super::{
    age::Use,
    choice::{Visitor, choose},
    failure::{self, Next, Sent},
    fallback::{State, instead_of},
    incident, isolate,
    note::{part, serial, set},
    operator, refresh,
    running::Running,
    script::{Live, Name, Script},
    snapshot::Affinity,
    target::{Place, Target, place},
};
use crate::{
    registry::{
        Refusal,
        subject::{Scope, set_cookie},
    },
    reply::later,
    sys::dispatch as js,
};

/// The name of the loader's binding in wrangler.toml.
const LOADER: &str = "LOADER";

/// A request to a script.
#[derive(Clone, Debug)]
pub struct Trip {
    /// The request, its body unread.
    pub request: Request,
    /// Our bindings.
    pub env: Env,
    /// The request's context.
    pub ctx: JsValue,
    /// Its URL.
    pub url: String,
}

impl Trip {
    /// Serves it. What comes back is a Response, or what `finish.js` makes one of: from here on nothing of the request
    /// waits in Rust; or a Promise of either.
    ///
    /// # Errors
    /// Where there is no such script, or the call could not even be made. What fails later comes back through [`failed`].
    pub fn serve(self, target: &Target<'_>) -> Result<JsValue, Refusal> {
        if target.is_bare() && matches!(&*self.request.method(), "GET" | "HEAD") && !self.is_upgrade() {
            return with_slash(&target.with_slash());
        }
        let ttl_ms = operator::ttl_ms(&self.env)?;
        let version = target.version.unwrap_or_default();
        let Some(script) = isolate::find(target.namespace, target.script, version) else {
            let missing = isolate::missing(target.namespace, target.script, version, ttl_ms);
            return match (missing, target.or) {
                (Some(refusal), None) => Err(refusal),
                _ => Ok(later(async move { self.first().await })),
            };
        };
        match script.aged(|age| age.ask(Date::now(), ttl_ms)) {
            Use::AsItIs => self.run(&script, target, false),
            Use::AndRefresh => {
                refresh::meanwhile(&self.env, &self.ctx, &script);
                self.run(&script, target, false)
            }
            Use::AfterRefresh => Ok(later(async move { self.refreshed(&script).await })),
        }
    }

    /// Takes what is live first, and then runs it.
    async fn first(self) -> Result<JsValue, Refusal> {
        let hosts = operator::hosts(&self.env)?;
        let Place::Script(target) = place(&self.url, &hosts) else {
            return Err(Refusal::NoSuchPath(self.url));
        };
        let mut refusal = None;
        let names = [Some((target.script, target.version)), target.or.map(|(version, script)| (script, Some(version)))];
        for (script, version) in names.into_iter().flatten() {
            let version = version.unwrap_or_default();
            let known = isolate::find(target.namespace, script, version);
            let ttl_ms = operator::ttl_ms(&self.env)?;
            let taken = match (known, isolate::missing(target.namespace, script, version, ttl_ms)) {
                (Some(script), _) => {
                    if script.aged(|age| age.ask(Date::now(), ttl_ms)) != Use::AsItIs {
                        refresh::now(&self.env, &self.ctx, &script).await;
                    }
                    match script.gone.borrow().clone() {
                        None => Ok(script.clone()),
                        Some(refusal) => Err(refusal),
                    }
                }
                (None, Some(refusal)) => Err(refusal),
                (None, None) => refresh::first(&self.env, Name::new(target.namespace, script, version)).await,
            };
            match taken {
                Ok(script) => return self.run(&script, &target, true),
                Err(error) if refresh::is_missing(&error) => refusal.get_or_insert(error),
                Err(error) => return Err(error),
            };
        }
        Err(refusal.unwrap_or(Refusal::NoSuchPath(self.url.clone())))
    }

    /// Takes what is live anew, and then runs it.
    async fn refreshed(self, script: &Rc<Script>) -> Result<JsValue, Refusal> {
        refresh::now(&self.env, &self.ctx, script).await;
        if let Some(refusal) = script.gone.borrow().clone() {
            return Err(refusal);
        }
        let hosts = operator::hosts(&self.env)?;
        match place(&self.url, &hosts) {
            Place::Script(target) => self.run(script, &target, true),
            _ => Err(Refusal::NoSuchPath(self.url.clone())),
        }
    }

    fn run(&self, script: &Rc<Script>, target: &Target<'_>, is_refreshed: bool) -> Result<JsValue, Refusal> {
        let live = script.live();
        let snapshot = &live.snapshot;
        let sole = snapshot.sole();
        let header = match &snapshot.affinity {
            Some(Affinity::Header(name)) => name,
            Some(Affinity::Cookie(_)) => "cookie",
            None => "",
        };
        let said = js::visitor(&self.request, sole.is_none(), header);
        let (wanted, cookie) = match (sole, said) {
            // Nearly always.
            (Some(sole), None) => (sole, None),
            (_, said) => {
                let said = said.unwrap_or_default();
                let visitor = Visitor::read(&said);
                if !is_refreshed && visitor.is_ahead_of(snapshot) {
                    let (trip, script) = (self.clone(), script.clone());
                    return Ok(later(async move { trip.refreshed(&script).await }));
                }
                let choice = choose(snapshot, &script.name.script, &visitor);
                let scope = Scope {
                    path: if target.prefix.is_empty() { "/" } else { target.prefix },
                    secure: target.scheme() == "https",
                };
                (choice.version, choice.sticker.map(|sticker| set_cookie(&snapshot.signer.write(&sticker), scope)))
            }
        };
        let request = js::derived(
            &self.request,
            &self.env,
            &target.url(),
            target.prefix,
            target.host(),
            target.scheme(),
            live.namespace.trusted,
        )
        .map_err(Error::from)?;
        let handed = Attempt { env: &self.env, script, live: &live, wanted, tried: &[], props: JsValue::UNDEFINED }
            .hand_over(&request)?;
        if let Some(cookie) = cookie {
            set(&handed, "cookie", &cookie.into());
        }
        Ok(handed)
    }

    fn is_upgrade(&self) -> bool {
        self.request.headers().has("upgrade").unwrap_or_default()
    }
}

/// A permanent redirect that keeps method and body, to the same place with a slash.
fn with_slash(location: &str) -> Result<JsValue, Refusal> {
    let redirect = || {
        let headers = Headers::new()?;
        headers.set("location", location)?;
        let init = ResponseInit::new();
        init.set_status(308);
        init.set_headers(&headers);
        Response::new_with_opt_str_and_init(None, &init)
    };
    redirect().map(JsValue::from).map_err(|error| Error::from(error).into())
}

/// A request on its way to a version.
pub(super) struct Attempt<'a> {
    pub env: &'a Env,
    pub script: &'a Script,
    pub live: &'a Live,
    /// The version that should run.
    pub wanted: usize,
    /// The versions, by their serials, that have failed this request.
    pub tried: &'a [u32],
    pub props: JsValue,
}

impl Attempt<'_> {
    /// Hands it to the version that should run or, where that is known not to load, to another.
    pub fn hand_over(self, request: &Request) -> Result<JsValue, Refusal> {
        let wanted = self.live.running(self.env, &self.script.name, self.wanted);
        let fails = match &wanted {
            Ok(running) => running.state.get() == State::Failed,
            Err(_) => true,
        };
        let other = if fails { instead_of(self.wanted, &self.live.candidates(self.tried)) } else { None };
        match other {
            Some(other) => self.hand_to(other, request),
            None => self.call(wanted?.as_ref(), request),
        }
    }

    /// Hands it to another version than the one that should run.
    pub fn hand_to(self, other: usize, request: &Request) -> Result<JsValue, Refusal> {
        let running = self.live.running(self.env, &self.script.name, other)?;
        let handed = self.call(&running, request)?;
        if other != self.wanted {
            let wanted = self.live.running(self.env, &self.script.name, self.wanted);
            let note = wanted.map_or_else(|_| Object::new().into(), |wanted| wanted.note.clone());
            set(&handed, "wanted", &note);
        }
        Ok(handed)
    }

    fn call(&self, running: &Running, request: &Request) -> Result<JsValue, Refusal> {
        let note = &running.note;
        let handed = match &running.code {
            Some((key, code)) => {
                let mut entrypoint = loader(self.env)?.get_code(key, code).entrypoint();
                if !self.props.is_undefined() {
                    entrypoint = entrypoint.props_raw(self.props.clone());
                }
                match (running.has_files, running.state.get()) {
                    (true, _) => entrypoint.hand_over_later(request, note)?,
                    (_, State::Loaded) => entrypoint.hand_over(request, note)?,
                    _ => entrypoint.hand_over_untried(request, note)?,
                }
            }
            None => {
                let handed = Object::new();
                set(&handed, "answer", &JsValue::NULL);
                set(&handed, "request", request);
                set(&handed, "note", note);
                handed.into()
            }
        };
        if !self.tried.is_empty() {
            let tried: Vec<_> = self.tried.iter().map(u32::to_string).collect();
            set(&handed, "tried", &tried.join(" ").into());
        }
        if !self.props.is_undefined() {
            set(&handed, "props", &self.props);
        }
        Ok(handed)
    }
}

pub(super) fn loader(env: &Env) -> Result<worker_loader::WorkerLoader, Refusal> {
    env.loader(LOADER).map_err(|error| {
        let remedy = format!("wrangler.toml needs `[[worker_loaders]]` with `binding = \"{LOADER}\"`");
        Refusal::Misconfigured(format!("No Worker can be loaded, {remedy}: {error}"))
    })
}

/// A version of a script loaded, says `finish.js`.
pub fn loaded(note: &JsValue) {
    if let Some((script, at)) = serial(note).and_then(isolate::find_version) {
        script.live().made().filter(|(made, _)| *made == at).for_each(|(_, running)| running.state.set(State::Loaded));
    }
}

/// A call failed, says `finish.js`. Gives the request handed to another version, or once more to the same.
///
/// # Errors
/// The refusal that the client is told otherwise.
pub fn failed(env: &Env, ctx: &JsValue, handed: &JsValue, thrown: JsValue) -> Result<JsValue, Refusal> {
    let error = Error::from(thrown);
    let Some((script, at)) = serial(&part(handed, "note")).and_then(isolate::find_version) else {
        worker::console_error!("A dynamic worker failed: {error}");
        return Err(error.into());
    };
    worker::console_error!("A version of {} failed: {error}", script.name);
    let live = script.live();
    let running = live.running(env, &script.name, at)?;
    if let (Some(name), Some((key, _))) = (part(handed, "name").as_string(), &running.code) {
        key.load_failed(&name, &error);
    }
    let was_loaded = running.state.get() == State::Loaded;
    if failure::condemns(&error) {
        running.state.set(State::Failed);
        incident::record(env, ctx, &script, &live, at, &running, &error);
    }
    let mut tried = tried(handed);
    tried.push(running.serial);
    let request: Request = part(handed, "request").unchecked_into();
    let sent = Sent {
        sent: !part(handed, "unsent").is_truthy(),
        body_used: request.body_used(),
        is_safe: matches!(&*request.method(), "GET" | "HEAD"),
        was_loaded,
        tries: tried.iter().filter(|serial| **serial == running.serial).count(),
    };
    let next = failure::next(&error, sent);
    let wanted = serial(&part(handed, "wanted"))
        .and_then(|serial| live.made().find(|(_, running)| running.serial == serial))
        .map_or(at, |(wanted, _)| wanted);
    let attempt =
        |wanted| Attempt { env, script: &script, live: &live, wanted, tried: &tried, props: part(handed, "props") };
    let other = || instead_of(wanted, &live.candidates(&tried));
    let again = match (next, other()) {
        (Next::Tell, _) | (Next::Another { again: false }, None) => return Err(error.into()),
        (Next::Another { .. }, Some(other)) => attempt(wanted).hand_to(other, &request),
        (Next::Again, _) | (Next::Another { again: true }, None) => attempt(wanted).hand_to(at, &request),
    }?;
    // The visitor's cookie does not depend on who answers.
    if let Ok(cookie) = Reflect::get(handed, &"cookie".into())
        && !cookie.is_undefined()
    {
        set(&again, "cookie", &cookie);
    }
    Ok(again)
}

fn tried(handed: &JsValue) -> Vec<u32> {
    let text = part(handed, "tried").as_string().unwrap_or_default();
    text.split(' ').filter_map(|serial| serial.parse().ok()).collect()
}
