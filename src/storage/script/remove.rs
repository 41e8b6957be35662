//! The end of a script.

use serde_json::Value;

use super::op::Op;
use crate::registry::Refusal;

impl Op<'_> {
    /// `delete`: it is gone at once. What it has in R2 and has stored, and its place in the index, go by the alarm, however often that
    /// has to try.
    pub(super) fn delete(&self) -> Result<Value, Refusal> {
        let row = self.script()?;
        for table in ["version", "deployment", "incident", "watch", "outbound_secret", "outbound_audit"] {
            self.db.run(&["DELETE FROM ", table].concat(), &[])?;
        }
        // The sequence stays: nobody takes what comes after for something older.
        self.db.run(
            "UPDATE script SET deleted = 1, incarnation = '', cookie_key = '', settings = '{}', classes = '{}', number = 0, sequence = ?",
            &[(row.sequence + 1).into()],
        )?;
        // Not what is announced: whoever uploads it may write it after it was deleted, and nobody would know of it.
        self.db.run("UPDATE object SET since = 0 WHERE state > 0", &[])?;
        self.db.run("UPDATE store SET doomed = 1", &[])?;
        self.tell_index(&Value::Null)?;
        self.wake(self.now_ms)?;
        Ok(Value::Null)
    }
}
