//! Facts that need no spec.

use serde_json::{Value, json};
use worker::{Context, Env};
use worker_loader::{EnvExt, Gate, Loopback, WorkerCode, WorkerLoader};

use crate::{Answer, json_answer};

/// The binding, and what is none.
pub async fn all(env: Env) -> Answer {
    let wrong = env.loader("SUPERVISOR").map(|_| ()).map_err(|error| error.to_string());
    let missing = env.loader("NOPE").map(|_| ()).map_err(|error| error.to_string());
    let bound = env.get_binding::<WorkerLoader>("LOADER").is_ok();
    json_answer(&json!({ "bound": bound, "wrong": wrong.err(), "missing": missing.err() }))
}

/// Calls eight workers at once, through a gate of three places.
pub async fn fan_out(env: Env, ctx: Context) -> Answer {
    let loader = env.loader("LOADER")?.with_gate(Gate::with_places(3));
    let api = Loopback::from_context(&ctx)?.entrypoint("Api").with_props(&json!({}))?;
    let calls = (0..8).map(|number| {
        let (loader, api) = (loader.clone(), api.clone());
        async move {
            let code = WorkerCode::builder("2026-07-01", "index.js")
                .js("index.js", include_str!("busy.js"))
                .env("NUMBER", number)
                .env_stub("API", api)
                .build()?;
            loader.get_code(&code.key("fan-out"), &code).entrypoint().call::<Value>("work", &[()]).await
        }
    });
    let answers = futures(calls.map(|call| Box::pin(call) as _).collect()).await;
    let answers = answers.into_iter().collect::<Result<Vec<Value>, _>>()?;
    json_answer(&json!(answers))
}

type Boxed<T> = std::pin::Pin<Box<dyn Future<Output = T>>>;

/// Polls all at once, as `join_all` does.
async fn futures<T>(mut all: Vec<Boxed<T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in all.iter_mut().zip(&mut done) {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *done = Some(value),
                    std::task::Poll::Pending => {}
                }
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
