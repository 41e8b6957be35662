//! What a script has in R2: announced before it is written, and deleted when nothing names it any more.

use std::rc::Rc;

use js_sys::{Array, futures::JsFuture, futures::future_to_promise};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;

use super::{Held, op::Op};
use crate::{
    registry::{Refusal, problem},
    storage::{db, object::unavailable},
    sys::Bucket,
};

/// R2 deletes so many at once.
const AT_ONCE: u64 = 1000;

/// An object that no version needs.
const GARBAGE: &str = "NOT EXISTS (SELECT 1 FROM holds WHERE holds.key = object.key AND holds.owner IN \
    (SELECT 'bundle/' || bundle FROM version UNION SELECT 'manifest/' || manifest FROM version))";

impl Op<'_> {
    /// `begin {objects, owner?}`: these keys are about to be written to R2. `owner` (`manifest/DIGEST`) is what will
    /// need them, for those that are more than it can be asked for later. Answers with those of them that have to be
    /// written: the others are there.
    pub(super) fn begin(&self) -> Result<Value, Refusal> {
        let (keys, owner) = (self.keys()?, self.relative(self.text("owner")));
        for key in &keys {
            self.db.run(
                "INSERT INTO object (key, state, since) VALUES (?, 0, ?) ON CONFLICT (key) DO UPDATE SET since = excluded.since",
                &[(*key).into(), self.now_ms.into()],
            )?;
            if !owner.is_empty() {
                self.db
                    .run("INSERT OR IGNORE INTO holds (owner, key) VALUES (?, ?)", &[owner.into(), (*key).into()])?;
            }
        }
        self.wake(self.now_ms + self.kept_ms)?;
        let missing = self.db.column(
            "SELECT key FROM object WHERE state = 0 AND key IN (SELECT value FROM json_each(?))",
            &[json!(keys)],
        )?;
        let missing: Vec<_> = missing.iter().filter_map(Value::as_str).map(|key| self.prefixed(key)).collect();
        Ok(json!({ "missing": missing }))
    }

    /// `stored {objects, owner?}`: these are in R2 now. Answers with how many of the owner's are not yet.
    pub(super) fn stored(&self) -> Result<Value, Refusal> {
        let keys = self.keys()?;
        self.mark_stored(&keys)?;
        Ok(json!({ "missing": self.missing_of(self.relative(self.text("owner")))? }))
    }

    /// What a draft names is in R2, as the caller says, and has to have been announced: only then nobody cleans it up.
    ///
    /// # Errors
    /// [`problem::UPLOAD_EXPIRED`] where that is too long ago, or was never.
    pub(super) fn hold(&self, draft: &Value) -> Result<(), Refusal> {
        let keys = self.keys()?;
        self.mark_stored(&keys)?;
        for (kind, digest) in [("bundle", &draft["bundle"]), ("manifest", &draft["assets"]["manifest"])] {
            let Some(digest) = digest.as_str() else { continue };
            let owner = [kind, "/", digest].concat();
            let map = ["map/", digest].concat();
            let is_held = |key: &str| match kind {
                "bundle" => key == owner || key == map,
                _ => key == owner || key.starts_with("asset/"),
            };
            for key in keys.iter().filter(|key| is_held(key)) {
                self.db.run(
                    "INSERT OR IGNORE INTO holds (owner, key) VALUES (?, ?)",
                    &[owner.as_str().into(), (*key).into()],
                )?;
            }
            let held = self.db.count(
                "SELECT COUNT(*) FROM holds WHERE owner = ? AND key = ?",
                &[owner.as_str().into(), owner.as_str().into()],
            )?;
            if held == 0 || self.missing_of(&owner)? > 0 {
                return Err(self.expired());
            }
        }
        Ok(())
    }

    fn mark_stored(&self, keys: &[&str]) -> Result<(), Refusal> {
        let known = "key IN (SELECT value FROM json_each(?)) AND state < 2";
        let keys_json = json!(keys);
        if self.db.count(&format!("SELECT COUNT(*) FROM object WHERE {known}"), std::slice::from_ref(&keys_json))?
            < keys.len() as u64
        {
            return Err(self.expired());
        }
        self.db.run(&format!("UPDATE object SET state = 1, since = ? WHERE {known}"), &[self.now_ms.into(), keys_json])
    }

    fn missing_of(&self, owner: &str) -> Result<u64, Refusal> {
        self.db.count(
            "SELECT COUNT(*) FROM holds LEFT JOIN object USING (key) WHERE owner = ? AND state IS NOT 1",
            &[owner.into()],
        )
    }

    fn expired(&self) -> Refusal {
        let message =
            "What this upload has stored was not announced, or so long ago that it is cleaned up: upload it again.";
        Refusal::api(409, problem::UPLOAD_EXPIRED, message)
    }

    /// The keys of an operation, below the script's prefix, each once.
    fn keys(&self) -> Result<Vec<&str>, Refusal> {
        let mut keys: Vec<&str> = Vec::new();
        for key in self.input["objects"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let key = self.relative(key);
            if let Err(place) = keys.binary_search(&key) {
                keys.insert(place, key);
            }
        }
        let known = ["bundle/", "map/", "manifest/", "asset/"];
        match keys.iter().find(|key| !known.iter().any(|kind| key.starts_with(kind))) {
            Some(key) => Err(Refusal::StorageUnavailable(format!("{key:?} is no key of the script {:?}", self.name))),
            None => Ok(keys),
        }
    }

    /// A key without the script's prefix, if it has it.
    fn relative<'k>(&self, key: &'k str) -> &'k str {
        let below = key.strip_prefix(self.namespace_id).and_then(|rest| rest.strip_prefix('/'));
        below.and_then(|rest| rest.strip_prefix(self.name)?.strip_prefix('/')).unwrap_or(key)
    }

    /// A key as it is in R2.
    pub(super) fn prefixed(&self, key: &str) -> String {
        [self.namespace_id, "/", self.name, "/", key].concat()
    }

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
                swept.map(|()| JsValue::UNDEFINED).map_err(|refusal| js_sys::Error::new(&format!("{refusal:?}")).into())
            }));
            held.sweeping.replace(Some(promise.clone()));
            promise
        });
        JsFuture::from(promise).await.map(drop).map_err(unavailable)
    }

    async fn sweep_once(&self) -> Result<(), Refusal> {
        loop {
            let keys = self.db.transact(|| self.op(&Value::Null)?.doom())?;
            if keys.is_empty() {
                return Ok(());
            }
            let bucket: Bucket = db::binding(&self.env, "BUNDLES")?;
            let op = self.op(&Value::Null)?;
            let list: Array =
                keys.iter().filter_map(Value::as_str).map(|key| JsValue::from(op.prefixed(key))).collect();
            JsFuture::from(bucket.delete_keys(&list).map_err(unavailable)?).await.map_err(unavailable)?;
            let keys = Value::from(keys);
            self.db.transact(|| self.op(&Value::Null)?.buried(&keys))?;
        }
    }

    /// Before a key is announced that is being deleted: waits until it is deleted, so that the deletion does not meet
    /// what is written next.
    ///
    /// # Errors
    /// [`Refusal::StorageUnavailable`] where that does not succeed now.
    pub(super) async fn settle(held: &Rc<Self>, input: &Value) -> Result<(), Refusal> {
        for _ in 0..3 {
            let op = held.op(input)?;
            let keys = op.keys()?;
            let doomed = held.db.transact(|| {
                held.db.count(
                    "SELECT COUNT(*) FROM object WHERE state = 2 AND key IN (SELECT value FROM json_each(?))",
                    &[json!(keys)],
                )
            })?;
            if doomed == 0 {
                return Ok(());
            }
            Self::sweep(held).await?;
        }
        Err(Refusal::StorageUnavailable("the clean-up does not come to an end".to_owned()))
    }
}
