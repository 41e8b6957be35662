//! Automatic rollback: what isolates report of a deployment's versions, and what becomes of it.

use serde_json::{Value, json};

use super::{super::db::document, op::Op};
use crate::registry::{
    Refusal,
    guard::{Report, Rule, Window, back_to},
};

impl Op<'_> {
    /// `live {reports}`: adds them up, and goes back where the newest version fails too often. Whether it did.
    pub(super) fn watch(&self) -> Result<bool, Refusal> {
        let mut row = self.script()?;
        let current = self.current()?;
        let Some(rule) = Rule::of(&current) else { return Ok(false) };
        let id = current["id"].as_str().unwrap_or_default();
        let newest = self.newest_of(&current)["id"].as_str().unwrap_or_default().to_owned();
        let before = self.db.column("SELECT id FROM deployment ORDER BY sequence DESC LIMIT 1 OFFSET 1", &[])?;
        let before = before.first().and_then(Value::as_str).unwrap_or_default();
        let of = |deployment: &str| -> Result<Option<Window>, Refusal> {
            let kept = self.db.row("SELECT window FROM watch WHERE deployment = ?", &[deployment.into()])?;
            Ok(kept.map(|kept| Window::from_value(&document(&kept[0]))))
        };
        let mut window = match of(id)? {
            Some(window) => window,
            None => {
                // The first that is told of it: what its versions are held against is in the window of the one before.
                let count = of(before)?.unwrap_or_default().total(&newest);
                let mut window = Window::default();
                window.add(
                    rule,
                    self.now_ms,
                    &Report { deployment_id: before.into(), version_id: String::new(), count },
                );
                window
            }
        };
        let reports = self.input["reports"].as_array().map_or(&[][..], Vec::as_slice);
        for report in reports.iter().filter_map(Report::from_value) {
            // Of an older one nothing is to be learnt any more.
            if report.deployment_id == if report.version_id.is_empty() { before } else { id } {
                window.add(rule, self.now_ms, &report);
            }
        }
        let is_split = current["versions"].as_array().is_some_and(|versions| versions.len() > 1);
        if let Some(reason) = window.verdict(rule, &newest, is_split)
            && let Some(earlier) = self.earlier_without(&newest)?
        {
            let deployment = json!({
                "strategy": "percentage",
                "versions": earlier["versions"],
                "annotations": { "workers/message": reason, "workers/triggered_by": "automatic_rollback" },
                "automatic_rollback": null,
            });
            self.add_deployment(&mut row, deployment, "api".into())?;
            self.save(&mut row)?;
            self.db.run("DELETE FROM watch", &[])?;
            return Ok(true);
        }
        self.db.run("DELETE FROM watch WHERE deployment <> ?", &[id.into()])?;
        self.db
            .run("INSERT OR REPLACE INTO watch (deployment, window) VALUES (?, ?)", &[id.into(), window.to_value()])?;
        Ok(false)
    }

    /// The last deployment that does not have this version, and all of whose versions are there still.
    fn earlier_without(&self, version: &str) -> Result<Option<Value>, Refusal> {
        let rows = self.db.column("SELECT document FROM deployment ORDER BY sequence DESC", &[])?;
        let ids = |deployment: &Value| -> Vec<String> {
            let versions = deployment["versions"].as_array().into_iter().flatten();
            versions.filter_map(|version| version["version_id"].as_str().map(str::to_owned)).collect()
        };
        let whole = |deployment: &Value| ids(deployment).iter().all(|id| self.document_of(Some(id)).is_some());
        let mut deployments: Vec<Value> = rows.iter().map(document).filter(whole).collect();
        let versions: Vec<_> = deployments.iter().map(ids).collect();
        let found = back_to(versions.iter().map(Vec::as_slice), version);
        Ok(found.map(|at| deployments.swap_remove(at)))
    }
}
