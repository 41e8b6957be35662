//! Namespaces: their names, and what their owner says of them.

use serde_json::{Value, json};

use super::{
    super::db::{Row, document, iso, new_id, now},
    Answer, Directory, RETRY_MS,
};
use crate::registry::{BUILTIN, Fields, Name, Page, Problem, Refusal, limits, outbound, problem, service, settings};

const COLUMNS: &str = "SELECT id, name, created_on, created_by, modified_on, modified_by, trusted, scripts, outbound, limits, \
     requests_per_minute, services, idle_days, storage FROM namespace";

impl Directory {
    /// `namespace {name, secrets?}`; with its outbound secrets for those who run its scripts.
    pub(super) fn namespace(&self, input: &Value) -> Answer {
        let row = self.find(&input["name"])?;
        let mut namespace = shown(&row);
        if input["secrets"] == true {
            namespace["outbound_secrets"] = self.secrets_of(&row[0])?;
        }
        Ok(namespace)
    }

    /// `named {id}`: what a namespace is called, or null.
    pub(super) fn named(&self, input: &Value) -> Answer {
        let row = self.db.row("SELECT name FROM namespace WHERE id = ?", &[input["id"].clone()])?;
        Ok(row.and_then(|row| row.into_iter().next()).unwrap_or_default())
    }

    /// `list_namespaces {page, per_page, only}`: in the order of their names; of those in `only`, where it is a list.
    pub(super) fn list_namespaces(&self, input: &Value) -> Answer {
        // Neither wrangler nor the npm package ever asks for a second page.
        let page = Page::parse(input, 1000).map_err(Refusal::invalid)?;
        let seen = "(? OR name IN (SELECT value FROM json_each(?)))";
        let only = input["only"].as_array().cloned();
        let mut parameters = vec![only.is_none().into(), only.unwrap_or_default().into()];
        let total = self.db.count(&format!("SELECT COUNT(*) FROM namespace WHERE {seen}"), &parameters)?;
        parameters.extend([page.limit().into(), page.offset().into()]);
        let rows = self.db.rows(&format!("{COLUMNS} WHERE {seen} ORDER BY name LIMIT ? OFFSET ?"), &parameters)?;
        let info = page.info(rows.len() as u64, total);
        Ok(json!({ "result": rows.iter().map(shown).collect::<Vec<_>>(), "result_info": info }))
    }

    /// `create_namespace {name, by?}`.
    pub(super) fn create_namespace(&self, input: &Value) -> Answer {
        let name = self.free_name(&input["name"])?;
        let (id, at, by) = (new_id()?, Value::from(iso(now())), actor(input));
        self.db.run(
            "INSERT INTO namespace (id, name, created_on, created_by, modified_on, modified_by) VALUES (?, ?, ?, ?, ?, ?)",
            &[id.into(), name.clone(), at.clone(), by.clone(), at, by],
        )?;
        self.namespace(&json!({ "name": name }))
    }

    /// `patch_namespace {name, new_name?, trusted_workers?, outbound?, limits?, services?, by?}`; an `outbound`, `limits` or `services` that is null is
    /// one that is taken away.
    pub(super) fn patch_namespace(&self, input: &Value) -> Answer {
        let row = self.find(&input["name"])?;
        let mut fields = Fields::new(input, "The namespace", "", problem::MALFORMED);
        let trusted = fields.boolean("trusted_workers").map_or(row[6].clone(), |trusted| u8::from(trusted).into());
        let limits = limits::of(&mut fields);
        if ["new_name", "trusted_workers"].iter().all(|name| fields.get(name).is_none())
            && !["outbound", "limits", "services"].iter().any(|name| fields.has(name))
        {
            fields.wrong(
                "There is nothing to change in it: name, trusted_workers, outbound, limits or services.".to_owned(),
            );
        }
        let limits = match (limits, fields.has("limits")) {
            (Some(limits), _) => limits,
            (None, true) => json!({}),
            (None, false) => row[9].clone(),
        };
        let has_services = fields.has("services");
        let mut problems = fields.problems;
        let services = match service::parse(&input["services"]) {
            Ok(services) if has_services => services,
            Ok(_) => row[11].clone(),
            Err(problem) => {
                problems.push(problem);
                Value::Null
            }
        };
        let outbound = input.get("outbound").cloned().unwrap_or_else(|| document(&row[8]));
        if !input["outbound"].is_null() {
            match outbound::parse(&outbound) {
                Ok(_) => {
                    let settings = json!({ "outbound": outbound });
                    problems.extend(settings::check_trust(&settings, trusted == 1).err());
                }
                Err(more) => problems.extend(more),
            }
        }
        let name = match &input["new_name"] {
            Value::Null => Ok(row[1].clone()),
            name if *name == row[1] => Ok(row[1].clone()),
            name => self.free_name(name),
        };
        let name = match name {
            Err(Refusal::Api { problems: more, .. }) if !problems.is_empty() => {
                problems.extend(more);
                Value::Null
            }
            name if problems.is_empty() => name?,
            _ => Value::Null,
        };
        if !problems.is_empty() {
            return Err(Refusal::invalid(problems));
        }
        self.db.run(
            "UPDATE namespace SET name = ?, trusted = ?, outbound = ?, limits = ?, services = ?, modified_on = ?, modified_by = ? WHERE id = ?",
            &[name.clone(), trusted, stored(&outbound), limits, services, iso(now()).into(), actor(input), row[0].clone()],
        )?;
        self.namespace(&json!({ "name": name }))
    }

