//! `/config`: one cached worker for each revision of the document, which is in its env.

use worker_loader::{Error, WorkerCode};

use crate::registry::Stored;

/// Its name in keys.
pub const SCRIPT: &str = "config";

/// The code that serves this revision.
///
/// # Errors
/// When the compatibility date is none.
pub fn code(compatibility_date: &str, stored: &Stored) -> Result<WorkerCode, Error> {
    WorkerCode::builder(compatibility_date, "config.js")
        .js("config.js", include_str!("config.js"))
        .env("CONFIG", stored.config.to_value())
        .env("ETAG", stored.etag.to_string())
        .build()
}

#[cfg(target_arch = "wasm32")]
pub use live::{put_live, serve};

#[cfg(target_arch = "wasm32")]
mod live {
    use std::{cell::Cell, future::poll_fn, pin::pin, task::Poll, time::Duration};

    use js_sys::Date;
    use wasm_bindgen::JsValue;
    use web_sys::Request;
    use worker::{Delay, Env, console_error};

    use super::{SCRIPT, code};
    use crate::{
        dispatch,
        registry::{Etag, Refusal, Stored},
        reply, settings, storage,
    };

    /// Longer than this storage is not waited for where there is a copy, in milliseconds.
    const PATIENCE_MS: u64 = 250;

    /// Which revision is live in this isolate, and when it was last asked for.
    #[derive(Clone, Copy)]
    struct Copy {
        etag: Etag,
        taken_ms: f64,
    }

    thread_local!(static COPY: Cell<Option<Copy>> = const { Cell::new(None) });

    /// Serves a request: at once where the copy is fresh, else when it has been taken anew.
    ///
    /// # Errors
    /// When the call could not be made. What fails later is told in the response.
    pub fn serve(request: Request, env: Env) -> Result<JsValue, Refusal> {
        let ttl_ms = settings::number(&env, "SNAPSHOT_TTL_MS", 1000)?;
        let fresh = COPY.get().is_some_and(|copy| dispatch::is_fresh(copy.taken_ms, Date::now(), ttl_ms));
        if fresh {
            return dispatch::run(&env, SCRIPT, request, None);
        }
        Ok(reply::later(async move {
            refresh(&env).await?;
            dispatch::run(&env, SCRIPT, request, None)
        }))
    }

    /// Puts a revision live, from the next request on. An older one than is live is old news and changes nothing.
    ///
    /// # Errors
    /// When there is no code for it.
    pub fn put_live(env: &Env, stored: &Stored) -> Result<(), Refusal> {
        let known = COPY.get().map_or(0, |copy| copy.etag.0);
        if stored.etag.0 > known {
            dispatch::deploy(SCRIPT, code(&settings::compatibility_date(env)?, stored)?, true);
        }
        COPY.set(Some(Copy { etag: Etag(stored.etag.0.max(known)), taken_ms: Date::now() }));
        Ok(())
    }

    /// A copy outlives storage: when that fails, or takes its time, what is live stays live, and storage is left alone
    /// for the time that a copy lasts.
    async fn refresh(env: &Env) -> Result<(), Refusal> {
        let reading = storage::read_config(env);
        let Some(copy) = COPY.get() else {
            return put_live(env, &reading.await?);
        };
        match within(PATIENCE_MS, reading).await {
            Some(Ok(stored)) => put_live(env, &stored),
            late => {
                let why = match late {
                    Some(Err(Refusal::StorageUnavailable(why))) => why,
                    Some(Err(refusal)) => reply::Error::from(refusal).message,
                    _ => format!("it took over {PATIENCE_MS} ms"),
                };
                console_error!("The configuration cannot be read, revision {} stays: {why}", copy.etag);
                COPY.set(Some(Copy { taken_ms: Date::now(), ..copy }));
                Ok(())
            }
        }
    }

    /// What comes of the work, if it comes in time.
    async fn within<T>(ms: u64, work: impl Future<Output = T>) -> Option<T> {
        let (mut work, mut delay) = (pin!(work), pin!(Delay::from(Duration::from_millis(ms))));
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => delay.as_mut().poll(context).map(|()| None),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Draft, Etag};

    #[test]
    fn another_document_is_another_worker() {
        let key = |version: &str, etag| {
            let mut draft = Draft::default();
            draft.version = version.into();
            let config = draft.stored_at("t".into());
            code("2026-07-01", &Stored { etag: Etag(etag), config }).unwrap().key(SCRIPT)
        };
        assert_eq!(key("1.0.0", 1), key("1.0.0", 1));
        assert_ne!(key("1.0.0", 1), key("1.0.1", 1));
        assert_ne!(key("1.0.0", 1), key("1.0.0", 2));
    }
}
