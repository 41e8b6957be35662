//! The versions of a script.

use serde_json::{Value, json};

use super::{super::db::document, op::Op, row::Row};
use crate::registry::{Page, Refusal, problem, version};

impl Op<'_> {
    /// The document of a version, or of the latest one.
    pub(super) fn document_of(&self, id: Option<&str>) -> Option<Value> {
        self.db.exists().ok().filter(|exists| *exists)?;
        let row = match id {
            Some(id) => self.db.row("SELECT document FROM version WHERE id = ?", &[id.into()]),
            None => self.db.row("SELECT document FROM version ORDER BY number DESC LIMIT 1", &[]),
        };
        Some(self.opened(document(&row.ok()??[0])))
    }

    /// The document of the latest version. A script has one from its first moment.
    pub(super) fn latest(&self) -> Result<Value, Refusal> {
        self.document_of(None).ok_or_else(|| Refusal::StorageUnavailable("a script has no version".to_owned()))
    }

    /// `versions {page, per_page, deployable}`, the newest first. Those that can be deployed are those that are there, in one page.
    pub(super) fn versions(&self) -> Result<Value, Refusal> {
        self.script()?;
        let total = self.db.count("SELECT COUNT(*) FROM version", &[])?;
        let (rows, info);
        if self.input["deployable"] == true {
            rows = self.db.column("SELECT document FROM version ORDER BY number DESC", &[])?;
            info = json!({ "page": 1, "per_page": total, "count": total, "total_count": total, "total_pages": 1 });
        } else {
            let page = Page::parse(self.input, 10).map_err(Refusal::invalid)?;
            rows = self.db.column(
                "SELECT document FROM version ORDER BY number DESC LIMIT ? OFFSET ?",
                &[page.limit().into(), page.offset().into()],
            )?;
            info = page.info(rows.len() as u64, total);
        }
        let items: Vec<_> = rows.iter().map(|row| version::item(&document(row))).collect();
        Ok(json!({ "result": { "items": items }, "result_info": info }))
    }

    /// `version {id}`: without its secrets' values.
    pub(super) fn version(&self) -> Result<Value, Refusal> {
        self.script()?;
        let version = self.document_of(Some(self.text("id")));
        version.map(|version| version::detail(&version)).ok_or_else(|| self.no_such_version(self.text("id")))
    }

    /// `preview {version}`: the document of the one version whose id begins so, its secrets in it, for those who run it.
    pub(super) fn preview(&self) -> Result<Value, Refusal> {
        let row = self.script()?;
        let prefix = self.text("version");
        let found = match prefix.len() {
            8.. => self.db.column(
                "SELECT document FROM version WHERE substr(id, 1, ?) = ?",
                &[prefix.len().into(), prefix.into()],
            )?,
            _ => Vec::new(),
        };
        match &found[..] {
            [one] => Ok(json!({ "version": document(one), "settings": row.settings, "incarnation": row.incarnation })),
            _ => Err(self.no_such_version(prefix)),
        }
    }

    /// `bindings`: those of the latest version.
    pub(super) fn bindings(&self) -> Result<Value, Refusal> {
        self.script()?;
        Ok(version::public_bindings(&self.latest()?).into())
    }

    /// Lets go of the versions beyond the script's retention, but for those that are live or may have to stand in for
    /// one that is.
    pub(super) fn retire(&self, row: &Row) -> Result<(), Refusal> {
        let live = Value::from(self.live_ids()?);
        let beyond = "number <= (SELECT number FROM version ORDER BY number DESC LIMIT 1 OFFSET ?) \
                      AND id NOT IN (SELECT value FROM json_each(?))";
        let parameters = [row.settings["retention"].clone(), live];
        if self.db.count(&format!("SELECT COUNT(*) FROM version WHERE {beyond}"), &parameters)? == 0 {
            return Ok(());
        }
        // What they held is let go of later: an isolate may still be loading it.
        self.db.run(
            &format!(
                "UPDATE object SET since = ? WHERE key IN (SELECT holds.key FROM holds JOIN version ON holds.owner = \
                 'bundle/' || bundle OR holds.owner = 'manifest/' || manifest OR holds.owner = 'map/' || map WHERE {beyond})"
            ),
            &[self.now_ms.into(), parameters[0].clone(), parameters[1].clone()],
        )?;
        self.db.run(&format!("DELETE FROM version WHERE {beyond}"), &parameters)?;
        self.wake(self.now_ms + self.kept_ms)
    }

    pub(super) fn no_such_version(&self, id: &str) -> Refusal {
        Refusal::api(404, problem::NO_SUCH_VERSION, format!("The script {:?} has no version {id:?}.", self.name))
    }
}
