//! The API's tokens. Of their values only digests are kept.

use js_sys::Date;
use serde_json::{Value, json};

use super::{
    super::db::{Row, iso, new_id, now, random},
    Answer, Directory,
};
use crate::registry::{Fields, Refusal, problem, token};

const COLUMNS: &str = "SELECT id, name, permission, every, created_on, modified_on, expires_on, expires_ms FROM token";

impl Directory {
    /// `create_token {name, permission, namespaces, expires_on}`. The value is told this once.
    pub(super) fn create_token(&self, input: &Value) -> Answer {
        let mut nowhere = Vec::new();
        for name in input["namespaces"].as_array().into_iter().flatten().filter(|name| name.is_string()) {
            match self.namespace(&json!({ "name": name })) {
                Err(Refusal::Api { problems, .. }) => nowhere.extend(problems),
                found => drop(found?),
            }
        }
        let token = token::parse(input, now(), &milliseconds).map_err(|mut problems| {
            problems.append(&mut nowhere);
            Refusal::invalid(problems)
        })?;
        if !nowhere.is_empty() {
            return Err(Refusal::Api { status: 404, problems: nowhere });
        }
        let (id, at) = (Value::from(new_id()?), Value::from(iso(now())));
        let expires_ms = token["expires_on"].as_str().and_then(milliseconds);
        self.db.run(
            "INSERT INTO token (id, name, permission, every, created_on, modified_on, expires_on, expires_ms) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                id.clone(),
                token["name"].clone(),
                token["permission"].clone(),
                (token["namespaces"] == "*").into(),
                at.clone(),
                at,
                expires_ms.map(iso).into(),
                expires_ms.into(),
            ],
        )?;
        for name in token["namespaces"].as_array().into_iter().flatten() {
            let namespace = self.namespace(&json!({ "name": name }))?;
            self.db.run(
                "INSERT OR IGNORE INTO token_namespace (token, namespace) VALUES (?, ?)",
                &[id.clone(), namespace["namespace_id"].clone()],
            )?;
        }
        self.with_new_value(&id)
    }

    /// `list_tokens`, the newest last.
    pub(super) fn list_tokens(&self) -> Answer {
        let rows = self.db.rows(&format!("{COLUMNS} ORDER BY created_on, id"), &[])?;
        rows.iter().map(|row| self.shown(row)).collect::<Answer<Vec<_>>>().map(Value::from)
    }

    /// `delete_token {id}`.
    pub(super) fn delete_token(&self, input: &Value) -> Answer {
        self.token(&input["id"])?;
        for query in [
            "DELETE FROM token WHERE id = ?",
            "DELETE FROM token_namespace WHERE token = ?",
            "DELETE FROM token_hash WHERE token = ?",
        ] {
            self.db.run(query, &[input["id"].clone()])?;
        }
        Ok(json!({ "id": input["id"] }))
    }

    /// `roll_token {id, grace_seconds?}`: a new value, told this once; the one before ends after the grace.
    pub(super) fn roll_token(&self, input: &Value) -> Answer {
        self.token(&input["id"])?;
        let mut fields = Fields::new(input, "The body", "", problem::MALFORMED);
        let grace = fields.whole("grace_seconds", 0, 7 * 24 * 3600).unwrap_or_default();
        if !fields.problems.is_empty() {
            return Err(Refusal::invalid(fields.problems));
        }
        // The one before the one before ends now.
        self.db.run("DELETE FROM token_hash WHERE token = ? AND until_ms IS NOT NULL", &[input["id"].clone()])?;
        let until = now() + grace as f64 * 1000.0;
        self.db.run("UPDATE token_hash SET until_ms = ? WHERE token = ?", &[until.into(), input["id"].clone()])?;
        let at = Value::from(iso(now()));
        self.db.run("UPDATE token SET modified_on = ? WHERE id = ?", &[at, input["id"].clone()])?;
        self.with_new_value(&input["id"])
    }

    /// `authenticate {hash}`: whose value has this digest, and what they may.
    ///
    /// That a lookup takes a time of its own says nothing: who does not know the value cannot choose its digest.
    pub(super) fn authenticate(&self, input: &Value) -> Answer {
        let row = self.db.row(
            "SELECT token FROM token_hash WHERE hash = ? AND (until_ms IS NULL OR until_ms > ?)",
            &[input["hash"].clone(), now().into()],
        )?;
        let nobody = || Refusal::api(401, problem::AUTHENTICATION, "There is no such token.");
        let id = row.ok_or_else(nobody)?.swap_remove(0);
        let row = self.token(&id)?;
        if row[7].as_f64().is_some_and(|expires_ms| expires_ms <= now()) {
            return Err(nobody());
        }
        self.shown(&row)
    }

    fn token(&self, id: &Value) -> Answer<Row> {
        let row = self.db.row(&format!("{COLUMNS} WHERE id = ?"), std::slice::from_ref(id))?;
        row.ok_or_else(|| Refusal::api(404, problem::NO_SUCH_TOKEN, format!("There is no token {id}.")))
    }

    fn with_new_value(&self, id: &Value) -> Answer {
        let value = token::value(&random()?);
        self.db.run("INSERT INTO token_hash (hash, token) VALUES (?, ?)", &[token::hash(&value).into(), id.clone()])?;
        let mut shown = self.shown(&self.token(id)?)?;
        shown["value"] = value.into();
        Ok(shown)
    }

    fn shown(&self, row: &Row) -> Answer {
        let namespaces = match row[3] == 1 {
            true => "*".into(),
            false => Value::from(self.db.column(
                "SELECT name FROM namespace JOIN token_namespace ON namespace = namespace.id WHERE token = ? ORDER BY name",
                &[row[0].clone()],
            )?),
        };
        Ok(json!({
            "id": row[0],
            "name": row[1],
            "permission": row[2],
            "namespaces": namespaces,
            "created_on": row[4],
            "modified_on": row[5],
            "expires_on": row[6],
        }))
    }
}

fn milliseconds(time: &str) -> Option<f64> {
    token::is_time(time).then(|| Date::parse(time)).filter(|at| at.is_finite())
}
