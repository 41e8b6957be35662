//! The Durable Object of one namespace: the index of its scripts, and how many it may have.

mod quota;
mod remove;
mod stores;

use std::cell::RefCell;

use serde_json::{Value, json};
use worker::{DurableObject, Env, Request, Response, Result, State, console_error, durable_object};

use super::{
    db::{Db, Row, now},
    object,
};
use quota::within;

use crate::registry::{Page, Problem, Refusal, problem, tag};

const STEPS: &[&str] = &[
    include_str!("../schema/namespace_1.sql"),
    include_str!("../schema/namespace_2.sql"),
    include_str!("../schema/namespace_3.sql"),
    include_str!("../schema/namespace_4.sql"),
    include_str!("../schema/namespace_5.sql"),
    include_str!("../schema/namespace_6.sql"),
    include_str!("../schema/namespace_7.sql"),
];

/// So many scripts are deleted before anything else gets its turn.
const AT_ONCE: u64 = 20;
/// How long to wait before what failed is tried again.
const RETRY_MS: f64 = 5_000.0;
/// How long an upload that was admitted has its place kept.
const ADMITTED_MS: f64 = 120_000.0;

type Answer<T = Value> = std::result::Result<T, Refusal>;

/// One namespace, named by its id.
#[durable_object(alarm)]
pub struct Namespace {
    db: Db,
    env: Env,
    id: String,
    /// The script up to which those of a deleted namespace were tried.
    tried: RefCell<Value>,
}

impl DurableObject for Namespace {
    fn new(state: State, env: Env) -> Self {
        let id = state.id().name().unwrap_or_default();
        Self { db: Db::new(&state, STEPS), env, id, tried: RefCell::new("".into()) }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let answer = match object::asked(request).await {
            Ok(input) => self.perform(&input).await,
            Err(refusal) => Err(refusal),
        };
        object::answer(answer.map(|answer| answer.to_string()))
    }

    /// Deletes the scripts of a deleted namespace, and tells the directory how many there are. Whatever fails is tried
    /// again.
    async fn alarm(&self) -> Result<Response> {
        if let Err(refusal) = self.finish().await {
            console_error!("A namespace tries again: {}", object::why(&refusal));
            self.wake(now() + RETRY_MS).map_err(|_| "the alarm failed")?;
        }
        Ok(web_sys::Response::new()?.into())
    }
}

impl Namespace {
    async fn perform(&self, input: &Value) -> Answer {
        let name = input["op"].as_str().unwrap_or_default();
        if name == "delete_scripts" {
            return self.delete_scripts(input).await;
        }
        let answer = self.db.transact(&mut || match name {
            "admit" => self.admit(input),
            "index" | "unindex" => self.index(input),
            "scripts" => self.scripts(input),
            "spend" => self.spend(input),
            "quota" => self.quota(),
            "patch_quota" => self.patch_quota(&input["patch"]),
            "add_store" => self.add_store(&input["name"]),
            "remove_store" => self.remove_store(&input["name"]),
            "queues" => self.queues(),
            "stored" => self.stored(input),
            "delete" => self.delete(),
            _ => Err(Refusal::StorageUnavailable(format!("there is no operation {name}"))),
        })?;
        if matches!(name, "index" | "unindex" | "patch_quota") {
            // Done now, it is seen at once. Where it fails the alarm does it.
            let _retried = self.tell_directory().await;
        }
        Ok(answer)
    }

    /// `admit {script, bytes}`: whether a version of a script of this name may be uploaded that brings so many bytes. The
    /// place of a new one is kept for a while, so that uploads at the same time do not pass the quota together.
    fn admit(&self, input: &Value) -> Answer {
        if self.is_deleted()? {
            return Err(Refusal::api(404, problem::NO_SUCH_NAMESPACE, "This namespace is being deleted."));
        }
        let quota = self.quota()?;
        within(&quota, input["bytes"].as_u64().unwrap_or_default())?;
        let known = self
            .db
            .count("SELECT COUNT(*) FROM script WHERE name = ? AND entry IS NOT NULL", &[input["script"].clone()])?;
        if known > 0 {
            return Ok(Value::Null);
        }
        self.db.run("DELETE FROM admitted WHERE until_ms <= ?", &[now().into()])?;
        let others = self.db.count("SELECT COUNT(*) FROM admitted WHERE script <> ?", &[input["script"].clone()])?;
        let (count, most) = (self.count()?, quota["scripts"].as_u64().unwrap_or_default());
        if count + others >= most {
            let message = format!(
                "The namespace has {count} scripts and {others} that are being uploaded, and may have {most}: delete \
                 some, or raise its quota."
            );
            return Err(Refusal::api(403, problem::QUOTA, message));
        }
        let until = (now() + ADMITTED_MS).into();
        self.db.run(
            "INSERT OR REPLACE INTO admitted (script, until_ms) VALUES (?, ?)",
            &[input["script"].clone(), until],
        )?;
        Ok(Value::Null)
    }

