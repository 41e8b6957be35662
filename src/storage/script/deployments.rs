//! The deployments of a script, and what is read of them.

use serde_json::{Value, json};

use super::{
    super::db::{document, new_id},
    op::Op,
    row::Row,
};
use crate::registry::{Refusal, problem};

/// So many are remembered.
const HISTORY: u64 = 200;
/// So many versions that were deployed before may stand in for one that does not load.
const STAND_INS: usize = 2;

impl Op<'_> {
    /// Puts a deployment live.
    pub(super) fn add_deployment(&self, row: &mut Row, mut deployment: Value, source: Value) -> Result<Value, Refusal> {
        let before = self.db.column("SELECT max(sequence) FROM deployment", &[])?.swap_remove(0);
        row.sequence += 1;
        self.note_asked()?;
        let id = new_id()?;
        deployment["id"] = id.as_str().into();
        deployment["sequence"] = row.sequence.into();
        deployment["created_on"] = self.now().into();
        deployment["source"] = source;
        deployment["author_email"] = "".into();
        self.db.run(
            "INSERT INTO deployment (sequence, id, document) VALUES (?, ?, ?)",
            &[row.sequence.into(), id.into(), deployment.clone()],
        )?;
        let ids = deployment["versions"].clone();
        // All that is live now is older: a rollback.
        self.db.run(
            "UPDATE version SET taken_back = 1 WHERE deployed = ?1 AND number > (SELECT max(number) FROM version WHERE id IN \
             (SELECT json_extract(value, '$.version_id') FROM json_each(?2)))",
            &[before, ids.clone()],
        )?;
        self.db.run(
            "UPDATE version SET taken_back = 0, deployed = ? WHERE id IN (SELECT json_extract(value, '$.version_id') FROM json_each(?))",
            &[row.sequence.into(), ids],
        )?;
        self.db.run(
            "DELETE FROM deployment WHERE sequence <= (SELECT sequence FROM deployment ORDER BY sequence DESC LIMIT 1 OFFSET ?)",
            &[HISTORY.into()],
        )?;
        Ok(deployment)
    }

    /// The deployment that is live.
    pub(super) fn current(&self) -> Result<Value, Refusal> {
        let row = self.db.row("SELECT document FROM deployment ORDER BY sequence DESC LIMIT 1", &[])?;
        row.map(|row| document(&row[0]))
            .ok_or_else(|| Refusal::StorageUnavailable("a script has no deployment".to_owned()))
    }

    /// The ids of the versions that are live, and of those that were last before them and that no rollback took back.
    pub(super) fn live_ids(&self) -> Result<Vec<Value>, Refusal> {
        let live = self.current()?["versions"].as_array().map_or(0, Vec::len);
        self.db.column(
            "SELECT id FROM version WHERE deployed > 0 AND taken_back = 0 ORDER BY deployed DESC, number DESC LIMIT ?",
            &[(live + STAND_INS).into()],
        )
    }

    /// `deployments`: the newest first, which is the one that is live.
    pub(super) fn deployments(&self) -> Result<Value, Refusal> {
        self.script()?;
        let rows = self.db.column("SELECT document FROM deployment ORDER BY sequence DESC", &[])?;
        Ok(json!({ "deployments": rows.iter().map(document).collect::<Vec<_>>() }))
    }

    /// `deployment {id}`.
    pub(super) fn deployment(&self) -> Result<Value, Refusal> {
        self.script()?;
        let row = self.db.row("SELECT document FROM deployment WHERE id = ?", &[self.input["id"].clone()])?;
        row.map(|row| document(&row[0])).ok_or_else(|| self.no_such_deployment())
    }

    /// `delete_deployment {id}`: out of the history, which the one that is live does not leave.
    pub(super) fn delete_deployment(&self) -> Result<Value, Refusal> {
        let deployment = self.deployment()?;
        if deployment["id"] == self.current()?["id"] {
            let message = "This deployment is live: deploy something else first.";
            return Err(Refusal::api(400, problem::INVALID_DEPLOYMENT, message));
        }
        self.db.run("DELETE FROM deployment WHERE id = ?", &[deployment["id"].clone()])?;
        Ok(Value::Null)
    }

    fn no_such_deployment(&self) -> Refusal {
        let message = format!("The script {:?} has no deployment {:?}.", self.name, self.text("id"));
        Refusal::api(404, problem::NO_SUCH_DEPLOYMENT, message)
    }
}
