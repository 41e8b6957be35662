//! From our types to JavaScript's, and from its errors to ours.

use js_sys::{Array, Function, JSON, JsString, Object, Reflect, Uint8Array};
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    Error, Handle, Limits, Module, Outbound, Result, Stub, WorkerCode,
    classify::{classify, factory_message},
    env_value::EnvValue,
    parts::Parts,
};

/// An isolate has 128 MB in all: of a larger code, one copy is enough.
const MOST_KEPT_BYTES: usize = 1024 * 1024;

/// The `WorkerCode` object that the runtime takes, which copies what is in it.
/// Its bundle, if it has one, is not in it: see [`whole`].
pub(crate) fn code<K>(code: &WorkerCode<K>) -> Result<Object> {
    if let Some(object) = code.parts.kept.object.get() {
        return Ok(object.clone());
    }
    let object = object(&code.parts)?;
    if code.parts.kept.code_bytes <= MOST_KEPT_BYTES && !code.parts.has_stubs_per_load() {
        let _first = code.parts.kept.object.set(object.clone());
    }
    Ok(object)
}

impl Stub {
    /// The stub itself, for the load that goes on now.
    fn value(&self) -> Result<JsValue> {
        let handle = self.handle.as_js();
        if self.per_load {
            handle.unchecked_ref::<Function>().call0(&JsValue::UNDEFINED).map_err(error)
        } else {
            Ok(handle.clone())
        }
    }
}

impl Parts {
    fn has_stubs_per_load(&self) -> bool {
        let in_env = self.env.iter().filter_map(|(_, value)| match value {
            EnvValue::Stub(stub) => Some(stub),
            _ => None,
        });
        let outbound = match &self.outbound {
            Outbound::Through(stub) => Some(stub),
            _ => None,
        };
        in_env.chain(outbound).chain(&self.tails).chain(&self.streaming_tails).any(|stub| stub.per_load)
    }
}

/// The same, with the modules of its bundle, which are read for it.
pub(crate) async fn whole<K>(code: WorkerCode<K>) -> Result<Object> {
    let Some(bundle) = &code.parts.bundle else {
        return self::code(&code);
    };
    let modules = (bundle.read)().await?.as_js().clone();
    if !modules.is_object() {
        return Err(Error::factory(format!("the bundle {} was read and is no object of modules", bundle.digest)));
    }
    // A copy, so that a code which is kept does not keep them. Its own modules are the last word.
    let object = Object::assign(&Object::new(), &self::code(&code)?);
    let own = Reflect::get(&object, &"modules".into())?;
    let modules = Object::assign(&Object::new(), modules.unchecked_ref());
    set(&object, "modules", &Object::assign(&modules, own.unchecked_ref()));
    Ok(object)
}

// On its own: where the object is kept, V8 then does not compile all this for a cold start (see `parts::Kept`).
#[cold]
#[inline(never)]
fn object(parts: &Parts) -> Result<Object> {
    let object = Object::new();
    set(&object, "compatibilityDate", &JsValue::from(&parts.compatibility_date));
    if !parts.compatibility_flags.is_empty() {
        set(
            &object,
            "compatibilityFlags",
            &parts.compatibility_flags.iter().map(|(flag, ())| JsValue::from(flag)).collect::<Array>(),
        );
    }
    if parts.allow_experimental {
        set(&object, "allowExperimental", &JsValue::TRUE);
    }
    if parts.limits != Limits::new() {
        set(&object, "limits", &limits(parts.limits));
    }
    set(&object, "mainModule", &JsValue::from(&parts.main_module));
    let modules = Object::new();
    for (name, module) in parts.modules.iter() {
        set(&modules, name, &self::module(module)?);
    }
    set(&object, "modules", &modules);
    if !parts.env.is_empty() {
        set(&object, "env", &env(parts.env.iter())?);
    }
    match &parts.outbound {
        Outbound::Inherit => {}
        Outbound::Block => set(&object, "globalOutbound", &JsValue::NULL),
        Outbound::Through(stub) => set(&object, "globalOutbound", &stub.value()?),
    }
    for (field, stubs) in [("tails", &parts.tails), ("streamingTails", &parts.streaming_tails)] {
        if !stubs.is_empty() {
            let stubs: Array = stubs.iter().map(Stub::value).collect::<Result<_>>()?;
            set(&object, field, &stubs);
        }
    }
    Ok(object)
}

