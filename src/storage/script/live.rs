//! What is live, for those who run it.

use serde_json::Value;

use super::op::Op;
use crate::registry::Refusal;

impl Op<'_> {
    /// `live`: the snapshot. Put together by SQLite, as the documents in it are long and are looked into by nobody here.
    pub(super) fn live(&self) -> Result<Value, Refusal> {
        self.script()?;
        let row = self.db.row(
            "SELECT json_object('script', ?, 'incarnation', incarnation, 'cookie_key', cookie_key, 'sequence', sequence, \
             'settings', json(settings), \
             'deployment', (SELECT json(document) FROM deployment ORDER BY sequence DESC LIMIT 1), \
             'versions', (SELECT json_group_array(json(document)) FROM (SELECT document FROM version WHERE id IN \
             (SELECT value FROM json_each(?)) ORDER BY deployed DESC, number DESC))) FROM script",
            &[self.name.into(), self.live_ids()?.into()],
        )?;
        Ok(row.and_then(|mut row| row.pop()).unwrap_or_default())
    }
}
