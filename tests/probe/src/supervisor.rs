//! A Durable Object that runs facets.

use serde_json::{Value, json};
use web_sys::Request;
use worker::{DurableObject, Env, Response, State, durable_object};
use worker_loader::{DurableObjectClass, EnvExt, Error, Facets, Gate, Result};

use crate::{Answer, spec::Spec};

#[durable_object(fetch)]
pub struct Supervisor {
    state: State,
    env: Env,
}

impl DurableObject for Supervisor {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: worker::Request) -> worker::Result<Response> {
        Ok(self.run(request.inner()).await?)
    }
}

impl Supervisor {
    /// The spec's `name` is the facet's, its `entrypoint` the class; the query says what to do with it.
    async fn run(&self, request: &Request) -> Result<Response> {
        let spec = Spec::of(request)?;
        let facets = Facets::from_state(&self.state)?;
        match request.url().split_once('?').map(|(_, query)| query.to_owned()).as_deref() {
            Some("abort") => facets.abort(&spec.name, "moved to newer code")?,
            Some("delete") => facets.delete(&spec.name)?,
            _ => {
                let (env, class_of) = (self.env.clone(), spec.clone());
                let facet = facets.get(&spec.name, move || class(&env, &class_of))?;
                return match &spec.call {
                    Some(call) => {
                        let value: Value = facet.call(&call.method, &call.args).await?;
                        Ok(Response::from_json(&json!({ "value": value }))?)
                    }
                    None => Ok(facet.fetch(request).await?.into()),
                };
            }
        }
        Ok(Response::empty()?)
    }
}

fn class(env: &Env, spec: &Spec) -> Result<DurableObjectClass> {
    let loader = env.loader("LOADER")?.with_gate(Gate::for_durable_object());
    let code = spec.code(None)?;
    let stub = loader.get_code(&code.key(&spec.name), &code);
    match &spec.props {
        Some(props) => stub.durable_object_class_with(spec.entrypoint.as_deref(), props, Default::default()),
        None => stub.durable_object_class(spec.entrypoint.as_deref()),
    }
}

pub async fn forward(request: Request, env: Env) -> Answer {
    let stub: worker_loader::sys::Fetcher =
        env.durable_object("SUPERVISOR")?.get_by_name("one").map_err(Error::from)?.into_rpc();
    Ok(js_sys::futures::JsFuture::from(stub.fetch(&request)?).await?)
}
