//! Deleting from R2 what nothing names any more.

use std::rc::Rc;

use js_sys::{Array, futures::JsFuture, futures::future_to_promise};
use serde_json::Value;
use wasm_bindgen::JsValue;

use super::{Held, op::Op};
use crate::{
    registry::{Refusal, script},
    storage::{
        db,
        object::{self, unavailable},
    },
    sys::Bucket,
};

/// R2 deletes so many at once.
const AT_ONCE: u64 = 1000;

/// An object that no version needs.
const GARBAGE: &str = "NOT EXISTS (SELECT 1 FROM holds WHERE holds.key = object.key AND holds.owner IN \
    (SELECT 'bundle/' || bundle FROM version UNION SELECT 'manifest/' || manifest FROM version UNION \
    SELECT 'map/' || map FROM version))";

impl Op<'_> {
    /// Since when the oldest object waits that no version needs.
    pub(super) fn oldest_garbage(&self) -> Result<Option<f64>, Refusal> {
        let row = self.db.row(&format!("SELECT MIN(since) FROM object WHERE {GARBAGE}"), &[])?;
        Ok(row.and_then(|row| row[0].as_f64()))
    }

    /// Those that nothing has named for long enough are to be deleted, some at once; and those that were so before.
    fn doom(&self) -> Result<Vec<Value>, Refusal> {
        self.db.run(
            &format!("UPDATE object SET state = 2 WHERE since <= ? AND {GARBAGE}"),
            &[(self.now_ms - self.kept_ms).into()],
        )?;
        self.db.column("SELECT key FROM object WHERE state = 2 LIMIT ?", &[AT_ONCE.into()])
    }

    /// They are deleted.
    fn buried(&self, keys: &Value) -> Result<(), Refusal> {
        for table in ["holds", "object"] {
            let query = format!("DELETE FROM {table} WHERE key IN (SELECT value FROM json_each(?))");
            self.db.run(&query, std::slice::from_ref(keys))?;
        }
        Ok(())
    }
}

impl Held {
    /// Deletes from R2 what no version needs. There is one at a time: whoever comes while it runs waits for it.
    pub(super) async fn sweep(held: &Rc<Self>) -> Result<(), Refusal> {
        let running = held.sweeping.borrow().clone();
        let promise = running.unwrap_or_else(|| {
            let mine = Rc::clone(held);
            let promise = future_to_promise(std::panic::AssertUnwindSafe(async move {
                let swept = mine.sweep_once().await;
                mine.sweeping.take();
                swept.map(|()| JsValue::UNDEFINED).map_err(|refusal| js_sys::Error::new(object::why(&refusal)).into())
            }));
            held.sweeping.replace(Some(promise.clone()));
            promise
        });
        JsFuture::from(promise).await.map(drop).map_err(unavailable)
    }

    async fn sweep_once(&self) -> Result<(), Refusal> {
        loop {
            let keys = self.db.transact(&mut || self.op(&Value::Null)?.doom().map(Value::from))?;
            if object::list(&keys).is_empty() {
                return Ok(());
            }
            let bucket: Bucket = db::binding(&self.env, "BUNDLES")?;
            let op = self.op(&Value::Null)?;
            let list = Array::new();
            for key in object::list(&keys) {
                list.push(&op.prefixed(key.as_str().unwrap_or_default()).into());
            }
            JsFuture::from(bucket.delete_keys(&list).map_err(unavailable)?).await.map_err(unavailable)?;
            self.db.transact(&mut || {
                let op = self.op(&Value::Null)?;
                op.buried(&keys)?;
                // It has less now, which its namespace counts.
                if let Some(row) = op.find()? {
                    op.tell_index(&script::entry(&op.facts(&row), &op.latest()?))?;
                }
                Ok(Value::Null)
            })?;
        }
    }

    /// Before a key is announced that is being deleted: waits until it is deleted, so that the deletion does not meet
    /// what is written next.
    ///
    /// # Errors
    /// [`Refusal::StorageUnavailable`] where that does not succeed now.
    pub(super) async fn settle(held: &Rc<Self>, input: &Value) -> Result<(), Refusal> {
        for _ in 0..3 {
            let keys = held.op(input)?.keys()?;
            let query = "SELECT COUNT(*) FROM object WHERE state = 2 AND key IN (SELECT value FROM json_each(?))";
            let doomed =
                held.db.transact(&mut || held.db.count(query, std::slice::from_ref(&keys)).map(Value::from))?;
            if doomed == 0 {
                return Ok(());
            }
            Self::sweep(held).await?;
        }
        Err(Refusal::StorageUnavailable("the clean-up does not come to an end".to_owned()))
    }
}
