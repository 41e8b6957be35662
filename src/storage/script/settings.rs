//! Settings and tags.

use serde_json::{Value, json};

use super::{op::Op, row::Row};
use crate::registry::{Fields, Refusal, problem, script, settings, tag, version};

impl Op<'_> {
    /// `settings`.
    pub(super) fn settings(&self) -> Result<Value, Refusal> {
        self.shown(&self.script()?)
    }

    /// `patch_settings {patch}`: what is a version's makes a new one, which is deployed at once.
    pub(super) fn patch_settings(&self) -> Result<Value, Refusal> {
        let (mut row, patch) = (self.script()?, &self.input["patch"]);
        if !patch.is_object() {
            return Err(Refusal::invalid(Fields::new(patch, "The body", "", problem::MALFORMED).problems));
        }
        let mut problems = settings::unknown(patch);
        match settings::patch(patch) {
            Ok(changes) => row.settings = settings::apply(&row.settings, &changes),
            Err(more) => problems.extend(more),
        }
        let trust = self.check_trust(if patch["outbound"].is_null() { &row.settings } else { patch });
        let draft = version::patched(&self.latest()?, patch).unwrap_or_else(|more| {
            problems.extend(more);
            None
        });
        let made = draft.as_ref().map_or(Ok(Value::Null), |draft| self.successor(&row, draft));
        for refused in [trust, made.map(drop)] {
            match refused {
                Err(Refusal::Api { problems: more, .. }) => problems.extend(more),
                other => other?,
            }
        }
        if !problems.is_empty() {
            return Err(Refusal::invalid(problems));
        }
        if let Some(draft) = draft {
            self.latest_if_live()?;
            let version = self.add_version(&mut row, &draft)?;
            self.deploy_whole(&mut row, &version)?;
        }
        self.retire(&row)?;
        self.save_settings(&mut row)?;
        self.shown(&row)
    }

    /// `tags`.
    pub(super) fn tags(&self) -> Result<Value, Refusal> {
        Ok(self.script()?.settings["tags"].clone())
    }

    /// `put_tags {tags}`: these, and no others.
    pub(super) fn put_tags(&self) -> Result<Value, Refusal> {
        let row = self.script()?;
        self.set_tags(row, &self.input["tags"])
    }

    /// `put_tag {tag}`: this one, too.
    pub(super) fn put_tag(&self) -> Result<Value, Refusal> {
        let row = self.script()?;
        let mut tags = row.settings["tags"].as_array().cloned().unwrap_or_default();
        tags.push(self.input["tag"].clone());
        self.set_tags(row, &tags.into())
    }

    /// `delete_tag {tag}`.
    pub(super) fn delete_tag(&self) -> Result<Value, Refusal> {
        let row = self.script()?;
        let mut tags = row.settings["tags"].as_array().cloned().unwrap_or_default();
        if !tags.contains(&self.input["tag"]) {
            let message = format!("The script {:?} has no tag {:?}.", self.name, self.text("tag"));
            return Err(Refusal::api(404, problem::NO_SUCH_TAG, message));
        }
        tags.retain(|tag| tag != &self.input["tag"]);
        self.set_tags(row, &tags.into())?;
        Ok(Value::Null)
    }

    fn set_tags(&self, mut row: Row, tags: &Value) -> Result<Value, Refusal> {
        let tags = json!(tag::parse_list(tags).map_err(Refusal::invalid)?);
        row.settings["tags"] = tags.clone();
        self.save_settings(&mut row)?;
        Ok(tags)
    }

    /// A changed setting is one that isolates have to see.
    pub(super) fn save_settings(&self, row: &mut Row) -> Result<(), Refusal> {
        row.sequence += 1;
        self.save(row)
    }

    fn shown(&self, row: &Row) -> Result<Value, Refusal> {
        Ok(script::settings(&self.facts(row), &self.latest()?))
    }
}