    /// `index {script, entry, revision}` and `unindex {script, revision}`: what a script says of itself.
    fn index(&self, input: &Value) -> Answer {
        let before = self.count()?;
        self.db.run(
            "INSERT INTO script (name, revision, entry, versions, bytes) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE \
             SET revision = excluded.revision, entry = excluded.entry, versions = excluded.versions, bytes = excluded.bytes \
             WHERE excluded.revision > revision",
            &[
                input["script"].clone(),
                input["revision"].clone(),
                input["entry"].clone(),
                input["versions"].as_u64().unwrap_or_default().into(),
                input["bytes"].as_u64().unwrap_or_default().into(),
            ],
        )?;
        self.db.run("DELETE FROM admitted WHERE script = ?", &[input["script"].clone()])?;
        if self.count()? != before {
            self.db.run("UPDATE namespace SET revision = revision + 1", &[])?;
            self.wake(now() + RETRY_MS)?;
        }
        if self.is_deleted()? {
            // It was admitted before.
            self.wake(now())?;
        }
        Ok(Value::Null)
    }

    /// `scripts {namespace, page, per_page, tags}`: in the order of their names.
    fn scripts(&self, input: &Value) -> Answer {
        let page = match (Page::parse(input, 25), tags(input)) {
            (Err(mut problems), Err(Refusal::Api { problems: more, .. })) => {
                problems.extend(more);
                return Err(Refusal::invalid(problems));
            }
            (page, _) => page.map_err(Refusal::invalid)?,
        };
        let rows = self.matching(input, page.limit(), page.offset())?;
        let tags = tags(input)?;
        let is_all = tags.iter().all(|tags| *tags == json!([]));
        let total = match is_all {
            true => self.count()?,
            false => self.db.count(&["SELECT COUNT(*) FROM ", names(&tags), WITHOUT].concat(), &tags)?,
        };
        let mut entries = Vec::new();
        for row in &rows {
            let mut entry = super::db::document(&row[1]);
            entry["dispatch_namespace"] = input["namespace"].clone();
            entries.push(entry);
        }
        Ok(json!({ "result": entries, "result_info": page.info(rows.len() as u64, total) }))
    }

    fn matching(&self, input: &Value, limit: u64, offset: u64) -> Answer<Vec<Row>> {
        let mut parameters = tags(input)?;
        // Entries are looked up once it is known whose.
        let query = [
            "SELECT name, entry FROM script WHERE name IN (SELECT name FROM ",
            names(&parameters),
            WITHOUT,
            " ORDER BY name LIMIT ?3 OFFSET ?4) ORDER BY name",
        ];
        parameters.extend([limit.into(), offset.into()]);
        self.db.rows(&query.concat(), &parameters)
    }

    /// Tells the directory how many scripts there are, unless it knows.
    async fn tell_directory(&self) -> Answer<()> {
        let row = self
            .db
            .row("SELECT revision, told, most_requests, idle_days, storage FROM namespace", &[])?
            .unwrap_or_default();
        if row.first() == row.get(1) || self.is_deleted()? {
            return Ok(());
        }
        let message = json!({
            "op": "count", "namespace_id": self.id, "scripts": self.count()?, "requests_per_minute": row[2], "idle_days": row[3],
            "storage": row[4],
            "revision": row[0],
        });
        object::ask(&self.env, "DIRECTORY", "directory", &message).await?;
        self.db.run("UPDATE namespace SET told = ? WHERE told < ?", &[row[0].clone(), row[0].clone()])
    }

    fn is_deleted(&self) -> Answer<bool> {
        Ok(self.db.count("SELECT deleted FROM namespace", &[])? > 0)
    }

    fn count(&self) -> Answer<u64> {
        self.db.count("SELECT scripts FROM total", &[])
    }

    fn wake(&self, at_ms: f64) -> Answer<()> {
        self.db.alarm_at(at_ms)
    }
}

/// Of names, those of scripts that have none of the tags in the second list.
const WITHOUT: &str = " WHERE name NOT IN (SELECT script FROM tag WHERE tag IN (SELECT value FROM json_each(?2)))";

/// The names of the scripts that have each of the tags in the first list: where there are none, all.
fn names(tags: &[Value]) -> &'static str {
    if tags[0] == json!([]) {
        return "listed";
    }
    "(SELECT script AS name FROM tag WHERE tag IN (SELECT value FROM json_each(?1)) GROUP BY script \
     HAVING COUNT(*) = (SELECT COUNT(DISTINCT value) FROM json_each(?1)))"
}

fn tags(input: &Value) -> Answer<Vec<Value>> {
    let filter = tag::parse_filter(input["tags"].as_str().unwrap_or_default());
    let filter = filter.map_err(|problems: Vec<Problem>| Refusal::invalid(problems))?;
    let list =
        |yes: bool| filter.iter().filter(|(_, is)| *is == yes).map(|(tag, _)| Value::from(tag.as_str())).collect();
    Ok([true, false].map(list).into())
}
