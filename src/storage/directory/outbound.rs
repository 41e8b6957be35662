//! The outbound secrets of namespaces: for the rules of a namespace's own policy.

use serde_json::{Map, Value};

use super::super::db::random;
use super::{Answer, Directory};
use crate::registry::{
    Refusal,
    outbound::secret::{self, MOST, at},
    vault::place,
};

impl Directory {
    /// `namespace_secrets {name}`: their names.
    pub(super) fn namespace_secrets(&self, input: &Value) -> Answer {
        let query = "SELECT name FROM outbound_secret WHERE namespace = ? ORDER BY name";
        let names = self.db.column(query, &[self.id_of(input)?])?;
        Ok(names.iter().map(secret::public).collect())
    }

    /// `put_namespace_secret {name, body: {name, text}}`.
    pub(super) fn put_namespace_secret(&self, input: &Value) -> Answer {
        let (name, text) = secret::parse(&input["body"]).map_err(Refusal::invalid)?;
        let id = self.id_of(input)?;
        let others = "SELECT COUNT(*) FROM outbound_secret WHERE namespace = ? AND name <> ?";
        if self.db.count(others, &[id.clone(), name.into()])? >= MOST {
            return Err(secret::too_many());
        }
        let query = "INSERT OR REPLACE INTO outbound_secret (namespace, name, text) VALUES (?, ?, ?)";
        let vault = self.vault.as_ref().map_err(Clone::clone)?;
        let sealed = vault.seal(&place(id.as_str().unwrap_or_default(), "", &at(name)), text, random()?)?;
        self.db.run(query, &[id, name.into(), sealed.into()])?;
        Ok(secret::public(&name.into()))
    }

    /// `delete_namespace_secret {name, secret}`.
    pub(super) fn delete_namespace_secret(&self, input: &Value) -> Answer {
        let which = [self.id_of(input)?, input["secret"].clone()];
        let there = "SELECT COUNT(*) FROM outbound_secret WHERE namespace = ? AND name = ?";
        if self.db.count(there, &which)? == 0 {
            return Err(secret::no_such(&which[1]));
        }
        self.db.run("DELETE FROM outbound_secret WHERE namespace = ? AND name = ?", &which)?;
        Ok(Value::Null)
    }

    /// `{NAME: text}`, for those who run its scripts.
    pub(super) fn secrets_of(&self, id: &Value) -> Answer {
        let query = "SELECT name, text FROM outbound_secret WHERE namespace = ?";
        let mut secrets = Map::new();
        for mut row in self.db.rows(query, std::slice::from_ref(id))? {
            let text = row.pop().unwrap_or_default();
            secrets.insert(row[0].as_str().unwrap_or_default().to_owned(), text);
        }
        Ok(secrets.into())
    }

    fn id_of(&self, input: &Value) -> Answer {
        Ok(self.find(&input["name"])?.swap_remove(0))
    }
}
