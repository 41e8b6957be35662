//! That a version does not load, as isolates tell it.

use serde_json::{Value, json};

use super::op::Op;
use crate::registry::Refusal;

/// A message is kept so far.
const LONGEST: usize = 2000;

impl Op<'_> {
    /// `incident {version_id, kind, message}`: it happened once more.
    pub(super) fn incident(&self) -> Result<Value, Refusal> {
        self.script()?;
        let id = self.text("version_id");
        if self.document_of(Some(id)).is_none() {
            return Err(self.no_such_version(id));
        }
        let message: String = self.text("message").chars().take(LONGEST).collect();
        self.db.run(
            "INSERT INTO incident (version, kind, message, first, last, count) VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO \
             UPDATE SET message = excluded.message, last = excluded.last, count = count + 1",
            &[id.into(), self.text("kind").into(), message.into(), self.now().into(), self.now().into()],
        )?;
        Ok(Value::Null)
    }

    /// `incidents`: the last first.
    pub(super) fn incidents(&self) -> Result<Value, Refusal> {
        self.script()?;
        // Not of versions that are gone.
        let rows = self.db.rows(
            "SELECT version, kind, message, first, last, count FROM incident WHERE version IN (SELECT id FROM version) \
             ORDER BY last DESC",
            &[],
        )?;
        let one = |row: &super::super::db::Row| json!({ "version_id": row[0], "kind": row[1], "message": row[2], "first_on": row[3], "last_on": row[4], "count": row[5] });
        Ok(json!({ "incidents": rows.iter().map(one).collect::<Vec<_>>() }))
    }
}
