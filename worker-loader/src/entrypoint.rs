//! One exported entrypoint of a loaded worker.

use js_sys::{Array, Function, JsString, Object, Promise, futures::JsFuture};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, Response};

use crate::{IntoRequest, Limits, Permit, Result, WorkerStub, callee, js, sys, worker_stub::Source};

type HandOver<'a> = &'a dyn Fn(
    &sys::WorkerLoader,
    &JsString,
    &Function,
    &JsValue,
    &JsValue,
    &Request,
    &JsValue,
) -> std::result::Result<JsValue, JsValue>;

/// An entrypoint of a loaded worker: what it exports under one name, called with `fetch` or by RPC.
///
/// It cannot be handed to another Worker: the runtime refuses. To let one dynamic worker reach another, give it a
/// [loopback](crate::Loopback) to an entrypoint of yours that does the dispatch.
#[derive(Clone, Debug)]
pub struct Entrypoint {
    worker: WorkerStub,
    name: JsValue,
    props: JsValue,
    limits: Limits,
}

impl Entrypoint {
    pub(crate) fn new(worker: WorkerStub, name: JsValue) -> Self {
        Self { worker, name, props: JsValue::UNDEFINED, limits: Limits::new() }
    }

    /// What the entrypoint finds at `ctx.props`: an object. Props are no part of the key, make no isolate and cost
    /// nothing: they are the place for what varies from request to request.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn props(self, props: &impl Serialize) -> Result<Self> {
        Ok(self.props_raw(js::plain(props)?))
    }

    /// Props that JSON cannot say: dates, maps, loopback stubs.
    pub fn props_raw(mut self, props: JsValue) -> Self {
        self.props = props;
        self
    }

    /// Limits for the calls through this entrypoint; where the code has limits too, the lower count.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sends a request and gives the answer. Both pass through as the objects they are: nothing is read, copied or
    /// buffered, so bodies stream and a WebSocket upgrade stays one.
    ///
    /// Waits for a place in the loader's [`Gate`](crate::Gate) first.
    ///
    /// # Errors
    /// Whatever [`ErrorKind`](crate::ErrorKind) tells: the load's failures, and what the worker threw.
    pub async fn fetch(&self, request: impl IntoRequest) -> Result<Response> {
        let request = request.into_request()?;
        let _place = self.place().await;
        let answer = JsFuture::from(self.fetch_promise(&request)?).await;
        answer.map(JsCast::unchecked_into).map_err(|thrown| self.worker.failed(thrown))
    }

    /// [`fetch`](Self::fetch) for a handler that has nothing left to do: the promise is the runtime's own, and
    /// nothing of Rust waits for it. Goes past the gate.
    ///
    /// # Errors
    /// When the call could not be made. What the load or the worker fails with, the promise rejects with;
    /// [`Error::from`](crate::Error#impl-From<JsValue>-for-Error) tells what it is.
    pub fn fetch_promise(&self, request: &Request) -> Result<Promise> {
        let options = self.options();
        match &self.worker.0.source {
            Source::Named { loader, name, factory, .. } => {
                sys::fetch_through(loader, name, factory, &self.name, &options, request)
            }
            Source::Loaded(stub) => {
                stub.get_entrypoint(&self.name, &options).and_then(|entrypoint| entrypoint.fetch(request))
            }
        }
        .map_err(js::error)
    }

    /// [`fetch_promise`](Self::fetch_promise) for the entry (see `entry.js`): an object
    /// `{ answer, factoryMs, name, request, note, unsent }` to return from a Rust export. `answer` is the promise; `factoryMs`
    /// is a number once this very call has made the loader run the factory, and `undefined` on a warm hit; `name` is what the
    /// loader was asked under, for [`WorkerKey::load_failed`](crate::WorkerKey::load_failed); `request` is what was given;
    /// `note` is yours; `unsent` is true while the request was not sent.
    ///
    /// The entry then waits for the answer in Rust's place: a panic of another request does not touch it.
    ///
    /// # Errors
    /// As [`fetch_promise`](Self::fetch_promise).
    pub fn hand_over(&self, request: &Request, note: &JsValue) -> Result<JsValue> {
        self.handed(request, note, &sys::hand_over)
    }

    /// [`hand_over`](Self::hand_over) for a worker that was not seen to load yet: what cannot be sent twice (all but GET and
    /// HEAD) is sent when the worker has loaded. If it does not load, the promise rejects, the request is as it was, and
    /// another worker can have it.
    ///
    /// It costs such a request a call more, of a method that no worker has: a tail sees it as
    /// `{ rpcMethod: "__workerLoaderLoads" }`.
    ///
    /// # Errors
    /// As [`fetch_promise`](Self::fetch_promise).
    pub fn hand_over_untried(&self, request: &Request, note: &JsValue) -> Result<JsValue> {
        self.handed(request, note, &sys::hand_over_untried)
    }

    /// [`hand_over`](Self::hand_over) for an entry that may answer by itself: in place of an answer, which is `null`, the
    /// object has a function `call(request)` that calls the worker, puts the promise there and gives it. `untried` is whether
    /// it is to be called as [`hand_over_untried`](Self::hand_over_untried) does.
    ///
    /// # Errors
    /// As [`fetch_promise`](Self::fetch_promise).
    pub fn hand_over_later(&self, request: &Request, note: &JsValue, untried: bool) -> Result<JsValue> {
        self.handed(request, note, &|loader, name, factory, entrypoint, options, request, note| {
            sys::hand_over_later(loader, name, factory, entrypoint, options, request, note, untried)
        })
    }

    fn handed(&self, request: &Request, note: &JsValue, named: HandOver<'_>) -> Result<JsValue> {
        let options = self.options();
        match &self.worker.0.source {
            Source::Named { loader, name, factory, .. } => {
                named(loader, name, factory, &self.name, &options, request, note)
            }
            Source::Loaded(stub) => sys::hand_over_loaded(stub, &self.name, &options, request, note),
        }
        .map_err(js::error)
    }

    /// Calls a method by RPC. The arguments are a tuple or a slice, one element an argument; anything else is the
    /// one argument, and `&[(); 0]` is none. They cross as structured clones of what serde writes; so does the result, back.
    ///
    /// A method of a plain exported object takes exactly one argument; that of a class, any number
    /// (<https://developers.cloudflare.com/workers/runtime-apis/rpc/>).
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch), and [`ErrorKind::Conversion`](crate::ErrorKind::Conversion).
    pub async fn call<T: DeserializeOwned>(&self, method: &str, args: &(impl Serialize + ?Sized)) -> Result<T> {
        let _place = self.place().await;
        callee::call(&self.raw()?, method, args).await.map_err(|error| self.worker.failed(error))
    }

    /// [`call`](Self::call) with JavaScript's own values, stubs among them.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn call_raw(&self, method: &str, args: &Array) -> Result<JsValue> {
        let _place = self.place().await;
        callee::call_raw(&self.raw()?, method, args).await.map_err(|error| self.worker.failed(error))
    }

    /// The runtime's own `Fetcher`.
    ///
    /// # Errors
    /// When the props cannot be handed over.
    pub fn raw(&self) -> Result<sys::Fetcher> {
        self.worker.raw().get_entrypoint(&self.name, &self.options()).map_err(js::error)
    }

    fn place(&self) -> impl Future<Output = Permit> {
        self.worker.0.gate.enter(self.worker.0.id.clone())
    }

    fn options(&self) -> JsValue {
        if self.props.is_undefined() && self.limits == Limits::new() {
            return JsValue::UNDEFINED;
        }
        let options = Object::new();
        if !self.props.is_undefined() {
            js::set(&options, "props", &self.props);
        }
        if self.limits != Limits::new() {
            js::set(&options, "limits", &js::limits(self.limits));
        }
        options.into()
    }
}
