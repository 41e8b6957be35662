//! A Durable Object that runs a Durable Object class out of a dynamic worker, with a database of its own.
//!
//! wrangler.toml: a binding APPS to the class `Supervisor`, in `new_sqlite_classes`. The main module exports
//! `Supervisor` beside the default: `export { Supervisor } from "./build/index.js"`.

#![cfg(target_arch = "wasm32")]

use worker::{Context, DurableObject, Env, Request, Response, Result, State, durable_object, event};
use worker_loader::{EnvExt, Facets, Gate, WorkerCode};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _ctx: Context) -> Result<Response> {
    env.durable_object("APPS")?.get_by_name("acme")?.fetch_with_request(request).await
}

#[durable_object(fetch)]
pub struct Supervisor {
    state: State,
    env: Env,
    /// One for the object, as the platform counts the dynamic workers of all its requests together.
    gate: Gate,
}

impl DurableObject for Supervisor {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, gate: Gate::for_durable_object() }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let facets = Facets::from_state(&self.state)?;
        if request.method() == worker::Method::Delete {
            facets.delete("app")?;
            return Response::empty();
        }
        let code = WorkerCode::builder("2026-07-01", "app.js").js("app.js", include_str!("js/app.js")).build()?;
        let loader = self.env.loader("LOADER")?.with_gate(self.gate.clone());
        let app = loader.get_code(&code.key("acme"), &code);
        let facet = facets.get("app", move || app.durable_object_class(Some("App")))?;
        Ok(facet.fetch(request).await?.into())
    }
}
