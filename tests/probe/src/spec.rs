//! What a test asks for, and the code it makes.

use serde::Deserialize;
use serde_json::{Map, Value};
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Context;
use worker_loader::{
    Bundle, Error, Handle, Limits, Loopback, Module, Outbound, Result, Stub, WorkerCode, WorkerCodeBuilder,
};

use crate::run::ran;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Spec {
    /// `get`, `code`, `unchecked`, `load` or `loadWith`.
    pub how: String,
    /// The key's prefix, or the whole name for `unchecked`.
    pub name: String,
    pub date: String,
    pub flags: Vec<String>,
    pub allow_experimental: bool,
    pub limits: Option<SpecLimits>,
    pub main: String,
    /// The source of the main module, where there is no more than that.
    pub source: String,
    pub modules: Vec<SpecModule>,
    /// Modules that are kept elsewhere: their digest, and what is read for it.
    pub bundle: Option<SpecBundle>,
    pub env: Map<String, Value>,
    /// Entries of env that are secrets: the text and its fingerprint.
    pub secrets: Map<String, Value>,
    /// Entries of env that are loopback stubs: the entrypoint's name and its props.
    pub stubs: Map<String, Value>,
    /// `block`, `inherit`, `through` or `opaque`.
    pub outbound: String,
    pub tail: Option<Value>,
    pub entrypoint: Option<String>,
    pub props: Option<Value>,
    pub entry_limits: Option<SpecLimits>,
    pub call: Option<Call>,
    /// An entry TEXT of env, too large for a header.
    pub fill_env: Option<FillEnv>,
    /// What the factory does: `ok`, `fail`, `failOnce`, `mismatch` or `slow`.
    pub factory: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpecLimits {
    cpu_ms: Option<u32>,
    sub_requests: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpecModule {
    name: String,
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    bytes: Vec<u8>,
    #[serde(default)]
    json: Value,
    /// So many bytes of text in place of `text`, for sizes no header could carry.
    #[serde(default)]
    fill: usize,
}

#[derive(Clone, Debug, Deserialize)]
pub struct SpecBundle {
    digest: String,
    modules: Value,
}

#[derive(Clone, Debug, Deserialize)]
pub struct FillEnv {
    sign: String,
    count: usize,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Call {
    pub method: String,
    pub args: Value,
}

impl Default for Spec {
    fn default() -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            how: text("get"),
            name: text("probe"),
            date: text("2026-07-01"),
            flags: Vec::new(),
            allow_experimental: false,
            limits: None,
            main: text("index.js"),
            source: String::new(),
            modules: Vec::new(),
            bundle: None,
            env: Map::new(),
            secrets: Map::new(),
            stubs: Map::new(),
            outbound: text("block"),
            tail: None,
            entrypoint: None,
            props: None,
            entry_limits: None,
            call: None,
            fill_env: None,
            factory: text("ok"),
        }
    }
}

impl Spec {
    pub fn of(request: &Request) -> Result<Self> {
        let header = request.headers().get("x-spec")?.unwrap_or_else(|| "{}".to_owned());
        let text = String::from(js_sys::decode_uri_component(&header)?);
        Ok(serde_json::from_str(&text)?)
    }

    /// The code, with stubs of this request, or with stubs that each load makes anew.
    pub fn code(&self, ctx: Option<&Context>) -> Result<WorkerCode> {
        let mut code = self.builder();
        let loopback = |name: &str, props: &Value| -> Result<Stub> {
            let loopback = match ctx {
                Some(ctx) => Loopback::from_context(ctx)?,
                None => Loopback::per_load(),
            };
            loopback.entrypoint(name).with_props(props)
        };
        for (name, stub) in &self.stubs {
            let entrypoint = stub["entrypoint"].as_str().unwrap_or("Api");
            code = code.env_stub(name, loopback(entrypoint, &stub["props"])?);
        }
        code = match &*self.outbound {
            "inherit" => code.outbound(Outbound::Inherit),
            "through" => {
                code.outbound(Outbound::Through(loopback("Outbound", &serde_json::json!({ "tenant": self.name }))?))
            }
            _ => code,
        };
        if let Some(props) = &self.tail {
            code = code.tail(loopback("Tail", props)?);
        }
        code.build()
    }

    fn builder(&self) -> WorkerCodeBuilder {
        let mut code = WorkerCode::builder(&self.date, &self.main).allow_experimental(self.allow_experimental);
        if !self.source.is_empty() {
            code = code.js(&self.main, self.source.clone());
        }
        for flag in &self.flags {
            code = code.compatibility_flag(flag);
        }
        if let Some(limits) = self.limits {
            code = code.limits(limits.into());
        }
        for module in &self.modules {
            code = code.module(&module.name, module.made());
        }
        if let Some(fill) = &self.fill_env {
            code = code.env("TEXT", fill.sign.repeat(fill.count));
        }
        for (name, secret) in &self.secrets {
            let part = |at: usize| secret[at].as_str().unwrap_or_default();
            code = code.env_secret(name, part(0), part(1));
        }
        if let Some(bundle) = &self.bundle {
            let (what, name, modules) = (self.factory.clone(), self.name.clone(), bundle.modules.to_string());
            code = code.bundle(Bundle::new(&bundle.digest, move || {
                let (runs, what, modules) = (ran(&name), what.clone(), modules.clone());
                async move {
                    match &*what {
                        "fail" => Err(Error::factory("storage is down")),
                        "failOnce" if runs == 1 => Err(Error::factory("storage is down")),
                        _ => Ok(Handle::from(js_sys::JSON::parse(&modules)?)),
                    }
                }
            }));
        }
        for (name, value) in &self.env {
            code = code.env(name, value);
        }
        code
    }
}

impl SpecModule {
    fn made(&self) -> Module {
        let text = if self.fill > 0 { "x".repeat(self.fill) } else { self.text.clone() };
        match &*self.kind {
            "js" => Module::Js(text.into()),
            "cjs" => Module::Cjs(text.into()),
            "text" => Module::Text(text.into()),
            "data" => Module::Data(self.bytes.clone().into()),
            "json" => Module::Json(self.json.clone()),
            "py" => Module::Py(text.into()),
            "wasm" => Module::Wasm(self.bytes.clone().into()),
            // Compiling at run time is not allowed in a Worker; our own module is compiled already.
            "compiled" => Module::Compiled(Stub::new(own_module(), "the probe's own")),
            kind => panic!("no such kind of module: {kind}"),
        }
    }
}

/// The probe's own WebAssembly module.
pub fn own_module() -> JsValue {
    wasm_bindgen::module()
}

impl From<SpecLimits> for Limits {
    fn from(limits: SpecLimits) -> Self {
        let mut made = Limits::new();
        if let Some(ms) = limits.cpu_ms {
            made = made.cpu_ms(ms);
        }
        if let Some(count) = limits.sub_requests {
            made = made.sub_requests(count);
        }
        made
    }
}
