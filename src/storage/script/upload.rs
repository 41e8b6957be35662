//! Uploads: announced, stored in R2, and then a version, at once and whole.

use serde_json::{Value, json};

use super::{super::db::new_id, op::Op, row::Row};
use crate::registry::{
    Problem, Refusal, classes, deployment, problem, settings, store,
    version::{self, Birth},
};

impl Op<'_> {
    /// `resolve {draft}`: the version that this would make, its secrets in it. Stores nothing.
    pub(super) fn resolve(&self) -> Result<Value, Refusal> {
        let row = self.find()?;
        self.check_content()?;
        let draft = &self.input["draft"];
        let settings = row.as_ref().map_or_else(settings::default, |row| row.settings.clone());
        let changes = settings::changes(draft);
        self.check_trust(&settings::apply(&settings, &changes.map_err(Refusal::invalid)?))?;
        let (number, before) = row.map_or_else(|| (1, classes::none()), |row| (row.number + 1, row.classes));
        let (classes, _) = classes::migrated(&before, &draft["migrations"], number).map_err(Refusal::invalid)?;
        self.resolved(number, &classes, draft)
    }

    fn resolved(&self, number: u64, classes: &Value, draft: &Value) -> Result<Value, Refusal> {
        let (id, created_on) = (new_id()?, self.now());
        let birth = Birth { id: &id, number, created_on: &created_on, script: self.name, classes: &classes["keys"] };
        version::resolve(draft, &birth, &|version| self.document_of(version)).map_err(Refusal::invalid)
    }

    /// The next version, as this draft asks for it.
    pub(super) fn successor(&self, row: &Row, draft: &Value) -> Result<Value, Refusal> {
        self.resolved(row.number + 1, &row.classes, draft)
    }

    /// `upload {draft, deploy, objects, content}`: a new version, and where asked for all traffic to it. Of `content` all else
    /// is that of the latest version.
    pub(super) fn upload(&self) -> Result<Value, Refusal> {
        let deploy = self.input["deploy"] == true;
        let draft = &self.input["draft"];
        self.check_content()?;
        let mut row = match self.find()? {
            Some(row) => row,
            None if deploy => self.born()?,
            // As Cloudflare: the first upload is one that goes live.
            None => return Err(self.no_such_script()),
        };
        if deploy {
            // Of a version that is not live, what belongs to no version changes nothing.
            let changes = settings::changes(draft).map_err(Refusal::invalid)?;
            row.settings = settings::apply(&row.settings, &changes);
            self.check_trust(&row.settings)?;
            self.migrate(&mut row, &draft["migrations"])?;
        } else if draft["migrations"].as_object().is_some_and(|migrations| !migrations.is_empty()) {
            let message = "Migrations of Durable Object classes go with what is live at once: deploy the script with them, and then \
                           upload versions.";
            return Err(Refusal::api(400, problem::MIGRATION_OF_VERSION, message));
        }
        self.hold(draft)?;
        let version = self.add_version(&mut row, draft)?;
        let deployment = if deploy { self.deploy_whole(&mut row, &version)? } else { Value::Null };
        self.retire(&row)?;
        self.save(&mut row)?;
        Ok(json!({ "version": version::detail(&version), "deployment": deployment, "script": self.entry(&row)? }))
    }

    /// Does the migrations of its Durable Object classes. The objects of those that are deleted go by the alarm.
    fn migrate(&self, row: &mut Row, migrations: &Value) -> Result<(), Refusal> {
        let (classes, doomed) =
            classes::migrated(&row.classes, migrations, row.number + 1).map_err(Refusal::invalid)?;
        row.classes = classes;
        for key in &doomed {
            let name = [&row.incarnation, "/", store::OBJECT, "/", key].concat();
            self.db.run("UPDATE store SET doomed = 1 WHERE name = ?", &[name.into()])?;
        }
        if doomed.is_empty() { Ok(()) } else { self.wake(self.now_ms) }
    }

    /// Makes the version that a draft asks for.
    pub(super) fn add_version(&self, row: &mut Row, draft: &Value) -> Result<Value, Refusal> {
        let version = self.successor(row, draft)?;
        self.add_stores(&version, &row.incarnation)?;
        row.number += 1;
        self.db.run(
            "INSERT INTO version (number, id, bundle, manifest, map, document) VALUES (?, ?, ?, ?, ?, ?)",
            &[
                row.number.into(),
                version["id"].clone(),
                version["bundle"].clone(),
                version["assets"]["digest"].clone(),
                version["maps"].as_str().into(),
                self.sealed(version.clone())?,
            ],
        )?;
        Ok(version)
    }

    /// All traffic to this new version, for the reason that it was made for.
    pub(super) fn deploy_whole(&self, row: &mut Row, version: &Value) -> Result<Value, Refusal> {
        let mut annotations = version["annotations"].clone();
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.retain(|name, _| name == "workers/triggered_by" || name == "workers/message");
        }
        let id = version["id"].as_str().unwrap_or_default();
        self.add_deployment(row, deployment::whole(id, annotations), version["source"].clone())
    }

    /// A change that starts from the latest version puts live what that is: so it has to be live, and alone.
    ///
    /// # Errors
    /// [`problem::LATEST_NOT_DEPLOYED`].
    pub(super) fn latest_if_live(&self) -> Result<Value, Refusal> {
        let latest = self.latest()?;
        let live = self.current()?;
        let alone = live["versions"]
            .as_array()
            .is_some_and(|versions| versions.len() == 1 && versions[0]["version_id"] == latest["id"]);
        if alone {
            return Ok(latest);
        }
        let message = "The latest version of this script is not deployed to all traffic, and this change would put it \
                       live: deploy it, or roll it back by an upload, first.";
        Err(Refusal::api(400, problem::LATEST_NOT_DEPLOYED, message))
    }

    /// As [`latest_if_live`](Self::latest_if_live), where modules alone are uploaded.
    fn check_content(&self) -> Result<(), Refusal> {
        if self.input["content"] == true { self.latest_if_live().map(drop) } else { Ok(()) }
    }

    /// Whether the namespace lets the script have these settings.
    pub(super) fn check_trust(&self, settings: &Value) -> Result<(), Refusal> {
        let trusted = self.input["trusted_workers"] == true;
        settings::check_trust(settings, trusted).map_err(|problem: Problem| Refusal::invalid(vec![problem]))
    }
}
