//! Outbound: the secrets that rules put into requests, and what became of requests.

use serde_json::{Value, json};

use super::{super::db::random, op::Op};
use crate::{
    registry::{
        Refusal,
        outbound::secret::{self, MOST, at},
        vault::place,
    },
    storage::object,
};

/// So many kinds of requests are told apart; of the others the host is not.
const MOST_KINDS: u64 = 1000;

/// What tells a kind of requests.
const KIND: [&str; 6] = ["decision", "code", "policy", "rule", "host", "method"];

impl Op<'_> {
    /// `outbound_secrets`: their names.
    pub(super) fn outbound_secrets(&self) -> Result<Value, Refusal> {
        self.script()?;
        let names = self.db.column("SELECT name FROM outbound_secret ORDER BY name", &[])?;
        Ok(names.iter().map(secret::public).collect())
    }

    /// `put_outbound_secret {body: {name, text}}`.
    pub(super) fn put_outbound_secret(&self) -> Result<Value, Refusal> {
        let (name, text) = secret::parse(&self.input["body"]).map_err(Refusal::invalid)?;
        self.script()?;
        let others = "SELECT COUNT(*) FROM outbound_secret WHERE name <> ?";
        if self.db.count(others, &[name.into()])? >= MOST {
            return Err(secret::too_many());
        }
        let query = "INSERT OR REPLACE INTO outbound_secret (name, text) VALUES (?, ?)";
        let sealed = self.vault.seal(&place(self.namespace_id, self.name, &at(name)), text, random()?)?;
        self.db.run(query, &[name.into(), sealed.into()])?;
        self.changed_outbound()?;
        Ok(secret::public(&name.into()))
    }

    /// `delete_outbound_secret {name}`.
    pub(super) fn delete_outbound_secret(&self) -> Result<Value, Refusal> {
        let name = &self.input["name"];
        self.script()?;
        if self.db.count("SELECT COUNT(*) FROM outbound_secret WHERE name = ?", std::slice::from_ref(name))? == 0 {
            return Err(secret::no_such(name));
        }
        self.db.run("DELETE FROM outbound_secret WHERE name = ?", std::slice::from_ref(name))?;
        self.changed_outbound()?;
        Ok(Value::Null)
    }

    fn changed_outbound(&self) -> Result<(), Refusal> {
        let mut row = self.script()?;
        self.save_settings(&mut row)
    }

    /// `add_outbound_audit {incarnation, counts: [{decision, code, policy, rule, host, method, count}]}`: what an isolate
    /// has seen.
    pub(super) fn add_outbound_audit(&self) -> Result<Value, Refusal> {
        if self.script()?.incarnation != self.text("incarnation") {
            return Err(self.no_such_script());
        }
        for seen in object::list(&self.input["counts"]) {
            let mut kind: Vec<Value> = Vec::new();
            for field in KIND {
                kind.push(seen[field].as_str().unwrap_or_default().into());
            }
            let known = "SELECT COUNT(*) FROM outbound_audit WHERE decision = ? AND code = ? AND policy = ? AND rule = ? AND \
                         host = ? AND method = ?";
            if self.db.count(known, &kind)? == 0
                && self.db.count("SELECT COUNT(*) FROM outbound_audit", &[])? >= MOST_KINDS
            {
                kind[4] = "*".into();
            }
            kind.extend([seen["count"].clone(), self.now().into(), self.now().into()]);
            self.db.run(
                "INSERT INTO outbound_audit (decision, code, policy, rule, host, method, count, first, last) VALUES \
                 (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count, last = excluded.last",
                &kind,
            )?;
        }
        Ok(Value::Null)
    }

    /// `outbound_audit`: the last first.
    pub(super) fn outbound_audit(&self) -> Result<Value, Refusal> {
        self.script()?;
        let rows = self.db.rows(
            "SELECT decision, code, policy, rule, host, method, count, first, last FROM outbound_audit \
             ORDER BY last DESC, count DESC",
            &[],
        )?;
        let one = |row: &super::super::db::Row| {
            let mut told = json!({ "count": row[6], "first_on": row[7], "last_on": row[8] });
            for (at, field) in KIND.into_iter().enumerate() {
                told[field] = if row[at] == "" { Value::Null } else { row[at].clone() };
            }
            told
        };
        Ok(json!({ "requests": rows.iter().map(one).collect::<Vec<_>>() }))
    }

    /// `clear_outbound_audit`.
    pub(super) fn clear_outbound_audit(&self) -> Result<Value, Refusal> {
        self.script()?;
        self.db.run("DELETE FROM outbound_audit", &[])?;
        Ok(Value::Null)
    }
}
