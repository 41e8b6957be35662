//! The script's own row.

use serde_json::{Map, Value, json};

use super::{
    super::db::{document, iso, new_id, new_key},
    op::Op,
};
use crate::registry::{
    Refusal, classes,
    script::{self, Facts},
    settings,
};

/// What of the script is in none of its versions.
pub(super) struct Row {
    pub(super) incarnation: String,
    cookie_key: String,
    created_on: String,
    modified_on: String,
    /// That of the newest version.
    pub(super) number: u64,
    /// It rises with everything that an isolate has to see.
    pub(super) sequence: u64,
    pub(super) settings: Value,
    /// Its Durable Object classes, as `registry/classes.rs` has them.
    pub(super) classes: Value,
}

const COLUMNS: &str =
    "SELECT incarnation, cookie_key, created_on, modified_on, number, sequence, settings, deleted, classes FROM script";

impl Op<'_> {
    /// The script.
    ///
    /// # Errors
    /// 404 where there is none.
    pub(super) fn script(&self) -> Result<Row, Refusal> {
        self.find()?.ok_or_else(|| self.no_such_script())
    }

    /// The script, if there is one.
    pub(super) fn find(&self) -> Result<Option<Row>, Refusal> {
        if !self.db.exists()? {
            return Ok(None);
        }
        let row = self.db.row(COLUMNS, &[])?.filter(|row| row[7] == 0);
        Ok(row.map(|row| {
            let text = |at: usize| row[at].as_str().unwrap_or_default().to_owned();
            Row {
                incarnation: text(0),
                cookie_key: text(1),
                created_on: text(2),
                modified_on: text(3),
                number: row[4].as_u64().unwrap_or_default(),
                sequence: row[5].as_u64().unwrap_or_default(),
                settings: settings::apply(&document(&row[6]), &Map::new()),
                classes: document(&row[8]),
            }
        }))
    }

    /// A script that is about to be there: a new life, with a new identity.
    pub(super) fn born(&self) -> Result<Row, Refusal> {
        let sequence = self.db.count("SELECT sequence FROM script", &[])?;
        Ok(Row {
            incarnation: new_id()?,
            cookie_key: new_key::<32>()?,
            created_on: self.now(),
            modified_on: self.now(),
            number: 0,
            sequence,
            settings: settings::default(),
            classes: classes::none(),
        })
    }

    /// Stores the script, changed now, and what the index shall know of it.
    pub(super) fn save(&self, row: &mut Row) -> Result<(), Refusal> {
        row.modified_on = self.now();
        self.db.run(
            "INSERT OR REPLACE INTO script (id, deleted, incarnation, cookie_key, created_on, modified_on, number, \
             sequence, settings, classes) VALUES (1, 0, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                row.incarnation.as_str().into(),
                row.cookie_key.as_str().into(),
                row.created_on.as_str().into(),
                row.modified_on.as_str().into(),
                row.number.into(),
                row.sequence.into(),
                row.settings.clone(),
                row.classes.clone(),
            ],
        )?;
        let entry = script::entry(&self.facts(row), &self.latest()?);
        self.tell_index(&entry)
    }

    pub(super) fn facts<'r>(&'r self, row: &'r Row) -> Facts<'r> {
        Facts {
            name: self.name,
            created_on: &row.created_on,
            modified_on: &row.modified_on,
            settings: &row.settings,
            migration_tag: &row.classes["tag"],
        }
    }

    /// `get`: the script with its namespace's name, which the caller knows.
    pub(super) fn get(&self) -> Result<Value, Refusal> {
        self.entry(&self.script()?)
    }

    pub(super) fn entry(&self, row: &Row) -> Result<Value, Refusal> {
        let mut entry = script::entry(&self.facts(row), &self.latest()?);
        entry["dispatch_namespace"] = self.input["namespace"].clone();
        Ok(entry)
    }

    /// `objects`: what it has in R2, or may have.
    pub(super) fn objects(&self) -> Result<Value, Refusal> {
        let states = ["announced", "stored", "deleting"];
        let rows = self.db.rows("SELECT key, state, since FROM object ORDER BY key", &[])?;
        let one = |row: &super::super::db::Row| {
            let state = row[1].as_u64().and_then(|state| states.get(state as usize));
            let key = self.prefixed(row[0].as_str().unwrap_or_default());
            json!({ "key": key, "state": state, "since": iso(row[2].as_f64().unwrap_or_default()) })
        };
        Ok(rows.iter().map(one).collect())
    }
}
