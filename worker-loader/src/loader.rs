//! The binding.

use std::{cell::RefCell, future::Future, rc::Rc};

use js_sys::{Function, JsString, Object, Promise, Reflect, futures::future_to_promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use worker::{Env, EnvBinding};

use crate::{
    Error, ErrorKind, Gate, Hashed, Result, WorkerCode, WorkerKey, WorkerStub, js, poison, sys, worker_stub::Source,
};

/// The Worker Loader binding, `env.LOADER`
/// (<https://developers.cloudflare.com/dynamic-workers/api-reference/>).
///
/// It comes from the env, by [`EnvExt::loader`] or by `env.get_binding::<WorkerLoader>("LOADER")`. Take it anew for
/// each request: the calls made through one value share its [`Gate`], and the platform counts by request.
#[derive(Clone, Debug)]
pub struct WorkerLoader {
    raw: sys::WorkerLoader,
    gate: Gate,
}

/// `env.loader("LOADER")`.
pub trait EnvExt {
    /// The Worker Loader binding of this name.
    ///
    /// # Errors
    /// When wrangler.toml has no such binding, or it is another kind of binding.
    fn loader(&self, binding: &str) -> worker::Result<WorkerLoader>;
}

/// The binding that was looked up last: an isolate has one env and, nearly always, one loader. A binding may be kept;
/// looking it up costs as much as a small handler.
struct Looked {
    env: JsValue,
    name: String,
    raw: sys::WorkerLoader,
}

thread_local!(static LOOKED: RefCell<Option<Looked>> = const { RefCell::new(None) });

impl EnvExt for Env {
    fn loader(&self, binding: &str) -> worker::Result<WorkerLoader> {
        let kept = LOOKED.with_borrow(|looked| {
            let looked = looked.as_ref().filter(|looked| looked.name == binding && Object::is(&looked.env, self))?;
            Some(WorkerLoader::from(looked.raw.clone()))
        });
        if let Some(loader) = kept {
            return Ok(loader);
        }
        look_up(self, binding)
    }
}

#[cold]
#[inline(never)]
fn look_up(env: &Env, binding: &str) -> worker::Result<WorkerLoader> {
    let loader: WorkerLoader = env.get_binding(binding)?;
    let looked = Looked { env: env.into(), name: binding.to_owned(), raw: loader.raw.clone() };
    LOOKED.set(Some(looked));
    Ok(loader)
}

impl WorkerLoader {
    /// The worker under this key. The factory gives its code if the runtime does not have it: on a cold start, and
    /// again whenever the runtime has dropped it, so it may run any number of times. On a warm hit it does not run.
    ///
    /// Nothing happens and nothing fails before the first call; a factory that fails, and a code that does not
    /// start, fail that call. A factory that fails with [`ErrorKind::Factory`] (storage was down) is asked again by
    /// the next `get`; a code that does not start is not.
    ///
    /// What the factory gives is compared with the key.
    pub fn get<F, C>(&self, key: &WorkerKey, factory: F) -> WorkerStub
    where
        F: Fn() -> C + 'static,
        C: Future<Output = Result<WorkerCode<Hashed>>> + 'static,
    {
        let name = name_of(key);
        let (asked, asked_name) = (key.clone(), name.clone());
        let factory = promising(move || {
            let (key, name, code) = (asked.clone(), asked_name.clone(), factory());
            async move {
                let code = match code.await.and_then(|code| verified(&key, code)) {
                    Ok(code) => js::whole(code).await,
                    Err(error) => Err(error),
                };
                noted(&key, &name, code)
            }
        });
        self.named(key, name, factory)
    }

    /// [`get`](Self::get) for a code that is at hand already. On a warm hit it is not even looked at.
    pub fn get_code(&self, key: &WorkerKey, code: &WorkerCode<Hashed>) -> WorkerStub {
        let factory = key.factory(code, |key, code| {
            if code.parts.bundle.is_some() {
                return promising(move || {
                    // It is run once for each name: for the one that is asked under now.
                    let (key, name, code) = (key.clone(), name_of(&key), verified(&key, code.clone()));
                    async move { noted(&key, &name, js::whole(code?).await) }
                });
            }
            let factory = Closure::<dyn FnMut() -> Result<Object, JsValue>>::new(move || {
                verified(&key, code.clone()).and_then(|code| js::code(&code)).map_err(|error| js::factory_error(&error))
            });
            factory.into_js_value().unchecked_into()
        });
        self.named(key, name_of(key), factory)
    }

    /// The worker under a name that you answer for. The loader keeps the first code it is given for a name, its env,
    /// outbound and tails with it: **a name that does not change with all of them hands one tenant's bindings to
    /// another.** A name whose load fails stays failed. Prefer [`get`](Self::get).
    pub fn get_unchecked<F, C, K>(&self, name: &str, factory: F) -> WorkerStub
    where
        F: Fn() -> C + 'static,
        C: Future<Output = Result<WorkerCode<K>>> + 'static,
        K: 'static,
    {
        let factory = promising(move || {
            let code = factory();
            async move { js::whole(code.await?).await }
        });
        WorkerStub::new(
            Source::Named { loader: self.raw.clone(), name: name.into(), factory, key: None },
            name.into(),
            &self.gate,
        )
    }

    /// A worker of its own, of which nothing is kept: each call is a cold start, and on Cloudflare a billed Worker.
    /// For code that runs once.
    ///
    /// # Errors
    /// What the runtime refuses at once; with a bundle nothing is. A code that does not start fails its first call, as with `get`.
    pub fn load<K: 'static>(&self, code: &WorkerCode<K>) -> Result<WorkerStub> {
        if code.parts.bundle.is_some() {
            let code = code.clone();
            return Ok(self.load_with(move || std::future::ready(Ok(code.clone()))));
        }
        let stub = self.raw.load(&js::code(code)?).map_err(js::error)?;
        Ok(WorkerStub::new(Source::Loaded(stub), "".into(), &self.gate))
    }

    /// [`load`](Self::load) with a factory (the runtime's `get(null, factory)`): the code is fetched while the
    /// request is already on its way.
    pub fn load_with<F, C, K>(&self, factory: F) -> WorkerStub
    where
        F: Fn() -> C + 'static,
        C: Future<Output = Result<WorkerCode<K>>> + 'static,
        K: 'static,
    {
        let factory = promising(move || {
            let code = factory();
            async move { js::whole(code.await?).await }
        });
        WorkerStub::new(Source::Loaded(self.raw.get_unnamed(&JsValue::NULL, &factory)), "".into(), &self.gate)
    }

    /// The same binding with another gate. For a Durable Object, which keeps its binding:
    /// `env.loader("LOADER")?.with_gate(Gate::for_durable_object())`.
    pub fn with_gate(self, gate: Gate) -> Self {
        Self { gate, ..self }
    }

    /// The gate that the calls through this value share.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    fn named(&self, key: &WorkerKey, name: Rc<str>, factory: Function) -> WorkerStub {
        let js_name = if *name == *key.as_str() { key.as_js().clone() } else { JsString::from(&*name) };
        let source = Source::Named { loader: self.raw.clone(), name: js_name, factory, key: Some(key.clone()) };
        WorkerStub::new(source, name, &self.gate)
    }
}

