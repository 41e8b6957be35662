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
    use wasm_bindgen::JsValue;
    use web_sys::Request;
    use worker::Env;

    use super::{SCRIPT, code};
    use crate::{
        dispatch::{Own, Reading},
        registry::{Refusal, Stored},
        settings, storage,
    };

    const CONFIG: Own = Own { script: SCRIPT, read, lasts: false };

    /// What is live is the document that is stored: its revision, and the worker that serves it.
    fn read(env: Env) -> Reading {
        Box::pin(async move {
            let stored = storage::read_config(&env).await?;
            Ok((stored.etag.0.into(), code(&settings::compatibility_date(&env)?, &stored)?))
        })
    }

    /// Serves a request.
    ///
    /// # Errors
    /// When the call could not be made. What fails later is told in the response.
    pub fn serve(request: Request, env: Env, ctx: JsValue) -> Result<JsValue, Refusal> {
        CONFIG.serve(request, env, ctx, None)
    }

    /// Puts a revision live in this isolate, from the next request on.
    ///
    /// # Errors
    /// When there is no code for it.
    pub fn put_live(env: &Env, stored: &Stored) -> Result<(), Refusal> {
        CONFIG.put_live(stored.etag.0.into(), code(&settings::compatibility_date(env)?, stored)?);
        Ok(())
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
