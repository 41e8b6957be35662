//! What is loaded: the modules, and all that surrounds them.

use std::{borrow::Cow, marker::PhantomData, rc::Rc};

use serde::Serialize;
use serde_json::Value;

use crate::{
    Bundle, CompatibilityDate, Handle, Limits, Module, Outbound, Problem, Problems, Result, Stub,
    by_name::ByName,
    check,
    env_value::EnvValue,
    error::Error,
    parts::{Kept, Parts},
};

/// Marks a code all of whose parts are covered by a hash or a fingerprint: it has a key.
#[derive(Clone, Copy, Debug)]
pub enum Hashed {}

/// Marks a code that holds something no hash covers: only `load` and
/// `get_unchecked` accept it.
#[derive(Clone, Copy, Debug)]
pub enum Opaque {}

/// The code of a dynamic worker, checked and immutable; a clone costs a reference count.
///
/// It is Cloudflare's `WorkerCode` (<https://developers.cloudflare.com/dynamic-workers/api-reference/>). The type
/// parameter says whether a [`WorkerKey`](crate::WorkerKey) can be computed for it.
///
/// Keep a code that is used again: its digest is made once, and so is its JavaScript half, where the modules are not over
/// a MiB together: it takes as much memory again.
#[derive(Debug)]
pub struct WorkerCode<K = Hashed> {
    pub(crate) parts: Rc<Parts>,
    kind: PhantomData<K>,
}

impl<K> Clone for WorkerCode<K> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), kind: PhantomData }
    }
}

impl WorkerCode {
    /// Begins a code: its compatibility date (`YYYY-MM-DD`) and the name of its main module.
    ///
    /// ```
    /// use worker_loader::{Limits, WorkerCode};
    ///
    /// let code = WorkerCode::builder("2026-07-01", "index.js")
    ///     .js("index.js", r#"
    ///         import greeting from "./greeting.txt";
    ///         export default { fetch: (request, env) => new Response(`${greeting}, ${env.NAME}`) };
    ///     "#)
    ///     .text("greeting.txt", "Hello")
    ///     .env("NAME", "Ada")
    ///     .limits(Limits::new().cpu_ms(50))
    ///     .build()?;
    /// assert_eq!(code.key("greeter").as_str().len(), "greeter@".len() + 64);
    /// # Ok::<(), worker_loader::Error>(())
    /// ```
    pub fn builder(compatibility_date: impl Into<String>, main_module: impl Into<String>) -> WorkerCodeBuilder {
        WorkerCodeBuilder {
            parts: Parts {
                compatibility_date: compatibility_date.into(),
                compatibility_flags: ByName::new(),
                allow_experimental: false,
                limits: Limits::new(),
                main_module: main_module.into(),
                modules: ByName::new(),
                bundle: None,
                env: ByName::new(),
                outbound: Outbound::Block,
                tails: Vec::new(),
                streaming_tails: Vec::new(),
                kept: Kept::default(),
            },
            problems: Vec::new(),
            kind: PhantomData,
        }
    }
}

/// Collects a [`WorkerCode`]. Nothing fails before [`build`](Self::build), which tells all problems at once.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct WorkerCodeBuilder<K = Hashed> {
    parts: Parts,
    problems: Vec<Problem>,
    kind: PhantomData<K>,
}

impl<K> WorkerCodeBuilder<K> {
    /// Adds a compatibility flag. Their order means nothing.
    pub fn compatibility_flag(mut self, flag: impl Into<String>) -> Self {
        let _said_twice = self.parts.compatibility_flags.insert(flag.into(), ());
        self
    }

    /// Sets `allowExperimental`. The runtime takes it only where the loading Worker itself has the `experimental`
    /// flag, which Cloudflare does not give in production.
    pub fn allow_experimental(mut self, allow: bool) -> Self {
        self.parts.allow_experimental = allow;
        self
    }

