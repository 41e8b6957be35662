//! Stubs to the entrypoints of our own Worker.

use js_sys::Reflect;
use serde::Serialize;
use wasm_bindgen::JsValue;
use worker::{Context, State};

use crate::{Error, Result, Stub, digest, js, sys};

/// A way back: a stub to an entrypoint of the Worker that loads, to hand to the worker that is loaded, as its
/// outbound, a tail, or an entry of its env.
///
/// ```no_run
/// # use worker_loader::{Loopback, Outbound, Result};
/// # fn example(ctx: &worker::Context) -> Result<()> {
/// let gateway = Loopback::from_context(ctx)?
///     .entrypoint("Outbound")
///     .with_props(&serde_json::json!({ "tenant": "acme", "allow": ["api.example.com"] }))?;
/// let outbound = Outbound::Through(gateway);
/// # Ok(()) }
/// ```
///
/// The entrypoint finds the props at `ctx.props` and can trust them: only your code makes them. They are also what
/// the key sees of the stub, with the entrypoint's name and [`revision`](Self::revision).
///
/// It is `ctx.exports`: it needs a compatibility date from 2025-11-17 on, or the flag `enable_ctx_exports`
/// (<https://developers.cloudflare.com/workers/runtime-apis/context/#exports>).
#[derive(Clone, Debug)]
pub struct Loopback {
    /// `None` where each load takes the exports of its own.
    exports: Option<JsValue>,
    entrypoint: String,
    revision: u32,
}

impl Loopback {
    /// From the context of a request: a way back to the default entrypoint, unless
    /// [`entrypoint`](Self::entrypoint) names another.
    ///
    /// # Errors
    /// When the runtime has no `ctx.exports`.
    pub fn from_context(context: &Context) -> Result<Self> {
        Self::from_js(AsRef::<worker::worker_sys::Context>::as_ref(context).as_ref())
    }

    /// From a Durable Object's state.
    ///
    /// # Errors
    /// When the runtime has no `ctx.exports`.
    pub fn from_state(state: &State) -> Result<Self> {
        Self::from_js(state.as_raw().as_ref())
    }

    /// From JavaScript's own `ctx`.
    ///
    /// # Errors
    /// When it has no `exports`.
    pub fn from_js(ctx: &JsValue) -> Result<Self> {
        let exports = Reflect::get(ctx, &"exports".into()).map_err(js::error)?;
        if exports.is_object() {
            Ok(Self { exports: Some(exports), ..Self::per_load() })
        } else {
            Err(Error::factory(
                "the runtime has no ctx.exports: set a compatibility date of 2025-11-17 or later in wrangler.toml",
            ))
        }
    }

    /// For a code that is kept. A stub belongs to the request in which it was made, and the runtime refuses it in any
    /// other; those that this makes are made anew for each load, by the request that loads.
    ///
    /// It is `exports` of `cloudflare:workers`, with what [`from_context`](Self::from_context) needs. Whether the entrypoint is
    /// there is seen when the code is loaded.
    pub fn per_load() -> Self {
        Self { exports: None, entrypoint: "default".to_owned(), revision: 0 }
    }

    /// Names the entrypoint: what the main module exports under this name.
    pub fn entrypoint(mut self, name: impl Into<String>) -> Self {
        self.entrypoint = name.into();
        self
    }

    /// A number that you raise when what the entrypoint means changes, so that workers loaded before the change are
    /// loaded anew. It is not the version of your Worker: with that, each deploy would mint every worker anew.
    pub fn revision(mut self, revision: u32) -> Self {
        self.revision = revision;
        self
    }

    /// The stub, with its props.
    ///
    /// # Errors
    /// When the Worker exports no such entrypoint, or the props cannot be written as JSON.
    pub fn with_props(&self, props: &impl Serialize) -> Result<Stub> {
        let value = serde_json::to_value(props).map_err(Error::conversion)?;
        let fingerprint = digest::of_loopback(&self.entrypoint, self.revision, &value);
        let props = js::plain(&value)?;
        match &self.exports {
            Some(exports) => {
                let stub = sys::loopback(exports, &self.entrypoint, &props).map_err(js::error)?;
                Ok(Stub::new(stub, fingerprint))
            }
            None => {
                let make = sys::loopback_per_load(&self.entrypoint, &props);
                Ok(Stub { per_load: true, ..Stub::new(make, fingerprint) })
            }
        }
    }
}
