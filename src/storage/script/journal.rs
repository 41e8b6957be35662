//! What a script has in R2: announced before it is written, and held by what needs it.

use serde_json::{Map, Value};

use super::op::Op;
use crate::{
    registry::{Refusal, problem, shape},
    storage::object::list,
};

impl Op<'_> {
    /// `begin {objects, bytes?, owner?}`: these keys are about to be written to R2, and so long they will be (under the keys
    /// below the script's prefix). `owner` (`manifest/DIGEST`) is what will
    /// need them, where they are more than can be told again later; it is to be among them. Answers with those of them
    /// that have to be written: the others are there.
    pub(super) fn begin(&self) -> Result<Value, Refusal> {
        let (keys, owner) = (self.keys()?, self.relative(self.text("owner")));
        // Each one statement: the files of a site are up to 20,000.
        self.db.run(
            "INSERT INTO object (key, state, since) SELECT value, 0, ? FROM json_each(?) WHERE true \
             ON CONFLICT (key) DO UPDATE SET since = excluded.since",
            &[self.now_ms.into(), keys.clone()],
        )?;
        if self.input["bytes"].is_object() {
            let query = "UPDATE object SET bytes = told.value FROM json_each(?) AS told WHERE object.key = told.key";
            self.db.run(query, &[self.input["bytes"].clone()])?;
        }
        if !owner.is_empty() {
            self.add_holds(owner, &keys)?;
        }
        self.wake(self.now_ms + self.kept_ms)?;
        let query = "SELECT key FROM object WHERE state = 0 AND key IN (SELECT value FROM json_each(?))";
        let mut missing = self.db.column(query, &[keys])?;
        for key in &mut missing {
            *key = self.prefixed(key.as_str().unwrap_or_default()).into();
        }
        Ok(shape(r#"{"missing":"="}"#, &missing.into()))
    }

    /// `stored {objects, types?, owner?}`: these are in R2 now, and of these Content-Types. Answers with how many of the
    /// owner's are not yet.
    pub(super) fn stored(&self) -> Result<Value, Refusal> {
        self.mark_stored(&self.keys()?)?;
        if self.input["types"].is_object() {
            let query = "UPDATE object SET type = told.value FROM json_each(?) AS told WHERE object.key = told.key";
            self.db.run(query, &[self.input["types"].clone()])?;
        }
        let missing = self.missing_of(self.relative(self.text("owner")))?;
        Ok(shape(r#"{"missing":"="}"#, &missing.into()))
    }

    /// `types {owner}`: the Content-Types of what it holds, under the keys below the script's prefix.
    pub(super) fn types(&self) -> Result<Value, Refusal> {
        let query = "SELECT key, type FROM holds JOIN object USING (key) WHERE owner = ? AND type IS NOT NULL";
        let mut types = Map::new();
        for mut row in self.db.rows(query, &[self.relative(self.text("owner")).into()])? {
            let kind = row.pop().unwrap_or_default();
            types.insert(row[0].as_str().unwrap_or_default().to_owned(), kind);
        }
        Ok(types.into())
    }

    /// What a draft names is in R2, as the caller says, and has to have been announced: only then nobody cleans it up.
    ///
    /// # Errors
    /// [`problem::UPLOAD_EXPIRED`] where that is too long ago, or was never.
    pub(super) fn hold(&self, draft: &Value) -> Result<(), Refusal> {
        let keys = self.keys()?;
        self.mark_stored(&keys)?;
        for (kind, also, digest) in [
            ("bundle/", None, &draft["bundle"]),
            ("map/", None, &draft["maps"]),
            ("manifest/", Some("asset/"), &draft["assets"]["digest"]),
        ] {
            let Some(digest) = digest.as_str() else { continue };
            let owner = [kind, digest].concat();
            let mut mine = Vec::new();
            for key in list(&keys) {
                let text = key.as_str().unwrap_or_default();
                if text == owner || also.is_some_and(|also| text.starts_with(also)) {
                    mine.push(key.clone());
                }
            }
            self.add_holds(&owner, &mine.into())?;
            let itself = "SELECT COUNT(*) FROM holds WHERE owner = ? AND key = owner";
            if self.db.count(itself, &[owner.as_str().into()])? == 0 || self.missing_of(&owner)? > 0 {
                return Err(expired());
            }
        }
        Ok(())
    }

    fn add_holds(&self, owner: &str, keys: &Value) -> Result<(), Refusal> {
        let query = "INSERT OR IGNORE INTO holds (owner, key) SELECT ?, value FROM json_each(?)";
        self.db.run(query, &[owner.into(), keys.clone()])
    }

    fn mark_stored(&self, keys: &Value) -> Result<(), Refusal> {
        let unknown = "SELECT COUNT(*) FROM json_each(?) WHERE value NOT IN (SELECT key FROM object WHERE state < 2)";
        if self.db.count(unknown, std::slice::from_ref(keys))? > 0 {
            return Err(expired());
        }
        let query = "UPDATE object SET state = 1, since = ? WHERE key IN (SELECT value FROM json_each(?))";
        self.db.run(query, &[self.now_ms.into(), keys.clone()])
    }

    fn missing_of(&self, owner: &str) -> Result<u64, Refusal> {
        let query = "SELECT COUNT(*) FROM holds LEFT JOIN object USING (key) WHERE owner = ? AND state IS NOT 1";
        self.db.count(query, &[owner.into()])
    }

    /// The keys that an operation names, below the script's prefix.
    pub(super) fn keys(&self) -> Result<Value, Refusal> {
        let mut keys = Vec::new();
        for key in list(&self.input["objects"]) {
            let key = self.relative(key.as_str().unwrap_or_default());
            if !["bundle/", "map/", "manifest/", "asset/"].iter().any(|kind| key.starts_with(kind)) {
                let message = format!("{key} is no key of the script {}", self.name);
                return Err(Refusal::StorageUnavailable(message));
            }
            keys.push(Value::from(key));
        }
        Ok(keys.into())
    }

    /// A key without the script's prefix, if it has it.
    fn relative<'k>(&self, key: &'k str) -> &'k str {
        key.strip_prefix(&self.prefixed("")).unwrap_or(key)
    }

    /// A key as it is in R2.
    pub(super) fn prefixed(&self, key: &str) -> String {
        [self.namespace_id, "/", self.name, "/", key].concat()
    }
}

fn expired() -> Refusal {
    let message =
        "What this upload has stored was not announced, or so long ago that it is cleaned up: upload it again.";
    Refusal::api(409, problem::UPLOAD_EXPIRED, message)
}
