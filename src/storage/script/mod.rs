//! The Durable Object of one script: its versions, its deployments, its settings, and what it has in R2.
//!
//! An operation is one transaction: it is done, or nothing is. `op.rs` says which there are.

mod deploy;
mod deployments;
mod idle;
mod incident;
mod journal;
mod live;
mod op;
mod outbound;
mod outbox;
mod remove;
mod row;
mod sealed;
mod secrets;
mod settings;
mod stores;
mod sweep;
mod upload;
mod versions;
mod watch;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::Promise;
use serde_json::Value;
use worker::{DurableObject, Env, Request, Response, Result, State, console_error, durable_object};

use super::{
    db::{Db, now},
    object,
};
use crate::{
    registry::{Refusal, problem, vault::Vault},
    settings as operator,
};
use op::{Kind, Op};

/// From nothing to the schema of today. A step that was ever deployed stays as it is.
const STEPS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
];

/// How long what is in R2 may wait for the version that names it, unless the operator sets another time.
const KEPT_MS: u32 = 3_600_000;

/// How long to wait where not even the next alarm can be planned, such as with the data of a newer host.
const LATER_MS: f64 = 60_000.0;

/// One script of a namespace, named `{namespace_id}/{script}`.
#[durable_object(alarm)]
pub struct Script {
    held: Rc<Held>,
}

struct Held {
    db: Db,
    env: Env,
    vault: std::result::Result<Vault, Refusal>,
    namespace_id: String,
    name: String,
    /// The clean-up that runs, if one does.
    sweeping: RefCell<Option<Promise>>,
    /// What [`live`] last answered, until something changes.
    live: RefCell<Option<String>>,
    /// When it was last asked for, as far as that was read.
    asked: Cell<Option<f64>>,
}

impl DurableObject for Script {
    fn new(state: State, env: Env) -> Self {
        let id = state.id().name().unwrap_or_default();
        let (namespace_id, name) = id.split_once('/').unwrap_or_default();
        let (namespace_id, name) = (namespace_id.to_owned(), name.to_owned());
        let (db, sweeping, live) = (Db::new(&state, STEPS), RefCell::default(), RefCell::default());
        let vault = operator::vault(&env);
        Self { held: Rc::new(Held { db, env, vault, namespace_id, name, sweeping, live, asked: Cell::new(None) }) }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let answer = match object::asked(request).await {
            Ok(input) => self.held.perform(&input).await,
            Err(refusal) => Err(refusal),
        };
        object::answer(answer)
    }

    /// Tells the index what it has not been told, and cleans up. Whatever fails is tried again.
    async fn alarm(&self) -> Result<Response> {
        for result in [self.held.deliver().await, Held::sweep(&self.held).await, self.held.wipe().await] {
            if let Err(refusal) = result {
                console_error!("The clean-up of a script is tried again: {}", object::why(&refusal));
            }
        }
        let planned =
            self.held.db.transact(&mut || self.held.op(&Value::Null)?.plan_next_alarm().map(|()| Value::Null));
        if planned.is_err() {
            // The runtime itself would give up after some failures, and what is to be done would never be.
            self.held.db.alarm_at(now() + LATER_MS).map_err(|_| "the alarm failed")?;
        }
        Ok(web_sys::Response::new()?.into())
    }
}

impl Held {
    fn op<'a>(&'a self, input: &'a Value) -> std::result::Result<Op<'a>, Refusal> {
        let kept_ms = operator::number(&self.env, "BUNDLE_GRACE_MS", KEPT_MS)?.into();
        let vault = self.vault.as_ref().map_err(Clone::clone)?;
        Ok(Op {
            db: &self.db,
            namespace_id: &self.namespace_id,
            name: &self.name,
            input,
            now_ms: now(),
            kept_ms,
            vault,
        })
    }

    async fn perform(self: &Rc<Self>, input: &Value) -> std::result::Result<String, Refusal> {
        let name = input["op"].as_str().unwrap_or_default();
        if name == "live" && self.db.exists()? {
            self.is_asked(input)?;
        }
        if let ("live", Some(snapshot), true) = (name, self.live.borrow().as_ref(), input["reports"].is_null()) {
            return Ok(snapshot.clone());
        }
        let kind =
            op::kind(name).ok_or_else(|| Refusal::StorageUnavailable(format!("there is no operation {name}")))?;
        if matches!(kind, Kind::Reads | Kind::Changes) && !self.db.exists()? {
            return Err(self.op(input)?.no_such_script());
        }
        if name == "try" {
            return self.attempt(&input["operation"]).map(|version| version.to_string());
        }
        if name == "usage" {
            return self.usage().await.map(|usage| usage.to_string());
        }
        if name == "begin" {
            Self::settle(self, input).await?;
        }
        if name == "live"
            && !input["reports"].is_null()
            && self.db.transact(&mut || self.op(input)?.watch().map(Value::from))? == true
        {
            self.live.take();
            let _retried = self.deliver().await;
        }
        let answer = if kind == Kind::Tries && !self.db.exists()? {
            // What is not there yet is asked without making it.
            self.op(input)?.perform(name)?
        } else {
            self.db.transact(&mut || self.op(input)?.perform(name))?
        };
        if name == "live" {
            // It is text that is JSON.
            let answer = answer.as_str().unwrap_or_default();
            self.live.replace(Some(answer.to_owned()));
            return Ok(answer.to_owned());
        }
        if matches!(kind, Kind::Changes | Kind::Creates) {
            self.live.take();
            self.asked.take();
            // Done now, it is seen at once. Where it fails the alarm does it.
            let _retried = self.deliver().await;
        }
        Ok(answer.to_string())
    }

    /// `try {operation}`: the version that an operation would make, its secrets in it; `null` where it makes none, or one that
    /// loads as the one before. Stores nothing.
    fn attempt(&self, operation: &Value) -> std::result::Result<Value, Refusal> {
        let mut made = None;
        let undone = self.db.transact(&mut || {
            let op = self.op(operation)?;
            op.script()?;
            let before = op.latest()?;
            op.perform(op.text("op"))?;
            let mut after = op.latest()?;
            if ["bindings", "compatibility_date", "compatibility_flags"].iter().all(|name| before[name] == after[name])
            {
                after = Value::Null;
            }
            made = Some(after);
            // What failed is undone.
            Err(Refusal::StorageUnavailable("it was a try".to_owned()))
        });
        made.map_or(undone, Ok)
    }
}

impl Op<'_> {
    fn no_such_script(&self) -> Refusal {
        let message = format!("There is no script {:?} in this namespace.", self.name);
        Refusal::api(404, problem::NO_SUCH_SCRIPT, message)
    }
}
