//! `GET /metrics` as text: what namespaces have and may have, and what their scripts did, for whoever has a token.

use serde_json::{Value, json};
use web_sys::{Request, Response};
use worker::Env;
use worker_loader::Error;

use super::auth;
use crate::{
    registry::{BUILTIN, Refusal},
    reply::{
        self,
        prometheus::{CONTENT_TYPE, Kind, Metric, OPEN_METRICS, write},
    },
    storage,
};

/// Of so many namespaces at most, and so many scripts of each: each namespace is asked.
const MOST: usize = 500;

const OF_NAMESPACES: [Metric; 7] = [
    Metric::gauge("dynamic_loader_scripts", "Scripts of the namespace.", &["script_count"]),
    Metric::gauge("dynamic_loader_versions", "Versions that are kept.", &["version_count"]),
    Metric::gauge("dynamic_loader_code_bytes", "Modules and files as they are stored.", &["byte_count"]),
    Metric::gauge(
        "dynamic_loader_stored_keys",
        "KV keys, R2 files and Durable Objects of scripts, as counted last.",
        &["stored_keys"],
    ),
    Metric::gauge("dynamic_loader_stored_bytes", "What scripts store, as counted last.", &["stored_bytes"]),
    Metric::gauge("dynamic_loader_stored_keys_limit", "The quota of keys, where there is one.", &["storage", "keys"]),
    Metric::gauge(
        "dynamic_loader_stored_bytes_limit",
        "The quota of bytes, where there is one.",
        &["storage", "bytes"],
    ),
];

const OF_SCRIPTS: [Metric; 12] = [
    Metric {
        name: "dynamic_loader_requests",
        help: "Requests to a script, by what became of them.",
        field: &["outcomes"],
        kind: Kind::Counters("outcome"),
        divisor: 1,
    },
    Metric {
        name: "dynamic_loader_request_duration_seconds",
        help: "How long a request took until its answer began.",
        field: &[],
        kind: Kind::Histogram,
        divisor: 1,
    },
    Metric::counter("dynamic_loader_cold_starts", "Requests that a worker was started for.", &["cold_starts"], 1),
    Metric::counter("dynamic_loader_cold_start_seconds", "How long their code took to come.", &["cold_start_ms"], 1000),
    Metric::counter("dynamic_loader_loads", "Workers that were made for one call.", &["loads"], 1),
    Metric::counter(
        "dynamic_loader_subrequests_allowed",
        "Requests to elsewhere that were let through.",
        &["subrequests_allowed"],
        1,
    ),
    Metric::counter(
        "dynamic_loader_subrequests_refused",
        "Requests to elsewhere that were refused.",
        &["subrequests_refused"],
        1,
    ),
    Metric::counter("dynamic_loader_log_lines", "Lines that the script wrote.", &["log_lines"], 1),
    Metric::counter("dynamic_loader_exceptions", "Exceptions that nothing caught.", &["exceptions"], 1),
    Metric::counter("dynamic_loader_cpu_seconds", "CPU time, as the runtime tells it.", &["cpu_ms"], 1000),
    Metric::counter("dynamic_loader_request_bytes", "Bodies of requests that told a length.", &["request_bytes"], 1),
    Metric::counter("dynamic_loader_response_bytes", "Bodies of answers that told a length.", &["response_bytes"], 1),
];

/// The numbers of the namespaces that the caller sees.
///
/// # Errors
/// As every call of the control API; [`Refusal::StorageUnavailable`].
pub async fn scrape(request: &Request, env: &Env) -> Result<Response, Refusal> {
    let caller = auth::caller(request, env).await?;
    let question = json!({ "op": "list_namespaces", "only": caller.namespaces });
    let list = ask(env, "DIRECTORY", "directory", &question).await?;
    let mut namespaces: Vec<_> = Vec::new();
    let mut rows = Vec::new();
    for namespace in list["result"].as_array().into_iter().flatten().take(MOST) {
        let text = |name: &str| namespace[name].as_str().unwrap_or_default();
        let quota = ask(env, "NAMESPACES", text("namespace_id"), &json!({ "op": "quota" })).await?;
        rows.push((label("namespace", text("namespace_name")), quota));
        namespaces.push((text("namespace_name"), text("namespace_id")));
    }
    if caller.namespaces.is_none() {
        namespaces.push((BUILTIN, BUILTIN));
    }
    let mut scripts = Vec::new();
    for (name, id) in namespaces {
        let totals = ask(env, "TELEMETRY", id, &json!({ "op": "totals" })).await?;
        for total in totals.as_array().into_iter().flatten().take(MOST) {
            let script = label("script", total["script"].as_str().unwrap_or_default());
            scripts.push(([&label("namespace", name), ",", &script].concat(), total.clone()));
        }
    }
    let accept = request.headers().get("accept").ok().flatten().unwrap_or_default();
    let open = accept.contains("application/openmetrics-text");
    let mut written = String::new();
    write(&mut written, &OF_NAMESPACES, &rows, false);
    write(&mut written, &OF_SCRIPTS, &scripts, open);
    let response = reply::with_type(200, &written, if open { OPEN_METRICS } else { CONTENT_TYPE })?;
    response.headers().set("cache-control", "no-store").map_err(Error::from)?;
    Ok(response)
}

async fn ask(env: &Env, binding: &str, name: &str, operation: &Value) -> Result<Value, Refusal> {
    let answer = storage::ask(env, binding, name, operation).await?;
    Ok(serde_json::from_str(&answer).unwrap_or_default())
}

fn label(name: &str, value: &str) -> String {
    [name, "=\"", value, "\""].concat()
}
