//! The call itself.

use js_sys::Object;
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;
use worker_loader::{EnvExt, Error};

use super::{
    code::of_runtime,
    fallback::{State, instead_of},
    isolate,
    live::Live,
    note::{part, set},
    operator,
    running::Running,
    script::Script,
};
use crate::{
    registry::Refusal,
    sys::dispatch::{self as js, Bounds},
};

/// The name of the loader's binding in wrangler.toml.
const LOADER: &str = "LOADER";

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
    /// What binds the request, if it was bound for another version already.
    pub bounds: JsValue,
    /// What the request may use by its own word, where that is less than its version may.
    pub limits: Value,
    /// Whether the automatic rollback goes by how it does.
    pub is_counted: bool,
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
            None => {
                let handed = self.call(wanted?.as_ref(), request)?;
                self.count(&handed, false);
                Ok(handed)
            }
        }
    }

    /// Hands it to another version than the one that should run.
    pub fn hand_to(self, other: usize, request: &Request) -> Result<JsValue, Refusal> {
        let running = self.live.running(self.env, &self.script.name, other)?;
        let handed = self.call(&running, request)?;
        if other == self.wanted {
            self.count(&handed, false);
            return Ok(handed);
        }
        let wanted = self.live.running(self.env, &self.script.name, self.wanted);
        let condemned = wanted.as_ref().map_or(true, |wanted| wanted.state.get() == State::Failed);
        let note = wanted.map_or_else(|_| Object::new().into(), |wanted| wanted.note.clone());
        set(&handed, "wanted", &note);
        if condemned {
            self.count(&handed, true);
        }
        Ok(handed)
    }

    /// The outcome is the wanted version's, whoever answers; where it is at fault already, whatever the answer is.
    fn count(&self, handed: &JsValue, failed: bool) {
        if let Some(tally) = self.live.tally(self.wanted).filter(|_| self.is_counted) {
            set(handed, "tally", &tally.0);
            if failed {
                set(handed, "failed", &JsValue::TRUE);
            }
        }
    }

    fn call(&self, running: &Running, request: &Request) -> Result<JsValue, Refusal> {
        let called = if self.limits.is_null() { String::new() } else { self.limits.to_string() };
        if self.bounds.is_undefined() && (running.has_limits || !called.is_empty()) {
            let bounds = js::bounds(request, &running.note, &called).map_err(Error::from)?;
            if let Some(exceeded) = exceeded(&bounds) {
                return Err(exceeded);
            }
            let handed = self.send(running, &bounds.request())?;
            set(&handed, "bounds", &bounds);
            return Ok(handed);
        }
        let handed = self.send(running, request)?;
        if !self.bounds.is_undefined() {
            set(&handed, "bounds", &self.bounds);
        }
        Ok(handed)
    }

    fn send(&self, running: &Running, request: &Request) -> Result<JsValue, Refusal> {
        let note = &running.note;
        let handed = match &running.code {
            Some((key, code)) => {
                let untried = running.state.get() != State::Loaded;
                if untried {
                    isolate::loads(key.as_str(), operator::most_workers(self.env)?)?;
                }
                let mut entrypoint = loader(self.env)?.get_code(key, code).entrypoint();
                if !self.props.is_undefined() {
                    entrypoint = entrypoint.props_raw(self.props.clone());
                }
                if !self.limits.is_null() {
                    entrypoint = entrypoint.limits(of_runtime(&self.limits));
                }
                match (running.has_files, untried) {
                    (true, _) => entrypoint.hand_over_later(request, note, untried)?,
                    (_, false) => entrypoint.hand_over(request, note)?,
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
        if !self.limits.is_null() {
            set(&handed, "limits", &self.limits.to_string().into());
        }
        Ok(handed)
    }
}

/// The limit that a request has exceeded, if it has.
pub(super) fn exceeded(bounds: &Bounds) -> Option<Refusal> {
    let name = bounds.exceeded()?;
    let limit = part(&part(bounds, "limits"), &name).as_f64().unwrap_or_default();
    Some(match &*name {
        "request_bytes" => Refusal::BodyTooLarge { limit: limit as usize },
        "response_bytes" => Refusal::AnswerTooLarge { limit: limit as u64 },
        _ => Refusal::TooSlow { limit_ms: limit as u64 },
    })
}

pub(super) fn loader(env: &Env) -> Result<worker_loader::WorkerLoader, Refusal> {
    env.loader(LOADER).map_err(|error| {
        let remedy = format!("wrangler.toml needs `[[worker_loaders]]` with `binding = \"{LOADER}\"`");
        Refusal::Misconfigured(format!("No Worker can be loaded, {remedy}: {error}"))
    })
}