/// The name to ask under: the key itself, unless a factory has failed under it.
fn name_of(key: &WorkerKey) -> Rc<str> {
    poison::name_of(key.as_str()).map_or_else(|| key.text(), Into::into)
}

/// Remembers that a factory has failed, which the loader would do for ever under that name.
fn noted(key: &WorkerKey, name: &str, code: Result<Object>) -> Result<Object> {
    code.inspect_err(|error| poison::failed(key, name, error))
}

fn verified(key: &WorkerKey, code: WorkerCode<Hashed>) -> Result<WorkerCode<Hashed>> {
    if code.has_key(key) {
        Ok(code)
    } else {
        let given = code.key(key.prefix());
        Err(ErrorKind::KeyMismatch { asked: key.to_string(), given: given.to_string() }.into())
    }
}

/// A factory as JavaScript wants it. The garbage collector frees it with its JavaScript half.
fn promising<C>(mut factory: impl FnMut() -> C + 'static) -> Function
where
    C: Future<Output = Result<Object>> + 'static,
{
    let factory = Closure::<dyn FnMut() -> Promise>::new(move || {
        let code = factory();
        sys::owing(&future_to_promise(std::panic::AssertUnwindSafe(async move {
            code.await.map(JsValue::from).map_err(|error| js::factory_error(&error))
        })))
    });
    factory.into_js_value().unchecked_into()
}

impl From<sys::WorkerLoader> for WorkerLoader {
    fn from(raw: sys::WorkerLoader) -> Self {
        Self { raw, gate: Gate::for_request() }
    }
}

impl EnvBinding for WorkerLoader {
    const TYPE_NAME: &'static str = "WorkerLoader";

    fn get(value: JsValue) -> worker::Result<Self> {
        // By what it can do, which the runtime's name for the class does not tell: a mock serves as well.
        let is_method = |name: &str| Reflect::get(&value, &name.into()).is_ok_and(|method| method.is_function());
        if is_method("load") && is_method("get") {
            Ok(Self::unchecked_from_js(value))
        } else {
            Err("This binding is no Worker Loader: wrangler.toml needs `[[worker_loaders]]` with its name.".into())
        }
    }
}

impl JsCast for WorkerLoader {
    fn instanceof(value: &JsValue) -> bool {
        value.is_object()
    }

    fn unchecked_from_js(value: JsValue) -> Self {
        value.unchecked_into::<sys::WorkerLoader>().into()
    }

    /// `EnvBinding` asks for this and never calls it. A reference needs an owner, and there is none but the program.
    fn unchecked_from_js_ref(value: &JsValue) -> &Self {
        Box::leak(Box::new(Self::unchecked_from_js(value.clone())))
    }
}

impl AsRef<JsValue> for WorkerLoader {
    fn as_ref(&self) -> &JsValue {
        self.raw.as_ref()
    }
}

impl From<WorkerLoader> for JsValue {
    fn from(loader: WorkerLoader) -> Self {
        loader.raw.into()
    }
}

/// So that a factory can use `?` on what it reads.
impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::factory(error.to_string())
    }
}
