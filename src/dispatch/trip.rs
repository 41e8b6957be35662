//! The way of a request to a version of a script.

use std::rc::Rc;

use js_sys::Date;
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::{Headers, Request, Response, ResponseInit};
use worker::Env;
use worker_loader::{Error, WorkerCode};

use super::{
    age::Use,
    attempt::Attempt,
    choice::{Visitor, Why, choose},
    isolate,
    note::set,
    operator,
    own::run_beside,
    refresh,
    script::{Name, Script},
    share,
    target::{Target, place},
};
use crate::{
    registry::{
        Refusal,
        limits::of_call,
        subject::{Scope, set_cookie},
    },
    reply::later,
    sys::dispatch as js,
};

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
    /// What is to be called in the script's place, where it is there.
    pub beside: Option<Beside>,
}

/// A worker of our own that belongs to a script.
#[derive(Clone, Debug)]
pub struct Beside {
    /// Its name, which its key has below the script's.
    pub name: &'static str,
    /// Its code, of this compatibility date.
    pub code: fn(&str) -> Result<WorkerCode, Error>,
    /// What this call brings.
    pub props: JsValue,
}

impl Trip {
    /// Serves it. What comes back is a Response, or what `finish.js` makes one of: from here on nothing of the request
    /// waits in Rust; or a Promise of either.
    ///
    /// # Errors
    /// Where there is no such script, or the call could not even be made. What fails later comes back through `failed`.
    pub fn serve(self, target: &Target<'_>) -> Result<JsValue, Refusal> {
        if target.lacks_slash() && matches!(&*self.request.method(), "GET" | "HEAD") && !self.is_upgrade() {
            return with_slash(&target.with_slash());
        }
        let ttl_ms = operator::ttl_ms(&self.env)?;
        let version = target.version.unwrap_or_default();
        let Some(script) = isolate::find(target.namespace, target.script, version) else {
            let missing = isolate::missing(target.namespace, target.script, version, ttl_ms);
            return match (missing, target.or) {
                (Some(refusal), None) => Err(refusal),
                _ => Ok(self.at_first()),
            };
        };
        match script.age.get().ask(Date::now(), ttl_ms) {
            Use::AsItIs => self.run(&script, target, false),
            Use::AndRefresh => {
                refresh::meanwhile(&self.env, &self.ctx, &script);
                self.run(&script, target, false)
            }
            Use::AfterRefresh => Ok(later(async move { self.refreshed(&script, 0).await })),
        }
    }

    fn at_first(self) -> JsValue {
        later(async move { self.first().await })
    }

    /// Takes what is live first, and then runs it.
    async fn first(self) -> Result<JsValue, Refusal> {
        let hosts = operator::hosts(&self.env)?;
        let Some(target) = place(&self.url, &hosts).target() else {
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
                    refresh::now(&self.env, &self.ctx, &script, 0).await;
                    match script.gone.borrow().clone() {
                        None => Ok(script.clone()),
                        Some(refusal) => Err(refusal),
                    }
                }
                (None, Some(refusal)) => Err(refusal),
                (None, None) => refresh::first(&self.env, Name::new(target.namespace, script, version)).await,
            };
            match taken {
                Ok(script) => return self.run(&script, &target, false),
                Err(error) if refresh::is_missing(&error) => refusal.get_or_insert(error),
                Err(error) => return Err(error),
            };
        }
        Err(refusal.unwrap_or(Refusal::NoSuchPath(self.url.clone())))
    }

    /// Takes what is live anew, this deployment or a later one, and then runs it.
    async fn refreshed(self, script: &Rc<Script>, sequence: u64) -> Result<JsValue, Refusal> {
        refresh::now(&self.env, &self.ctx, script, sequence).await;
        if script.gone.borrow().is_some() {
            // The name may mean something else now.
            return Ok(self.at_first());
        }
        let hosts = operator::hosts(&self.env)?;
        match place(&self.url, &hosts).target() {
            // Another request may have asked, before the visitor saw what it has seen.
            Some(target) => self.run(script, &target, sequence > 0),
            None => Err(Refusal::NoSuchPath(self.url.clone())),
        }
    }

    fn run(&self, script: &Rc<Script>, target: &Target<'_>, is_refreshed: bool) -> Result<JsValue, Refusal> {
        self.run_version(script, target, is_refreshed).inspect_err(|_| {
            // For whoever counts: what fails later has the note of its version.
            let owner = script.live().owner(&script.name).to_value().to_string();
            set(&self.request, "owner", &js_sys::JSON::parse(&owner).unwrap_or_default());
        })
    }

    fn run_version(&self, script: &Rc<Script>, target: &Target<'_>, is_refreshed: bool) -> Result<JsValue, Refusal> {
        if let Some(beside) = &self.beside {
            return run_beside(&self.env, script, beside, &self.request);
        }
        let live = script.live();
        let snapshot = &live.snapshot;
        let sole = snapshot.sole();
        let said = js::visitor(&self.request, sole.is_none(), snapshot.affinity_header());
        let mut limits = Value::Null;
        let (wanted, why, cookie) = match (sole, said) {
            // Nearly always.
            (Some(sole), None) => (sole, Why::Only, None),
            (_, said) => {
                let said = said.unwrap_or_default();
                let mut visitor = Visitor::read(&said);
                limits = of_call(visitor.limits)?;
                if !script.name.version.is_empty() {
                    // A preview is for whoever has its address.
                    visitor.sticker = "";
                }
                let seen = if is_refreshed { 0 } else { visitor.seen(snapshot) };
                if seen > snapshot.sequence {
                    let (trip, script) = (self.clone(), script.clone());
                    return Ok(later(async move { trip.refreshed(&script, seen).await }));
                }
                let choice = choose(snapshot, &script.name.script, &visitor);
                let scope = Scope {
                    path: if target.prefix.is_empty() { "/" } else { target.prefix },
                    secure: target.scheme() == "https",
                };
                (
                    choice.version,
                    choice.why,
                    choice.sticker.map(|sticker| set_cookie(&snapshot.signer.write(&sticker), scope)),
                )
            }
        };
        if let Some(limit) = live.namespace.requests_per_minute
            && let Some(retry_after_s) = share::take(&self.env, &self.ctx, (&live.namespace.id, ""), limit, 1)
        {
            return Err(Refusal::RateLimited { retry_after_s });
        }
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
        let attempt = Attempt {
            env: &self.env,
            script,
            live: &live,
            wanted,
            tried: &[],
            props: JsValue::UNDEFINED,
            bounds: JsValue::UNDEFINED,
            // Who asks for a version on purpose is no sample of its visitors, nor is who gives it less than it may use.
            is_counted: why != Why::Override && limits.is_null(),
            limits,
        };
        let handed = attempt.hand_over(&request)?;
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