fn module(module: &Module) -> Result<JsValue> {
    let content = match module {
        Module::Js(text) | Module::Cjs(text) | Module::Text(text) | Module::Py(text) => JsValue::from(&**text),
        Module::Data(bytes) | Module::Wasm(bytes) => Uint8Array::from(&**bytes).buffer().into(),
        Module::Json(value) => parse(value)?,
        Module::Compiled(stub) => stub.value()?,
    };
    let object = Object::new();
    set(&object, module.kind(), &content);
    Ok(object.into())
}

/// All plain values cross in one piece; stubs, which cannot, one by one.
fn env<'a>(entries: impl Iterator<Item = (&'a str, &'a EnvValue)>) -> Result<JsValue> {
    let mut plain = serde_json::Map::new();
    let mut stubs = Vec::new();
    for (name, value) in entries {
        match value {
            EnvValue::Json(value) | EnvValue::Secret { secret: value, .. } => {
                plain.insert(name.to_owned(), value.clone());
            }
            EnvValue::Stub(stub) => stubs.push((name, stub)),
        }
    }
    let object = parse(&Value::Object(plain))?;
    for (name, stub) in stubs {
        set(object.unchecked_ref(), name, &stub.value()?);
    }
    Ok(object)
}

pub(crate) fn limits(limits: Limits) -> Object {
    let object = Object::new();
    if let Some(ms) = limits.cpu_ms {
        set(&object, "cpuMs", &ms.into());
    }
    if let Some(count) = limits.sub_requests {
        set(&object, "subRequests", &count.into());
    }
    object
}

/// A plain value, by way of JSON: one crossing, whatever its size.
pub(crate) fn plain(value: &impl Serialize) -> Result<JsValue> {
    parse(&serde_json::to_value(value).map_err(Error::conversion)?)
}

fn parse(value: &Value) -> Result<JsValue> {
    JSON::parse(&value.to_string()).map_err(error)
}

/// Properties of objects that we have just made: setting one cannot fail.
pub(crate) fn set(object: &Object, name: &str, value: &JsValue) {
    let set = Reflect::set(object, &JsString::from(name), value);
    debug_assert_eq!(set, Ok(true));
}

/// What was thrown, told apart. The value itself stays with it.
pub(crate) fn error(thrown: JsValue) -> Error {
    let text = |name: &str| Reflect::get(&thrown, &name.into()).ok().and_then(|value| value.as_string());
    let error: Error = match thrown.as_string() {
        Some(message) => classify("Error", &message, false),
        None => {
            let remote = Reflect::get(&thrown, &"remote".into()).is_ok_and(|remote| remote.is_truthy());
            let name = text("name").unwrap_or_else(|| "Error".to_owned());
            classify(&name, &text("message").unwrap_or_else(|| format!("{thrown:?}")), remote)
        }
    }
    .into();
    error.with_original(Handle::from(thrown))
}

/// What a factory rejects with.
pub(crate) fn factory_error(error: &Error) -> JsValue {
    js_sys::Error::new(&factory_message(error)).into()
}

impl From<JsValue> for Error {
    /// Tells what a value that the runtime threw means, as the calls of this crate do.
    fn from(thrown: JsValue) -> Self {
        error(thrown)
    }
}

impl From<Error> for JsValue {
    /// The original, where there is one; else an `Error` of our sentence.
    fn from(error: Error) -> Self {
        match error.original() {
            Some(original) => original.as_js().clone(),
            None => js_sys::Error::new(&error.to_string()).into(),
        }
    }
}

impl From<Error> for worker::Error {
    fn from(error: Error) -> Self {
        worker::Error::RustError(error.to_string())
    }
}

impl From<worker::Error> for Error {
    /// For factories, which read code from storage: the code could not be had.
    fn from(error: worker::Error) -> Self {
        Error::factory(error.to_string())
    }
}
