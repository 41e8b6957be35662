//! `/dynamic`: a worker for this one request.

use worker_loader::{Error, WorkerCode};

#[cfg(target_arch = "wasm32")]
use crate::registry::Refusal;

/// Its name in keys.
pub const SCRIPT: &str = "dynamic";

/// The code for one request. It is run with `load()` and not `get`: no two requests have the same id, and local
/// workerd never lets go of a worker that has a name.
///
/// # Errors
/// When the compatibility date is none.
pub fn code(compatibility_date: &str, id: &str, created_at: &str) -> Result<WorkerCode, Error> {
    WorkerCode::builder(compatibility_date, "dynamic.js")
        .js("dynamic.js", include_str!("dynamic.js"))
        .env("ID", id)
        .env("CREATED_AT", created_at)
        .build()
}

/// Serves a request, if there is one left of this minute's.
///
/// # Errors
/// A setting that cannot be read. What fails later is told in the response.
#[cfg(target_arch = "wasm32")]
pub fn serve(request: web_sys::Request, env: worker::Env) -> Result<wasm_bindgen::JsValue, Refusal> {
    use crate::{dispatch, registry::uuid, reply, settings, storage};

    let per_minute = settings::number(&env, "DYNAMIC_PER_MINUTE", 60)?;
    Ok(reply::later(async move {
        storage::admit(&env, SCRIPT, per_minute).await?;
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| Refusal::Misconfigured(format!("No randomness: {error}.")))?;
        let created_at = String::from(js_sys::Date::new_0().to_iso_string());
        let code = code(&settings::compatibility_date(&env)?, &uuid(bytes), &created_at)?;
        dispatch::run_once(&env, SCRIPT, code, &request)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_a_code_of_its_own() {
        let key = |id, at| code("2026-07-01", id, at).unwrap().key(SCRIPT);
        assert_ne!(key("a", "t"), key("b", "t"));
        assert_ne!(key("a", "t"), key("a", "u"));
    }
}
