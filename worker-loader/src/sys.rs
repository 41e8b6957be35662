//! The binding as JavaScript has it, for those who want no more than that. Everything else in the crate stands on
//! these.

use js_sys::{Array, Function, JsString, Object, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `env.LOADER`.
    #[wasm_bindgen(extends = Object)]
    #[derive(Clone, Debug)]
    pub type WorkerLoader;

    /// `get(name, factory)`. Does not fail: what is wrong with the code is told at the first call.
    #[wasm_bindgen(method)]
    pub fn get(this: &WorkerLoader, name: &JsString, factory: &Function) -> WorkerStub;

    /// `get(null, factory)`: a worker of its own for each call.
    #[wasm_bindgen(method, js_name = get)]
    pub fn get_unnamed(this: &WorkerLoader, name: &JsValue, factory: &Function) -> WorkerStub;

    /// `load(code)`. Throws at once for a code of the wrong shape.
    #[wasm_bindgen(method, catch)]
    pub fn load(this: &WorkerLoader, code: &Object) -> Result<WorkerStub, JsValue>;

    /// What `get` and `load` give.
    #[wasm_bindgen(extends = Object)]
    #[derive(Clone, Debug)]
    pub type WorkerStub;

    /// `getEntrypoint(name, { props, limits })`; `undefined` for what is left out.
    #[wasm_bindgen(method, catch, js_name = getEntrypoint)]
    pub fn get_entrypoint(this: &WorkerStub, name: &JsValue, options: &JsValue) -> Result<Fetcher, JsValue>;

    /// `getDurableObjectClass(name, { props, limits })`; `undefined` for what is left out.
    #[wasm_bindgen(method, catch, js_name = getDurableObjectClass)]
    pub fn get_durable_object_class(this: &WorkerStub, name: &JsValue, options: &JsValue) -> Result<JsValue, JsValue>;

    /// An entrypoint, a facet, a service binding: what has a `fetch` and any methods by RPC.
    #[wasm_bindgen(extends = Object)]
    #[derive(Clone, Debug)]
    pub type Fetcher;

    /// `fetch(request)`.
    #[wasm_bindgen(method, catch)]
    pub fn fetch(this: &Fetcher, request: &web_sys::Request) -> Result<Promise, JsValue>;

    /// `ctx.facets` of a Durable Object.
    #[wasm_bindgen(extends = Object)]
    #[derive(Clone, Debug)]
    pub type Facets;

    /// `get(name, start)`.
    #[wasm_bindgen(method, catch, js_name = get)]
    pub fn facet(this: &Facets, name: &str, start: &Function) -> Result<Fetcher, JsValue>;

    /// `abort(name, reason)`.
    #[wasm_bindgen(method, catch)]
    pub fn abort(this: &Facets, name: &str, reason: &JsValue) -> Result<(), JsValue>;

    /// `delete(name)`.
    #[wasm_bindgen(method, catch)]
    pub fn delete(this: &Facets, name: &str) -> Result<(), JsValue>;
}

#[wasm_bindgen(module = "/src/call.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetchThrough)]
    pub(crate) fn fetch_through(
        loader: &WorkerLoader,
        name: &JsString,
        factory: &Function,
        entrypoint: &JsValue,
        options: &JsValue,
        request: &web_sys::Request,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_name = handOver)]
    pub(crate) fn hand_over(
        loader: &WorkerLoader,
        name: &JsString,
        factory: &Function,
        entrypoint: &JsValue,
        options: &JsValue,
        request: &web_sys::Request,
        note: &JsValue,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = handOverUntried)]
    pub(crate) fn hand_over_untried(
        loader: &WorkerLoader,
        name: &JsString,
        factory: &Function,
        entrypoint: &JsValue,
        options: &JsValue,
        request: &web_sys::Request,
        note: &JsValue,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = handOverLater)]
    pub(crate) fn hand_over_later(
        loader: &WorkerLoader,
        name: &JsString,
        factory: &Function,
        entrypoint: &JsValue,
        options: &JsValue,
        request: &web_sys::Request,
        note: &JsValue,
        untried: bool,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = handOverLoaded)]
    pub(crate) fn hand_over_loaded(
        stub: &WorkerStub,
        entrypoint: &JsValue,
        options: &JsValue,
        request: &web_sys::Request,
        note: &JsValue,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = callMethod)]
    pub(crate) fn call_method(stub: &JsValue, method: &str, args: &Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    pub(crate) fn loopback(exports: &JsValue, name: &str, props: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = loopbackPerLoad)]
    pub(crate) fn loopback_per_load(name: &str, props: &JsValue) -> Function;

    pub(crate) fn owing(promise: &Promise) -> Promise;

    pub(crate) fn dispose(value: &JsValue);
}
