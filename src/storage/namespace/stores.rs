//! What a namespace's scripts store that is of none of them alone, such as queues: which there are, so that they go with it.

use serde_json::{Value, json};

use super::{super::object, Answer, Namespace};
use crate::registry::{Refusal, problem, store};

/// A whole number of a row.
pub(super) fn whole(row: &[Value], at: usize) -> u64 {
    row.get(at).and_then(Value::as_f64).unwrap_or_default() as u64
}

impl Namespace {
    /// `add_store {name}`: something is stored under this kind and name from now on.
    pub(super) fn add_store(&self, name: &Value) -> Answer {
        if self.is_deleted()? {
            return Err(Refusal::api(404, problem::NO_SUCH_NAMESPACE, "This namespace is being deleted."));
        }
        self.db.run("INSERT OR IGNORE INTO store (name) VALUES (?)", std::slice::from_ref(name))?;
        Ok(Value::Null)
    }

    /// `remove_store {name}`: nothing is.
    pub(super) fn remove_store(&self, name: &Value) -> Answer {
        self.db.run("DELETE FROM store WHERE name = ?", std::slice::from_ref(name))?;
        Ok(Value::Null)
    }

    /// `queues`: their names.
    pub(super) fn queues(&self) -> Answer {
        let names = self.db.column("SELECT substr(name, 7) FROM store WHERE name LIKE 'queue/%' ORDER BY name", &[])?;
        Ok(names.into_iter().map(|name| json!({ "queue_name": name })).collect())
    }

    /// `stored {script, keys, bytes}`: how much a script stores; answers with how much all do.
    pub(super) fn stored(&self, input: &Value) -> Answer {
        self.db.run(
            "UPDATE script SET stored_keys = ?, stored_bytes = ? WHERE name = ?",
            &[input["keys"].clone(), input["bytes"].clone(), input["script"].clone()],
        )?;
        let all = self.db.row("SELECT stored_keys, stored_bytes FROM total", &[])?.unwrap_or_default();
        Ok(json!({ "keys": whole(&all, 0), "bytes": whole(&all, 1) }))
    }

    /// Deletes what a namespace that is deleted has stored.
    pub(super) async fn wipe(&self) -> Answer<()> {
        for row in self.db.column("SELECT name FROM store WHERE (SELECT deleted FROM namespace)", &[])? {
            let name = row.as_str().unwrap_or_default();
            if let Some(kind) = name.split('/').next().and_then(store::kind) {
                object::ask(&self.env, kind.objects, &[&self.id, "/", name].concat(), &json!({ "op": "wipe" })).await?;
            }
            self.remove_store(&row)?;
        }
        Ok(())
    }
}
