//! What the namespace's index is told of its scripts: in the order in which it happened, and until it has heard it.

use serde_json::{Value, json};

use super::{Held, op::Op};
use crate::{registry::Refusal, storage::object};

/// How long to wait before what failed is tried again.
const RETRY_MS: f64 = 5_000.0;

impl Op<'_> {
    /// The index shall know this entry, or with `null`, that there is none.
    pub(super) fn tell_index(&self, entry: &Value) -> Result<(), Refusal> {
        // The newest says all.
        self.db.run("DELETE FROM outbox", &[])?;
        self.db.run("INSERT INTO outbox (entry) VALUES (?)", std::slice::from_ref(entry))?;
        self.wake(self.now_ms + RETRY_MS)
    }

    /// Has the alarm go off at this time, unless it does so earlier.
    pub(super) fn wake(&self, at_ms: f64) -> Result<(), Refusal> {
        let planned = self.db.row("SELECT at FROM alarm", &[])?.and_then(|row| row[0].as_f64());
        let at_ms = match planned {
            // It is about to go off, or is at work, or the runtime has given it up: another one at once is never wrong.
            Some(planned) if planned <= self.now_ms => self.now_ms,
            Some(planned) if planned <= at_ms => return Ok(()),
            _ => at_ms,
        };
        self.db.run("INSERT OR REPLACE INTO alarm (id, at) VALUES (1, ?)", &[at_ms.ceil().into()])?;
        self.db.alarm_at(at_ms.ceil())
    }

    /// After the alarm has gone off: the next one, if there is anything left to do.
    pub(super) fn plan_next_alarm(&self) -> Result<(), Refusal> {
        self.db.run("DELETE FROM alarm", &[])?;
        let waiting = self.db.count(
            "SELECT EXISTS (SELECT 1 FROM outbox) + EXISTS (SELECT 1 FROM object WHERE state = 2) + \
                 EXISTS (SELECT 1 FROM store WHERE doomed = 1)",
            &[],
        )?;
        if waiting > 0 {
            return self.wake(self.now_ms + RETRY_MS);
        }
        match self.oldest_garbage()? {
            Some(since) => self.wake((since + self.kept_ms).max(self.now_ms + 1.0)),
            None => Ok(()),
        }
    }
}

impl Held {
    /// Tells the index what it has not been told.
    pub(super) async fn deliver(&self) -> Result<(), Refusal> {
        self.db.ready()?;
        let Some(row) = self.db.row("SELECT revision, entry FROM outbox", &[])? else { return Ok(()) };
        let entry = super::super::db::document(&row[1]);
        let op = if entry.is_null() { "unindex" } else { "index" };
        let has = "SELECT (SELECT COUNT(*) FROM version), (SELECT TOTAL(bytes) FROM object)";
        let has = self.db.row(has, &[])?.unwrap_or_default();
        let message = json!({
            "op": op, "script": self.name, "entry": entry, "revision": row[0],
            "versions": has[0], "bytes": has[1].as_f64().unwrap_or_default() as u64,
        });
        object::ask(&self.env, "NAMESPACES", &self.namespace_id, &message).await?;
        self.db.run("DELETE FROM outbox WHERE revision = ?", &row[..1])
    }
}