    /// `delete_namespace {name}`: the name is free at once; the scripts are deleted by the namespace's own object.
    pub(super) fn delete_namespace(&self, input: &Value) -> Answer {
        let id = self.find(&input["name"])?.swap_remove(0);
        for query in [
            "DELETE FROM namespace WHERE id = ?",
            "DELETE FROM token_namespace WHERE namespace = ?",
            "DELETE FROM outbound_secret WHERE namespace = ?",
            "INSERT INTO leaving (id) VALUES (?)",
        ] {
            self.db.run(query, std::slice::from_ref(&id))?;
        }
        self.db.alarm_at(now() + RETRY_MS)?;
        Ok(Value::Null)
    }

    /// `count {namespace_id, scripts, requests_per_minute, idle_days, storage, revision}`: what a namespace says of itself.
    pub(super) fn count(&self, input: &Value) -> Answer {
        self.db.run(
            "UPDATE namespace SET scripts = ?, requests_per_minute = ?, idle_days = ?, storage = ?, revision = ? WHERE id = ? AND revision < ?",
            &[
                input["scripts"].clone(),
                input["requests_per_minute"].clone(),
                input["idle_days"].clone(),
                input["storage"].clone(),
                input["revision"].clone(),
                input["namespace_id"].clone(),
                input["revision"].clone(),
            ],
        )?;
        Ok(Value::Null)
    }

    pub(super) fn find(&self, name: &Value) -> Answer<Row> {
        let row = self.db.row(&format!("{COLUMNS} WHERE name = ?"), std::slice::from_ref(name))?;
        row.ok_or_else(|| Refusal::api(404, problem::NO_SUCH_NAMESPACE, format!("There is no namespace {name}.")))
    }

    fn free_name(&self, name: &Value) -> Answer {
        let name = Name::parse("namespace", name.as_str().unwrap_or_default())
            .map_err(|problem: Problem| Refusal::invalid(vec![problem]))?;
        if name.as_str() == BUILTIN {
            let message = format!("The namespace {BUILTIN:?} is this host's own: take another name.");
            return Err(Refusal::api(400, problem::INVALID_NAME, message));
        }
        let name = Value::from(name.into_string());
        match self.find(&name) {
            Ok(_) => Err(Refusal::api(409, problem::NAMESPACE_EXISTS, format!("There is a namespace {name} already."))),
            Err(Refusal::Api { .. }) => Ok(name),
            Err(refusal) => Err(refusal),
        }
    }
}

fn actor(input: &Value) -> Value {
    input["by"].as_str().unwrap_or_default().into()
}

/// As JSON, a text of it too.
fn stored(outbound: &Value) -> Value {
    if outbound.is_null() { Value::Null } else { outbound.to_string().into() }
}

fn shown(row: &Row) -> Value {
    json!({
        "namespace_id": row[0],
        "namespace_name": row[1],
        "created_on": row[2],
        "created_by": row[3],
        "modified_on": row[4],
        "modified_by": row[5],
        "trusted_workers": row[6] == 1,
        "script_count": row[7],
        "outbound": document(&row[8]),
        "limits": document(&row[9]),
        "requests_per_minute": row[10],
        "services": document(&row[11]),
        "idle_days": row[12],
        "storage": document(&row[13]),
    })
}
