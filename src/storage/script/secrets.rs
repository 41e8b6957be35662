//! Secrets. To change one makes a new version, as the one before is what it is.

use serde_json::{Map, Value, json};

use super::op::Op;
use crate::{
    registry::{Fields, Problem, Refusal, binding, problem, version},
    storage::object,
};

impl Op<'_> {
    /// `secrets`: names and types.
    pub(super) fn secrets(&self) -> Result<Value, Refusal> {
        self.script()?;
        Ok(version::public_bindings(&self.latest()?).into_iter().filter(is_secret).collect())
    }

    /// `secret {name}`.
    pub(super) fn secret(&self) -> Result<Value, Refusal> {
        self.script()?;
        let bindings = version::public_bindings(&self.latest()?);
        binding::find(&bindings, &self.input["name"])
            .filter(|binding| is_secret(binding))
            .cloned()
            .ok_or_else(|| Refusal::Api { status: 404, problems: vec![no_such_secret(self.text("name"))] })
    }

    /// `put_secret {body: {name, text, type}}`.
    pub(super) fn put_secret(&self) -> Result<Value, Refusal> {
        let secret = checked(&self.input["body"]).map_err(Refusal::invalid)?;
        let mut changes = Map::new();
        changes.insert(secret["name"].as_str().unwrap_or_default().to_owned(), secret.clone());
        self.change_secrets(&changes, Vec::new())?;
        Ok(binding::public(&secret))
    }

    /// `delete_secret {name}`.
    pub(super) fn delete_secret(&self) -> Result<Value, Refusal> {
        self.secret()?;
        let mut changes = Map::new();
        changes.insert(self.text("name").to_owned(), Value::Null);
        self.change_secrets(&changes, Vec::new())?;
        Ok(Value::Null)
    }

    /// `patch_secrets {body: {secrets: {NAME: {name, text, type} | null}}}`: all of them in one version. Answers with
    /// all secrets that there are then, by name.
    pub(super) fn patch_secrets(&self) -> Result<Value, Refusal> {
        self.script()?;
        let mut fields = Fields::new(&self.input["body"], "The body", "", problem::MALFORMED);
        let mut changes = Map::new();
        for (name, secret) in fields.object("secrets").and_then(Value::as_object).into_iter().flatten() {
            let mut secret = secret.clone();
            if secret.is_null() {
                let latest = self.latest()?;
                let known = binding::find(object::list(&latest["bindings"]), &name.as_str().into());
                if !known.is_some_and(is_secret) {
                    fields.problems.push(no_such_secret(name));
                }
                changes.insert(name.clone(), Value::Null);
            } else {
                if secret.is_object() && secret.get("name").is_none() {
                    secret["name"] = name.as_str().into();
                }
                match checked(&secret) {
                    Ok(right) if right["name"] == name.as_str() => {
                        changes.insert(name.clone(), right);
                    }
                    Ok(_) => fields.wrong(format!("secrets.{name} has another name in it.")),
                    Err(problems) => {
                        for problem in problems {
                            let message = format!("secrets.{name}: {}", problem.message);
                            fields.problems.push(Problem::new(problem.code, message));
                        }
                    }
                }
            }
        }
        if !changes.is_empty() || !fields.problems.is_empty() {
            self.change_secrets(&changes, fields.problems)?;
        }
        let mut by_name = Map::new();
        for secret in version::public_bindings(&self.latest()?).into_iter().filter(is_secret) {
            by_name.insert(secret["name"].as_str().unwrap_or_default().to_owned(), secret);
        }
        Ok(by_name.into())
    }

    fn change_secrets(&self, changes: &Map<String, Value>, mut problems: Vec<Problem>) -> Result<(), Refusal> {
        let mut row = self.script()?;
        let latest = self.latest()?;
        for old in object::list(&latest["bindings"]) {
            let change = changes.get(old["name"].as_str().unwrap_or_default());
            problems.extend(change.filter(|new| !new.is_null()).and_then(|new| binding::in_use(old, new)));
        }
        if !problems.is_empty() {
            let status = if problems.iter().all(|one| one.code == problem::NO_SUCH_BINDING) { 404 } else { 400 };
            return Err(Refusal::Api { status, problems });
        }
        self.latest_if_live()?;
        let version = self.add_version(&mut row, &version::successor(&latest, changes, "secret"))?;
        self.deploy_whole(&mut row, &version)?;
        self.retire(&row)?;
        self.save(&mut row)
    }
}

fn no_such_secret(name: &str) -> Problem {
    Problem::new(problem::NO_SUCH_BINDING, format!("The script has no secret {name:?}."))
}

fn is_secret(binding: &Value) -> bool {
    binding["type"] == "secret_text"
}

/// A secret as it is sent.
fn checked(body: &Value) -> Result<Value, Vec<Problem>> {
    let mut fields = Fields::new(body, "The secret", "", problem::MALFORMED);
    let (name, text) = (fields.text("name"), fields.text("text"));
    if name.is_none() || text.is_none() {
        fields.wrong("A secret is {\"name\": NAME, \"text\": VALUE, \"type\": \"secret_text\"}.".to_owned());
    }
    let kind = fields.text("type").unwrap_or("secret_text");
    let secret = json!({ "name": name, "type": kind, "text": text });
    if kind != "secret_text" {
        fields.wrong(format!("The secret is of the type {kind:?}, which this host does not have: it has secret_text."));
    } else if let (true, Err(problems)) = (fields.problems.is_empty(), binding::check(std::slice::from_ref(&secret))) {
        fields.problems.extend(problems);
    }
    if fields.problems.is_empty() { Ok(secret) } else { Err(fields.problems) }
}
