//! The end of scripts, by their tags, and of a namespace.

use serde_json::{Value, json};

use super::{
    super::{db::now, object},
    AT_ONCE, Answer, Namespace, RETRY_MS, tags,
};
use crate::registry::{Fields, Refusal, problem, shape};

impl Namespace {
    /// `delete_scripts {tags, limit}`: those that match, as many.
    pub(super) async fn delete_scripts(&self, input: &Value) -> Answer {
        let mut fields = Fields::new(input, "The call", "", problem::MALFORMED);
        let limit = fields.whole("limit", 1, 1000).unwrap_or(100);
        if tags(input)? == tags(&Value::Null)? {
            fields.wrong("tags is missing: it says which scripts to delete, such as plan:free:yes.".to_owned());
        }
        if !fields.problems.is_empty() {
            return Err(Refusal::invalid(fields.problems));
        }
        let rows = self.db.transact(&mut || self.matching(input, limit + 1, 0).map(Value::from))?;
        let rows = object::list(&rows);
        let has_more = rows.len() as u64 > limit;
        let (mut deleted, mut failed) = (Vec::new(), None);
        for row in rows.iter().take(limit as usize) {
            match self.delete_script(&row[0]).await {
                Ok(()) => deleted.push(shape(r#"{"id":"=0"}"#, row)),
                Err(refusal) => failed = Some(refusal),
            }
        }
        match failed {
            // What is gone is told: whoever asks for the rest then gets the reason, or all.
            Some(refusal) if deleted.is_empty() => Err(refusal),
            failed => {
                let has_more = has_more || failed.is_some();
                Ok(json!({ "deleted_count": deleted.len(), "deleted": deleted, "has_more": has_more }))
            }
        }
    }

    /// The script takes itself out of the index.
    async fn delete_script(&self, name: &Value) -> Answer<()> {
        let object = format!("{}/{}", self.id, name.as_str().unwrap_or_default());
        match object::ask(&self.env, "SCRIPTS", &object, &json!({ "op": "delete" })).await {
            // It was gone already.
            Ok(_) | Err(Refusal::Api { status: 404, .. }) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    /// `delete`: nothing is admitted from now on, and what is there goes by the alarm.
    pub(super) fn delete(&self) -> Answer {
        self.db.run("UPDATE namespace SET deleted = 1", &[])?;
        self.wake(now())?;
        Ok(Value::Null)
    }

    /// What the alarm does of it.
    pub(super) async fn finish(&self) -> Answer<()> {
        let names = self.db.transact(&mut || {
            let query = "SELECT name FROM script WHERE entry IS NOT NULL AND (SELECT deleted FROM namespace) AND name > ? \
                         ORDER BY name LIMIT ?";
            self.db.column(query, &[self.tried.borrow().clone(), AT_ONCE.into()]).map(Value::from)
        })?;
        let names = object::list(&names);
        // Those that cannot be deleted keep nobody else: the next time goes on behind them, and begins anew at the end.
        let on = names.last().filter(|_| names.len() as u64 == AT_ONCE).cloned();
        self.tried.replace(on.unwrap_or_else(|| "".into()));
        let mut outcome = Ok(());
        for name in names {
            outcome = outcome.and(self.delete_script(name).await);
        }
        self.tell_directory().await?;
        outcome?;
        self.wipe().await?;
        if self.is_deleted()? && self.count()? > 0 {
            // Those that are deleted and have not said so yet get a moment for it.
            let again = if names.len() as u64 == AT_ONCE { 0.0 } else { RETRY_MS };
            self.wake(now() + again)?;
        } else if self.is_deleted()? {
            object::ask(&self.env, "TELEMETRY", &self.id, &json!({ "op": "delete" })).await?;
        }
        Ok(())
    }
}
