//! The Durable Object that keeps the configuration document.

use js_sys::Date;
use web_sys::{Headers, RequestInit, ResponseInit};
use worker::{DurableObject, Env, Request, Response, Result, SqlStorage, SqlStorageValue, State, durable_object};

use super::object;
use crate::registry::{Config, Draft, Etag, Refusal, Stored};

const BINDING: &str = "CONFIG";
const NAME: &str = "config";

/// One row: the document of now, and the number of its revision.
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS config (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, document TEXT NOT NULL)";

/// Keeps one document.
#[durable_object(fetch)]
pub struct ConfigStore {
    sql: SqlStorage,
}

impl DurableObject for ConfigStore {
    fn new(state: State, _env: Env) -> Self {
        Self { sql: state.storage().sql() }
    }

    /// `GET` reads; `PUT` with `If-Match` stores, or answers 412. Both give the document that is there then, with its
    /// ETag. Between comparing and storing nothing is waited for, so nothing comes in between.
    async fn fetch(&self, request: Request) -> Result<Response> {
        let request = request.inner();
        let (status, (etag, document)) = if request.method() == "PUT" {
            let if_match = request.headers().get("if-match")?.unwrap_or_default();
            let body = object::text(request.text()).await.map_err(|_| "the document did not arrive whole")?;
            // It was read before it was sent here.
            let draft = Draft::parse(&body).map_err(|_| "the document is not valid")?;
            let before = self.read()?;
            match before.0.is_matched_by(&if_match) {
                true => (200, self.store(before.0.0 + 1, draft)?),
                false => (412, before),
            }
        } else {
            (200, self.read()?)
        };
        let headers = Headers::new()?;
        headers.set("etag", &etag.to_string())?;
        let init = ResponseInit::new();
        init.set_status(status);
        init.set_headers(&headers);
        Ok(web_sys::Response::new_with_opt_str_and_init(Some(&document), &init)?.into())
    }
}

impl ConfigStore {
    /// The document as it was stored, which is not looked into: whatever it is, it can be read and replaced. The first
    /// to ask finds the default one, which is stored then.
    fn read(&self) -> Result<(Etag, String)> {
        self.sql.exec(SCHEMA, None)?;
        let row =
            self.sql.exec("SELECT CAST(revision AS TEXT), document FROM config", None)?.raw().next().transpose()?;
        match row.as_deref() {
            Some([SqlStorageValue::String(revision), SqlStorageValue::String(document)]) => {
                Ok((Etag(revision.parse().map_err(|_| "the stored revision is no number")?), document.clone()))
            }
            Some(_) => Err("the stored row is not what was stored".into()),
            None => self.store(1, Draft::default()),
        }
    }

    fn store(&self, revision: u32, draft: Draft) -> Result<(Etag, String)> {
        let document = draft.stored_at(String::from(Date::new_0().to_iso_string())).to_json();
        self.sql.exec(
            "INSERT OR REPLACE INTO config (id, revision, document) VALUES (1, ?, ?)",
            vec![f64::from(revision).into(), document.as_str().into()],
        )?;
        Ok((Etag(revision), document))
    }
}

/// Reads the document from its Durable Object.
///
/// # Errors
/// [`Refusal::StorageUnavailable`].
pub async fn read_config(env: &Env) -> std::result::Result<Stored, Refusal> {
    stored(object::call(env, BINDING, NAME, "", &RequestInit::new()).await?).await
}

/// Stores a document in place of the revision that `if_match` names.
///
/// # Errors
/// [`Refusal::PreconditionFailed`] if it is another one, [`Refusal::StorageUnavailable`].
pub async fn write_config(env: &Env, draft: &Draft, if_match: &str) -> std::result::Result<Stored, Refusal> {
    let init = RequestInit::new();
    init.set_method("PUT");
    init.set_body(&draft.to_json().into());
    let headers = Headers::new().map_err(object::unavailable)?;
    headers.set("if-match", if_match).map_err(object::unavailable)?;
    init.set_headers(&headers);
    let response = object::call(env, BINDING, NAME, "", &init).await?;
    match response.status() {
        412 => Err(Refusal::PreconditionFailed { current: etag(&response)?.to_string() }),
        _ => stored(response).await,
    }
}

fn etag(response: &web_sys::Response) -> std::result::Result<Etag, Refusal> {
    let etag = response.headers().get("etag").ok().flatten().and_then(|etag| Etag::parse(&etag));
    etag.ok_or_else(|| Refusal::StorageUnavailable(format!("{BINDING} gave no ETag")))
}

async fn stored(response: web_sys::Response) -> std::result::Result<Stored, Refusal> {
    let etag = etag(&response)?;
    let config = Config::from_stored(&object::text(response.text()).await?);
    config
        .map(|config| Stored { etag, config })
        .ok_or_else(|| Refusal::StorageUnavailable(format!("{BINDING} gave no document")))
}
