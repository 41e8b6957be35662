//! Panics on purpose, and requests that wait while they happen.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use worker::{Delay, Env};
use worker_loader::{EnvExt, Error, Result, WorkerCode};

use crate::{Answer, spec::Spec};

pub async fn sleep(ms: u64) -> Result<()> {
    Delay::from(Duration::from_millis(ms)).await;
    Ok(())
}

/// Waits in Rust, and is served by Rust.
pub async fn slow() -> Answer {
    sleep(400).await?;
    Ok(Response::new_with_opt_str(Some("slow"))?.into())
}

pub async fn later() -> Answer {
    sleep(50).await?;
    panic!("on purpose, later")
}

/// Two timers of one request end at once; the first one's task panics, the second must not run in a fresh instance.
pub async fn joined() -> Answer {
    let (mut a, mut b) = (pin!(later()), pin!(slow_twin()));
    poll_fn(|context| match a.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(answer),
        Poll::Pending => b.as_mut().poll(context),
    })
    .await
}

async fn slow_twin() -> Answer {
    sleep(50).await?;
    sleep(50).await?;
    Err(Error::factory("the twin outlived the panic"))
}

pub fn factory(request: &Request, env: &Env) -> Answer {
    let name = Spec::of(request)?.name;
    let stub = env.loader("LOADER")?.get_unchecked(&name, || async {
        if true {
            panic!("on purpose, in the factory");
        }
        WorkerCode::builder("2026-07-01", "index.js").build()
    });
    stub.entrypoint().hand_over(request, &JsValue::UNDEFINED)
}
