//! The handle to a loaded worker.

use std::rc::Rc;

use js_sys::{Function, JsString};
use serde::Serialize;
use wasm_bindgen::JsValue;
use web_sys::Response;

use crate::{DurableObjectClass, Entrypoint, Error, Gate, IntoRequest, Limits, Result, WorkerKey, js, poison, sys};

/// A loaded worker, all of it: its entrypoints and its Durable Object classes. A clone is the same worker.
///
/// It belongs to the request that made it: the runtime refuses to use it in another.
#[derive(Clone, Debug)]
pub struct WorkerStub(pub(crate) Rc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub source: Source,
    /// Who it is, to the gate.
    pub id: Rc<str>,
    pub gate: Gate,
}

/// A named worker is asked for when it is called, in the same step; asking twice is the same worker.
#[derive(Debug)]
pub(crate) enum Source {
    Named { loader: sys::WorkerLoader, name: JsString, factory: Function, key: Option<WorkerKey> },
    Loaded(sys::WorkerStub),
}

impl WorkerStub {
    pub(crate) fn new(source: Source, id: Rc<str>, gate: &Gate) -> Self {
        Self(Rc::new(Inner { source, id, gate: gate.clone() }))
    }

    /// The default entrypoint.
    pub fn entrypoint(&self) -> Entrypoint {
        Entrypoint::new(self.clone(), JsValue::UNDEFINED)
    }

    /// The entrypoint that the worker exports under this name.
    pub fn named_entrypoint(&self, name: &str) -> Entrypoint {
        Entrypoint::new(self.clone(), name.into())
    }

    /// Sends a request to the default entrypoint. See [`Entrypoint::fetch`].
    ///
    /// # Errors
    /// As [`Entrypoint::fetch`].
    pub async fn fetch(&self, request: impl IntoRequest) -> Result<Response> {
        self.entrypoint().fetch(request).await
    }

    /// A Durable Object class that the worker exports, to run it as a [facet](crate::Facets). `None` is the default
    /// export.
    ///
    /// # Errors
    /// When the props cannot be handed over. A class that does not exist fails the facet's first call.
    pub fn durable_object_class(&self, name: Option<&str>) -> Result<DurableObjectClass> {
        self.class(name, &JsValue::UNDEFINED)
    }

    /// The same with props, which its instances find at `ctx.props`, and limits.
    ///
    /// # Errors
    /// When the props cannot be written as JSON or handed over.
    pub fn durable_object_class_with(
        &self,
        name: Option<&str>,
        props: &impl Serialize,
        limits: Limits,
    ) -> Result<DurableObjectClass> {
        let options = js_sys::Object::new();
        js::set(&options, "props", &js::plain(props)?);
        js::set(&options, "limits", &js::limits(limits));
        self.class(name, &options)
    }

    fn class(&self, name: Option<&str>, options: &JsValue) -> Result<DurableObjectClass> {
        let name = name.map_or(JsValue::UNDEFINED, JsValue::from);
        self.raw().get_durable_object_class(&name, options).map(DurableObjectClass::new).map_err(js::error)
    }

    /// What a call failed with. If that is a factory's failure, which the runtime keeps, the next `get` asks anew: this
    /// isolate may not be the one whose factory it was.
    pub(crate) fn failed(&self, thrown: impl Into<Error>) -> Error {
        let error = thrown.into();
        if let Source::Named { key: Some(key), .. } = &self.0.source {
            poison::failed(key, &self.0.id, &error);
        }
        error
    }

    /// The runtime's own stub.
    pub fn raw(&self) -> sys::WorkerStub {
        match &self.0.source {
            Source::Named { loader, name, factory, .. } => loader.get(name, factory),
            Source::Loaded(stub) => stub.clone(),
        }
    }
}
