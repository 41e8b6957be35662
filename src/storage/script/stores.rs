//! What a script stores: which stores there are, so that they go with it.

use serde_json::{Value, json};

use super::{Held, op::Op};
use crate::{
    registry::{Refusal, store},
    storage::object,
};

impl Op<'_> {
    /// A version may write to these from now on.
    pub(super) fn add_stores(&self, version: &Value, incarnation: &str) -> Result<(), Refusal> {
        for binding in version["bindings"].as_array().into_iter().flatten() {
            let Some((kind, id)) = store::of(binding) else { continue };
            if kind.shared || store::is_shared(id) {
                continue;
            }
            let name = [incarnation, "/", kind.name, "/", id].concat();
            self.db.run("INSERT OR IGNORE INTO store (name, kind) VALUES (?, ?)", &[name.into(), kind.name.into()])?;
        }
        Ok(())
    }

    /// `stores`: the kind of each, its id, and the name of its object.
    pub(super) fn stores(&self) -> Result<Value, Refusal> {
        self.script()?;
        let rows = self.db.rows("SELECT name, kind FROM store WHERE doomed = 0 ORDER BY kind, name", &[])?;
        let one = |row: &super::super::db::Row| {
            let name = row[0].as_str().unwrap_or_default();
            let id = name.splitn(3, '/').nth(2);
            let object = [self.namespace_id, "/", self.name, "/", name].concat();
            json!({ "kind": row[1], "id": id, "object": object })
        };
        Ok(rows.iter().map(one).collect())
    }
}

impl Held {
    /// `usage`: how much it stores, `{"script": {"keys", "bytes"}, "namespace"}`, all that there is of both.
    pub(super) async fn usage(&self) -> Result<Value, Refusal> {
        let stores = self.op(&Value::Null)?.stores()?;
        let (mut keys, mut bytes) = (0.0, 0.0);
        for found in object::list(&stores) {
            let Some(kind) = found["kind"].as_str().and_then(store::kind) else { continue };
            let name = found["object"].as_str().unwrap_or_default();
            let usage = object::ask(&self.env, kind.objects, name, &json!({ "op": "usage" })).await?;
            let usage: Value = serde_json::from_str(&usage).unwrap_or_default();
            keys += usage["keys"].as_f64().unwrap_or_default();
            bytes += usage["bytes"].as_f64().unwrap_or_default();
        }
        let script = json!({ "keys": keys as u64, "bytes": bytes as u64 });
        let message = json!({ "op": "stored", "script": self.name, "keys": script["keys"], "bytes": script["bytes"] });
        let namespace = object::ask(&self.env, "NAMESPACES", &self.namespace_id, &message).await?;
        Ok(json!({ "script": script, "namespace": serde_json::from_str::<Value>(&namespace).unwrap_or_default() }))
    }

    /// Deletes what a script that is gone has stored.
    pub(super) async fn wipe(&self) -> Result<(), Refusal> {
        self.db.ready()?;
        for row in self.db.rows("SELECT name, kind FROM store WHERE doomed = 1 LIMIT 100", &[])? {
            let name = row[0].as_str().unwrap_or_default();
            if let Some(kind) = row[1].as_str().and_then(store::kind) {
                let object = [&self.namespace_id, "/", &self.name, "/", name].concat();
                object::ask(&self.env, kind.objects, &object, &json!({ "op": "wipe" })).await?;
            }
            self.db.run("DELETE FROM store WHERE name = ?", &row[..1])?;
        }
        Ok(())
    }
}