    /// Sets the limits of each invocation.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.parts.limits = limits;
        self
    }

    /// Adds a module of any kind.
    pub fn module(mut self, name: impl Into<String>, module: Module) -> Self {
        if let Err(taken) = self.parts.modules.insert(name.into(), module) {
            self.problems.push(Problem::DuplicateModule(taken));
        }
        self
    }

    /// Sets the modules that are kept elsewhere and read on a cold start. The main module may be one of them. A module
    /// that is added beside them takes the place of one of the same name.
    pub fn bundle(mut self, bundle: Bundle) -> Self {
        self.parts.bundle = Some(bundle);
        self
    }

    /// Adds an ES module.
    pub fn js(self, name: impl Into<String>, source: impl Into<Cow<'static, str>>) -> Self {
        self.module(name, Module::Js(source.into()))
    }

    /// Adds a CommonJS module.
    pub fn cjs(self, name: impl Into<String>, source: impl Into<Cow<'static, str>>) -> Self {
        self.module(name, Module::Cjs(source.into()))
    }

    /// Adds text, which imports as a string.
    pub fn text(self, name: impl Into<String>, text: impl Into<Cow<'static, str>>) -> Self {
        self.module(name, Module::Text(text.into()))
    }

    /// Adds bytes, which import as an `ArrayBuffer`.
    pub fn data(self, name: impl Into<String>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        self.module(name, Module::Data(bytes.into()))
    }

    /// Adds a value that serde can write as JSON; it imports as the parsed value.
    pub fn json(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        match serde_json::to_value(value) {
            Ok(value) => self.module(name, Module::Json(value)),
            Err(error) => {
                self.problems.push(Problem::NotJson { place: name, why: error.to_string() });
                self
            }
        }
    }

    /// Adds a Python module.
    pub fn py(self, name: impl Into<String>, source: impl Into<Cow<'static, str>>) -> Self {
        self.module(name, Module::Py(source.into()))
    }

    /// Adds WebAssembly as bytes, which import as a `WebAssembly.Module`.
    pub fn wasm(self, name: impl Into<String>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        self.module(name, Module::Wasm(bytes.into()))
    }

    /// Sets an entry of `env` to any value that serde can write as JSON. Richer values (dates, maps, bytes) and
    /// stubs go in by [`env_stub`](Self::env_stub).
    pub fn env(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        match serde_json::to_value(value) {
            Ok(value) => self.env_entry(name, EnvValue::Json(value)),
            Err(error) => {
                self.problems.push(Problem::NotJson { place: format!("env.{name}"), why: error.to_string() });
                self
            }
        }
    }

    /// Sets an entry of `env` to a secret, with a **fingerprint**: text that changes whenever the secret does, such as
    /// the number of its revision. It stands for the secret in the key, which is found in logs and headers: a short secret
    /// could be guessed from a digest of it.
    pub fn env_secret(
        self,
        name: impl Into<String>,
        secret: impl Into<String>,
        fingerprint: impl Into<String>,
    ) -> Self {
        let (secret, fingerprint) = (Value::String(secret.into()), fingerprint.into());
        self.env_entry(name.into(), EnvValue::Secret { secret, fingerprint })
    }

    /// Sets an entry of `env` to a stub: a loopback, a service binding, a Durable Object stub, or any value that
    /// the runtime can serialize. A KV namespace, an R2 bucket or another raw binding is none
    /// (<https://developers.cloudflare.com/dynamic-workers/usage/bindings/>).
    pub fn env_stub(self, name: impl Into<String>, stub: Stub) -> Self {
        self.env_entry(name.into(), EnvValue::Stub(stub))
    }

    fn env_entry(mut self, name: String, value: EnvValue) -> Self {
        if let Err(taken) = self.parts.env.insert(name, value) {
            self.problems.push(Problem::DuplicateEnv(taken));
        }
        self
    }

    /// Sets where `fetch()` and `connect()` go; nowhere unless this is called.
    pub fn outbound(mut self, outbound: Outbound) -> Self {
        self.parts.outbound = outbound;
        self
    }

    /// Adds a receiver of the worker's logs and exceptions (`tails`).
    pub fn tail(mut self, tail: Stub) -> Self {
        self.parts.tails.push(tail);
        self
    }

    /// Adds a streaming tail, which the runtime takes only with [`allow_experimental`](Self::allow_experimental).
    pub fn streaming_tail(mut self, tail: Stub) -> Self {
        self.parts.streaming_tails.push(tail);
        self
    }

    /// [`env_stub`](Self::env_stub) without a fingerprint: the code has no key any more.
    pub fn env_opaque(self, name: impl Into<String>, value: impl Into<Handle>) -> WorkerCodeBuilder<Opaque> {
        self.env_stub(name, Stub::opaque(value)).opaque()
    }

    /// [`Module::Compiled`] without a fingerprint: the code has no key any more.
    pub fn compiled_opaque(self, name: impl Into<String>, module: impl Into<Handle>) -> WorkerCodeBuilder<Opaque> {
        self.module(name, Module::Compiled(Stub::opaque(module))).opaque()
    }

    /// [`Outbound::Through`] without a fingerprint: the code has no key any more.
    pub fn through_opaque(self, outbound: impl Into<Handle>) -> WorkerCodeBuilder<Opaque> {
        self.outbound(Outbound::Through(Stub::opaque(outbound))).opaque()
    }

    /// [`tail`](Self::tail) without a fingerprint: the code has no key any more.
    pub fn tail_opaque(self, tail: impl Into<Handle>) -> WorkerCodeBuilder<Opaque> {
        self.tail(Stub::opaque(tail)).opaque()
    }

    /// [`streaming_tail`](Self::streaming_tail) without a fingerprint: the code has no key any more.
    pub fn streaming_tail_opaque(self, tail: impl Into<Handle>) -> WorkerCodeBuilder<Opaque> {
        self.streaming_tail(Stub::opaque(tail)).opaque()
    }

    fn opaque(self) -> WorkerCodeBuilder<Opaque> {
        WorkerCodeBuilder { parts: self.parts, problems: self.problems, kind: PhantomData }
    }

    /// Checks the whole.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every [`Problem`], in one go.
    pub fn build(self) -> Result<WorkerCode<K>> {
        let Self { mut parts, problems: collected, .. } = self;
        let mut problems = Vec::new();
        match parts.compatibility_date.parse::<CompatibilityDate>() {
            Ok(_) => {}
            Err(error) => problems.push(Problem::BadCompatibilityDate(error.0)),
        }
        problems.extend(
            parts
                .compatibility_flags
                .iter()
                .filter(|(flag, ())| !check::flag_is_clean(flag))
                .map(|(flag, ())| Problem::BadCompatibilityFlag(flag.to_owned())),
        );
        problems.extend(collected);
        parts.kept.code_bytes = check::modules(&parts, &mut problems);
        check::env(&parts.env, &mut problems);
        check::fingerprints(&parts, &mut problems);
        if !parts.streaming_tails.is_empty() && !parts.allow_experimental {
            problems.push(Problem::StreamingTailsAreExperimental);
        }
        if problems.is_empty() {
            Ok(WorkerCode { parts: Rc::new(parts), kind: PhantomData })
        } else {
            Err(Error::invalid(Problems(problems)))
        }
    }
}
