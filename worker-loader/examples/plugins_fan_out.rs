//! Asks several plugins at once, by RPC. The platform lets one request have 4 dynamic workers in flight; the loader's
//! gate has the fifth wait.

#![cfg(target_arch = "wasm32")]

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use worker::{Context, Env, Request, Response, Result, event};
use worker_loader::{EnvExt, WorkerCode, WorkerLoader};

/// The same source with another word: five workers, as `env` is part of the key.
const WORDS: [&str; 5] = ["free", "winner", "urgent", "offer", "click"];

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Verdict {
    word: String,
    found: u32,
}

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _ctx: Context) -> Result<Response> {
    let message = Message { text: request.text().await? };
    let loader = env.loader("LOADER")?;
    let verdicts = join_all(WORDS.map(|word| ask(&loader, word, &message))).await;
    // One plugin that fails is no reason to lose what the others say.
    let verdicts: Vec<_> = verdicts.into_iter().map(|verdict| verdict.map_err(|error| error.to_string())).collect();
    Response::from_json(&verdicts)
}

async fn ask(loader: &WorkerLoader, word: &str, message: &Message) -> worker_loader::Result<Verdict> {
    let code = WorkerCode::builder("2026-07-01", "plugin.js")
        .js("plugin.js", include_str!("js/plugin.js"))
        .env("WORD", word)
        .build()?;
    let plugin = loader.get_code(&code.key("plugin"), &code).named_entrypoint("Plugin");
    // A tuple is the list of the arguments.
    plugin.call("judge", &(message,)).await
}
