//! `GET /metrics` as text: what namespaces have and may have, for whoever has a token.

use serde_json::{Value, json};
use web_sys::{Request, Response};
use worker::Env;
use worker_loader::Error;

use super::auth;
use crate::{
    registry::Refusal,
    reply::{
        self,
        prometheus::{CONTENT_TYPE, Gauge, written},
    },
    storage,
};

/// Of so many namespaces at most: each is asked.
const MOST: usize = 500;

const GAUGES: &[Gauge] = &[
    Gauge { name: "dynamic_loader_scripts", help: "Scripts of the namespace.", field: &["script_count"] },
    Gauge { name: "dynamic_loader_versions", help: "Versions that are kept.", field: &["version_count"] },
    Gauge { name: "dynamic_loader_code_bytes", help: "Modules and files as they are stored.", field: &["byte_count"] },
    Gauge {
        name: "dynamic_loader_stored_keys",
        help: "KV keys, R2 files and Durable Objects of scripts, as counted last.",
        field: &["stored_keys"],
    },
    Gauge {
        name: "dynamic_loader_stored_bytes",
        help: "What scripts store, as counted last.",
        field: &["stored_bytes"],
    },
    Gauge {
        name: "dynamic_loader_stored_keys_limit",
        help: "The quota of keys, where there is one.",
        field: &["storage", "keys"],
    },
    Gauge {
        name: "dynamic_loader_stored_bytes_limit",
        help: "The quota of bytes, where there is one.",
        field: &["storage", "bytes"],
    },
];

/// The numbers of the namespaces that the caller sees.
///
/// # Errors
/// As every call of the control API; [`Refusal::StorageUnavailable`].
pub async fn gauges(request: &Request, env: &Env) -> Result<Response, Refusal> {
    let caller = auth::caller(request, env).await?;
    let question = json!({ "op": "list_namespaces", "only": caller.namespaces });
    let list = storage::ask(env, "DIRECTORY", "directory", &question).await?;
    let list: Value = serde_json::from_str(&list).unwrap_or_default();
    let mut rows = Vec::new();
    for namespace in list["result"].as_array().into_iter().flatten().take(MOST) {
        let text = |name: &str| namespace[name].as_str().unwrap_or_default();
        let quota = storage::ask(env, "NAMESPACES", text("namespace_id"), &json!({ "op": "quota" })).await?;
        rows.push((text("namespace_name").to_owned(), serde_json::from_str(&quota).unwrap_or_default()));
    }
    let response = reply::with_type(200, &written(GAUGES, &rows), CONTENT_TYPE)?;
    response.headers().set("cache-control", "no-store").map_err(Error::from)?;
    Ok(response)
}
