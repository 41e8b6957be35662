//! How much a namespace may have, and how much it has.

use serde_json::{Value, json};

use super::{
    super::db::{document, now},
    Answer, Namespace, RETRY_MS,
    stores::whole,
};
use crate::registry::{Fields, Refusal, allowance, problem};

/// So many scripts, unless the quota says another number.
const QUOTA: u64 = 10_000;

/// What it has.
const NAMES: [&str; 7] =
    ["scripts", "versions", "bytes", "requests_per_minute", "idle_days", "storage", "script_storage"];

impl Namespace {
    /// `spend {key, minute, count}`: so many more in this minute, of one isolate. Answers with those of all.
    pub(super) fn spend(&self, input: &Value) -> Answer {
        let key = input["key"].as_str().unwrap_or_default();
        let (minute, count) = (input["minute"].clone(), input["count"].clone());
        self.db.run("DELETE FROM spent WHERE minute < ?", std::slice::from_ref(&minute))?;
        self.db.run(
            "INSERT INTO spent (key, minute, count) VALUES (?, ?, ?) ON CONFLICT (key, minute) DO UPDATE SET count = count + excluded.count",
            &[key.into(), minute.clone(), count],
        )?;
        let total = self.db.count("SELECT count FROM spent WHERE key = ? AND minute = ?", &[key.into(), minute])?;
        Ok(json!({ "total": total }))
    }

    /// `quota`: what there may be, and what there is.
    pub(super) fn quota(&self) -> Answer {
        let most = self
            .db
            .row("SELECT quota, most_versions, most_bytes, most_requests, idle_days, storage FROM namespace", &[])?;
        let has = self.db.row("SELECT scripts, versions, bytes, stored_keys, stored_bytes FROM total", &[])?;
        let (most, has) = (Value::from(most.unwrap_or_default()), has.unwrap_or_default());
        let count = |at: usize| whole(&has, at);
        let allowance = document(&most[5]);
        Ok(json!({
            "scripts": most[0].as_u64().unwrap_or(QUOTA),
            "script_count": count(0),
            "versions": most[1],
            "version_count": count(1),
            "bytes": most[2],
            "byte_count": count(2),
            "requests_per_minute": most[3],
            "idle_days": most[4],
            "storage": allowance["storage"],
            "script_storage": allowance["script_storage"],
            "stored_keys": count(3),
            "stored_bytes": count(4),
        }))
    }

    /// `patch_quota {patch: {scripts?, versions?, bytes?, requests_per_minute?, idle_days?, storage?, script_storage?}}`; null is what it is without.
    pub(super) fn patch_quota(&self, patch: &Value) -> Answer {
        let mut fields = Fields::new(patch, "The quota", "", problem::MALFORMED);
        let mut queries = Vec::new();
        for (name, most, query) in [
            ("scripts", 1_000_000, "UPDATE namespace SET quota = ?"),
            ("versions", 1_000_000_000, "UPDATE namespace SET most_versions = ?"),
            ("bytes", 1 << 50, "UPDATE namespace SET most_bytes = ?"),
            // The directory has to be told of it.
            ("requests_per_minute", 1_000_000_000, "UPDATE namespace SET most_requests = ?, revision = revision + 1"),
            ("idle_days", 36_500, "UPDATE namespace SET idle_days = ?, revision = revision + 1"),
        ] {
            if fields.has(name) {
                let least = u64::from(name == "idle_days");
                queries.push((query, fields.whole(name, least, most).into()));
            }
        }
        let mut allowance = document(&self.db.row("SELECT storage FROM namespace", &[])?.unwrap_or_default()[0]);
        let mut changed = false;
        for name in allowance::WHOSE {
            if fields.has(name) {
                allowance[name] = allowance::read(&mut fields, name);
                changed = true;
            }
        }
        if changed {
            let is_none = allowance::WHOSE.iter().all(|name| allowance[*name].is_null());
            let storage = if is_none { Value::Null } else { allowance.to_string().into() };
            queries.push(("UPDATE namespace SET storage = ?, revision = revision + 1", storage));
        }
        if queries.is_empty() || !fields.names().all(|name| NAMES.contains(&name)) {
            fields.wrong(format!("A quota has {}: one of them at least.", NAMES.join(", ")));
        }
        if !fields.problems.is_empty() {
            return Err(Refusal::invalid(fields.problems));
        }
        for (query, value) in queries {
            self.db.run(query, &[value])?;
        }
        self.wake(now() + RETRY_MS)?;
        self.quota()
    }
}

/// Whether there may be a version more, of so many bytes.
///
/// # Errors
/// [`Refusal::Api`] with 403.
pub(super) fn within(quota: &Value, bytes: u64) -> Answer<()> {
    for (name, has, more, what) in [
        ("versions", &quota["version_count"], 1, "versions are kept, and may be"),
        ("bytes", &quota["byte_count"], bytes, "bytes are stored, and may be"),
    ] {
        let has = has.as_u64().unwrap_or_default();
        if let Some(most) = quota[name].as_u64().filter(|most| has.saturating_add(more) > *most) {
            let message = format!(
                "Of the namespace's scripts {has} {what} {most}: this would be {more} more. Delete some, or raise its quota."
            );
            return Err(Refusal::api(403, problem::QUOTA, message));
        }
    }
    Ok(())
}
