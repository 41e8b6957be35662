//! The database of a Durable Object.

use std::{cell::Cell, rc::Rc};

use js_sys::{Array, Date, Reflect};
use serde_json::{Number, Value};
use wasm_bindgen::{JsCast, JsValue};
use worker::State;

use super::object::unavailable;
use crate::{
    registry::{Refusal, hex, uuid},
    sys::{Cursor, Sql, Storage},
};

/// A row: its columns in the order in which they were asked for.
pub(super) type Row = Vec<Value>;

type Result<T> = std::result::Result<T, Refusal>;

/// An object's database, its schema that of today.
#[derive(Clone)]
pub(super) struct Db(Rc<Inner>);

struct Inner {
    storage: Storage,
    sql: Sql,
    /// The SQL that leads from each schema to the next; the first, from nothing to schema 1.
    steps: &'static [&'static str],
    migrated: Cell<bool>,
}

impl Db {
    pub(super) fn new(state: &State, steps: &'static [&'static str]) -> Self {
        let storage: Storage = JsValue::from(state.storage().as_raw()).unchecked_into();
        Self(Rc::new(Inner { sql: storage.sql(), storage, steps, migrated: Cell::new(false) }))
    }

    /// Runs `work` in one transaction: all of what it writes is there afterwards, or where it fails, nothing.
    pub(super) fn transact(&self, work: &mut dyn FnMut() -> Result<Value>) -> Result<Value> {
        let mut outcome = Err(Refusal::StorageUnavailable("the transaction did not begin".to_owned()));
        let thrown = self.0.storage.transaction_sync(&mut || {
            outcome = self.migrate().and_then(|()| work());
            if outcome.is_err() { Err(JsValue::NULL) } else { Ok(JsValue::UNDEFINED) }
        });
        if let (Ok(_), Err(thrown)) = (&outcome, thrown) {
            return Err(unavailable(thrown));
        }
        self.0.migrated.set(outcome.is_ok() || self.0.migrated.get());
        outcome
    }

    /// Before what is no transaction, and may be the first thing that is asked of a database of another schema.
    pub(super) fn ready(&self) -> Result<()> {
        if self.0.migrated.get() { Ok(()) } else { self.transact(&mut || Ok(Value::Null)).map(drop) }
    }

    /// Whether anything was ever stored. Asking stores nothing.
    pub(super) fn exists(&self) -> Result<bool> {
        let found = || self.row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema'", &[]);
        Ok(self.0.migrated.get() || found()?.is_some())
    }

    /// Takes the schema from the one that is there to that of today, step by step.
    fn migrate(&self) -> Result<()> {
        if self.0.migrated.get() {
            return Ok(());
        }
        if !self.exists()? {
            self.run("CREATE TABLE schema (version INTEGER NOT NULL)", &[])?;
            self.run("INSERT INTO schema (version) VALUES (0)", &[])?;
        }
        let from = self.row("SELECT version FROM schema", &[])?.and_then(|row| row[0].as_u64()).unwrap_or_default();
        let Some(steps) = self.0.steps.get(from as usize..) else {
            let known = self.0.steps.len();
            let message = format!("the data is of schema {from}, and this version of the host knows {known}");
            return Err(Refusal::StorageUnavailable(message));
        };
        for step in steps {
            self.run(step, &[])?;
        }
        if steps.is_empty() { Ok(()) } else { self.run("UPDATE schema SET version = ?", &[self.0.steps.len().into()]) }
    }

    /// Runs a statement for what it does. A list or an object is given to SQLite as its JSON text.
    pub(super) fn run(&self, query: &str, parameters: &[Value]) -> Result<()> {
        self.exec(query, parameters).map(drop)
    }

    /// Runs a query for its rows.
    pub(super) fn rows(&self, query: &str, parameters: &[Value]) -> Result<Vec<Row>> {
        let rows = self.exec(query, parameters)?.raw().map_err(unavailable)?;
        let mut found = Vec::new();
        for row in Array::from(&rows) {
            let row: Array = row.unchecked_into();
            let mut columns = Vec::new();
            for at in 0..row.length() {
                columns.push(from_js(row.get(at)));
            }
            found.push(columns);
        }
        Ok(found)
    }

    /// The first row, if there is one.
    pub(super) fn row(&self, query: &str, parameters: &[Value]) -> Result<Option<Row>> {
        let mut rows = self.rows(query, parameters)?;
        rows.truncate(1);
        Ok(rows.pop())
    }

    /// The first column of every row.
    pub(super) fn column(&self, query: &str, parameters: &[Value]) -> Result<Vec<Value>> {
        let mut column = Vec::new();
        for mut row in self.rows(query, parameters)? {
            column.push(row.swap_remove(0));
        }
        Ok(column)
    }

    fn exec(&self, query: &str, parameters: &[Value]) -> Result<Cursor> {
        let list = Array::new();
        for parameter in parameters {
            list.push(&to_js(parameter));
        }
        self.0.sql.exec(query, &list).map_err(unavailable)
    }

    /// How many: the number in the one row of a query.
    pub(super) fn count(&self, query: &str, parameters: &[Value]) -> Result<u64> {
        Ok(self.row(query, parameters)?.and_then(|row| row[0].as_u64()).unwrap_or_default())
    }

    /// Has the object's alarm go off at this time; in a transaction it belongs to that.
    pub(super) fn alarm_at(&self, at_ms: f64) -> Result<()> {
        // The output gate waits for it, and breaks the object where it fails.
        self.0.storage.set_alarm(at_ms).map(drop).map_err(unavailable)
    }
}

/// A text that is JSON, as it was stored.
pub(super) fn document(text: &Value) -> Value {
    serde_json::from_str(text.as_str().unwrap_or_default()).unwrap_or_default()
}

/// Now, in Unix milliseconds.
pub(super) fn now() -> f64 {
    Date::now()
}

/// A time in ISO 8601.
pub(super) fn iso(at_ms: f64) -> String {
    Date::new(&at_ms.into()).to_iso_string().into()
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::Misconfigured("No randomness.".to_owned()))?;
    Ok(bytes)
}

/// A new id.
pub(super) fn new_id() -> Result<String> {
    Ok(uuid(random()?))
}

/// So many random bytes as hexadecimal digits.
pub(super) fn new_key<const N: usize>() -> Result<String> {
    Ok(hex(&random::<N>()?))
}

fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(value) => f64::from(u8::from(*value)).into(),
        Value::Number(number) => number.as_f64().unwrap_or_default().into(),
        Value::String(text) => text.into(),
        json => json.to_string().into(),
    }
}

/// JavaScript has one kind of number: a whole one is an integer, whatever the column is.
fn from_js(value: JsValue) -> Value {
    if let Some(text) = value.as_string() {
        return text.into();
    }
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && number.abs() < 9e15 => (number as i64).into(),
        Some(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        None => Value::Null,
    }
}

/// A binding of the Worker's.
///
/// # Errors
/// [`Refusal::Misconfigured`] where there is none.
pub(super) fn binding<T: JsCast>(env: &worker::Env, name: &str) -> Result<T> {
    let value = Reflect::get(env, &name.into()).unwrap_or_default();
    if value.is_object() {
        return Ok(value.unchecked_into());
    }
    Err(Refusal::Misconfigured(format!("The binding {name} is missing in wrangler.toml.")))
}
