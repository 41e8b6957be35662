//! The Durable Object of which there is one: the names of namespaces, and the API's tokens.

mod namespaces;
mod outbound;
mod tokens;

use serde_json::{Value, json};
use worker::{DurableObject, Env, Request, Response, Result, State, console_error, durable_object};

use super::{
    db::{Db, new_key, now},
    object,
};
use crate::{
    registry::{Problem, Refusal, vault::Vault},
    settings,
};

const STEPS: &[&str] = &[
    include_str!("../schema/directory_1.sql"),
    include_str!("../schema/directory_2.sql"),
    include_str!("../schema/directory_3.sql"),
    include_str!("../schema/directory_4.sql"),
    include_str!("../schema/directory_5.sql"),
    include_str!("../schema/directory_6.sql"),
    include_str!("../schema/directory_7.sql"),
    include_str!("../schema/directory_8.sql"),
];

/// How long to wait before what failed is tried again.
const RETRY_MS: f64 = 5_000.0;

type Answer<T = Value> = std::result::Result<T, Refusal>;

/// The list of namespaces and tokens, named `directory`.
#[durable_object(alarm)]
pub struct Directory {
    db: Db,
    env: Env,
    vault: Answer<Vault>,
}

impl DurableObject for Directory {
    fn new(state: State, env: Env) -> Self {
        Self { db: Db::new(&state, STEPS), vault: settings::vault(&env), env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let answer = match object::asked(request).await {
            Ok(input) => self.perform(&input).await,
            Err(refusal) => Err(refusal),
        };
        object::answer(answer.map(|answer| answer.to_string()))
    }

    /// Tells the namespaces that are deleted that they are. Whatever fails is tried again.
    async fn alarm(&self) -> Result<Response> {
        if let Err(refusal) = self.bid_farewell().await {
            console_error!("The directory tries again: {}", object::why(&refusal));
            self.db.alarm_at(now() + RETRY_MS).map_err(|_| "the alarm failed")?;
        }
        Ok(web_sys::Response::new()?.into())
    }
}

impl Directory {
    async fn perform(&self, input: &Value) -> Answer {
        let name = input["op"].as_str().unwrap_or_default();
        let answer = self.db.transact(&mut || {
            let answer = self.answer(name, input);
            let wrong = object::list(&input["wrong"]);
            let mut problems: Vec<_> = wrong.iter().filter_map(Problem::from_value).collect();
            if problems.is_empty() {
                return answer;
            }
            // What the body has that it may not have, and what is wrong with the rest.
            if let Err(Refusal::Api { problems: more, .. }) = answer {
                problems.extend(more);
            }
            Err(Refusal::invalid(problems))
        })?;
        if name == "delete_namespace" {
            // Done now, it is seen at once. Where it fails the alarm does it.
            let _retried = self.bid_farewell().await;
        }
        Ok(answer)
    }

    fn answer(&self, name: &str, input: &Value) -> Answer {
        match name {
            "namespace" => self.namespace(input),
            "named" => self.named(input),
            "list_namespaces" => self.list_namespaces(input),
            "create_namespace" => self.create_namespace(input),
            "patch_namespace" => self.patch_namespace(input),
            "delete_namespace" => self.delete_namespace(input),
            "namespace_secrets" => self.namespace_secrets(input),
            "put_namespace_secret" => self.put_namespace_secret(input),
            "delete_namespace_secret" => self.delete_namespace_secret(input),
            "count" => self.count(input),
            "authenticate" => self.authenticate(input),
            "list_tokens" => self.list_tokens(),
            "create_token" => self.create_token(input),
            "roll_token" => self.roll_token(input),
            "delete_token" => self.delete_token(input),
            "session_key" => self.session_key(),
            _ => Err(Refusal::StorageUnavailable(format!("there is no operation {name}"))),
        }
    }

    /// `session_key`: what signs the tokens of upload sessions, made by whoever asks first.
    fn session_key(&self) -> Answer {
        let query = "INSERT OR IGNORE INTO secret (name, value) VALUES ('session', ?)";
        self.db.run(query, &[new_key::<32>()?.into()])?;
        let key = self.db.row("SELECT value FROM secret WHERE name = 'session'", &[])?;
        Ok(json!({ "key": key.and_then(|row| row.into_iter().next()) }))
    }

    /// A namespace that is deleted has its own object delete its scripts.
    async fn bid_farewell(&self) -> Answer<()> {
        self.db.ready()?;
        for id in self.db.column("SELECT id FROM leaving", &[])? {
            object::ask(&self.env, "NAMESPACES", id.as_str().unwrap_or_default(), &json!({ "op": "delete" })).await?;
            self.db.run("DELETE FROM leaving WHERE id = ?", &[id])?;
        }
        Ok(())
    }
}
