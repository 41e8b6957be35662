//! The Durable Object that counts for all isolates at once.

use js_sys::Date;
use web_sys::RequestInit;
use worker::{DurableObject, Env, Request, Response, Result, SqlStorage, State, durable_object};

use super::{Bucket, object};
use crate::registry::Refusal;

const BINDING: &str = "LIMITER";

/// One row: what is left, and since when.
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS bucket (id INTEGER PRIMARY KEY CHECK (id = 1), tokens REAL NOT NULL, at_ms REAL NOT NULL)";

/// One bucket, named by what it limits. It is stored, as an object that is idle loses its memory within seconds.
#[durable_object(fetch)]
pub struct Limiter {
    sql: SqlStorage,
}

impl DurableObject for Limiter {
    fn new(state: State, _env: Env) -> Self {
        Self { sql: state.storage().sql() }
    }

    /// `GET /{per minute}`: an empty answer lets the caller through; else it is how many seconds to wait. `GET
    /// /look/{per minute}` asks what that would answer, and counts nothing. It waits for nothing in between, so no call is counted twice, and the runtime holds the answer back until the count is safe.
    async fn fetch(&self, request: Request) -> Result<Response> {
        let url = request.inner().url();
        let per_minute =
            url.rsplit('/').next().and_then(|number| number.parse().ok()).ok_or("the path is no number")?;
        let response = match self.take(per_minute, !url.contains("/look/"))? {
            Ok(()) => web_sys::Response::new()?,
            Err(seconds) => web_sys::Response::new_with_opt_str(Some(&seconds.to_string()))?,
        };
        Ok(response.into())
    }
}

impl Limiter {
    fn take(&self, per_minute: u32, counts: bool) -> Result<std::result::Result<(), u32>> {
        self.sql.exec(SCHEMA, None)?;
        let now_ms = Date::now();
        let row = self.sql.exec("SELECT tokens, at_ms FROM bucket", None)?.raw().next().transpose()?;
        let mut bucket = match row.as_deref() {
            Some([tokens, at_ms]) => Bucket { tokens: object::number(tokens)?, at_ms: object::number(at_ms)? },
            _ => Bucket::full(per_minute, now_ms),
        };
        let before = bucket;
        let taken = bucket.take(per_minute, now_ms);
        // A write costs, and a refusal has nothing to write.
        if counts && bucket != before {
            self.sql.exec(
                "INSERT OR REPLACE INTO bucket (id, tokens, at_ms) VALUES (1, ?, ?)",
                vec![bucket.tokens.into(), bucket.at_ms.into()],
            )?;
        }
        Ok(taken)
    }
}

/// Asks for one of so many a minute, over all isolates.
///
/// # Errors
/// [`Refusal::RateLimited`]; and where the count cannot be had, [`Refusal::StorageUnavailable`]: what it guards costs
/// money.
pub async fn admit(env: &Env, what: &str, per_minute: u32) -> std::result::Result<(), Refusal> {
    ask(env, what, &per_minute.to_string()).await
}

/// Whether [`admit`] would let it through now. Nothing is counted.
///
/// # Errors
/// As [`admit`].
pub async fn look(env: &Env, what: &str, per_minute: u32) -> std::result::Result<(), Refusal> {
    ask(env, what, &["look/", &per_minute.to_string()].concat()).await
}

async fn ask(env: &Env, what: &str, path: &str) -> std::result::Result<(), Refusal> {
    let response = object::call(env, BINDING, what, path, &RequestInit::new()).await?;
    match object::text(response.text()).await?.parse() {
        Ok(retry_after_s) => Err(Refusal::RateLimited { retry_after_s }),
        Err(_) => Ok(()),
    }
}
