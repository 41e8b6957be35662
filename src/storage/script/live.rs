//! What is live, for those who run it.

use serde_json::Value;

use super::op::Op;
use crate::registry::Refusal;

impl Op<'_> {
    /// `live`: the snapshot, as text. The documents in it are long, and are looked into by nobody here. SQLite puts
    /// together what is short: a text of its own may be of 2 MB, and each of the versions of a deployment nearly that.
    pub(super) fn live(&self) -> Result<Value, Refusal> {
        self.script()?;
        let row = self.db.row(
            "SELECT json_object('script', ?, 'incarnation', incarnation, 'cookie_key', cookie_key, 'sequence', sequence, \
             'settings', json(settings), \
             'outbound_secrets', (SELECT json_group_object(name, text) FROM outbound_secret), \
             'deployment', (SELECT json(document) FROM deployment ORDER BY sequence DESC LIMIT 1)) FROM script",
            &[self.name.into()],
        )?;
        let mut text = row.unwrap_or_default().first().and_then(Value::as_str).unwrap_or_default().to_owned();
        // It goes on.
        text.pop();
        let documents = self.db.column(
            "SELECT document FROM version WHERE id IN (SELECT value FROM json_each(?)) ORDER BY deployed DESC, number DESC",
            &[self.live_ids()?.into()],
        )?;
        text.push_str(",\"versions\":");
        for (at, document) in documents.iter().enumerate() {
            text.push(if at == 0 { '[' } else { ',' });
            text.push_str(document.as_str().unwrap_or_default());
        }
        text.push_str("]}");
        Ok(text.into())
    }
}
