//! What is live of a script, as its object tells it (`live`).

use serde_json::{Value, json};

use crate::registry::{guard::Rule, outbound::Terms, rollout::Rollout, subject::Signer};

/// What is live of a script.
#[derive(Debug)]
pub struct Snapshot {
    /// Which life of the script: one that was deleted and uploaded again is another.
    pub incarnation: String,
    /// Signs the cookies of that life.
    pub signer: Signer,
    /// Counts its deployments.
    pub sequence: u64,
    /// The deployment's id.
    pub deployment_id: String,
    /// The deployment's versions, by their place in `versions`, and their percentages.
    pub shares: Vec<(usize, f64)>,
    /// Whom each of them serves.
    pub rollout: Rollout,
    /// Those of the deployment and, to fall back to, some that were live before.
    pub versions: Vec<Value>,
    /// When it goes back by itself.
    pub guard: Option<Rule>,
    /// Who a visitor is, where the script says so.
    pub affinity: Option<Affinity>,
    /// Where it may go, as far as the namespace allows it.
    pub outbound: Box<Terms>,
    /// So many requests to elsewhere a minute, where a version that is deployed says so.
    pub subrequests_per_minute: Option<u32>,
    /// Whether its logs are written where the operator's are, too.
    pub writes_logs: bool,
}

/// Where a visitor's name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affinity {
    /// In a header.
    Header(String),
    /// In a cookie.
    Cookie(String),
}

impl Snapshot {
    /// Reads a snapshot.
    ///
    /// # Errors
    /// What is missing in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(serde_json::from_str(text).map_err(|error| error.to_string())?)
    }

    fn read(mut document: Value) -> Result<Self, String> {
        let Value::Array(versions) = document["versions"].take() else {
            return Err("it has no versions".to_owned());
        };
        let deployment = &document["deployment"];
        let mut shares = Vec::new();
        for share in deployment["versions"].as_array().map_or(&[][..], Vec::as_slice) {
            let id = &share["version_id"];
            let at = versions.iter().position(|version| version["id"] == *id);
            let at = at.ok_or_else(|| format!("the version {id} is deployed and not there"))?;
            shares.push((at, share["percentage"].as_f64().unwrap_or_default()));
        }
        if shares.is_empty() {
            return Err("nothing is deployed".to_owned());
        }
        let number = |at: usize| versions[at]["number"].as_u64().unwrap_or_default();
        let rollout = Rollout::new(shares.iter().map(|(at, percentage)| (number(*at), *percentage)));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let settings = &document["settings"];
        let named = |kind: &str| settings["affinity"][kind].as_str().map(str::to_owned);
        let limit = |at: usize| versions[at]["limits"]["subrequests_per_minute"].as_u64();
        let limits = shares.iter().filter_map(|(at, _)| limit(*at)).map(|limit| limit as u32);
        let incarnation = text(&document["incarnation"]);
        Ok(Self {
            signer: Signer::new(&incarnation, &text(&document["cookie_key"])),
            incarnation,
            sequence: document["sequence"].as_u64().unwrap_or_default(),
            deployment_id: text(&deployment["id"]),
            guard: Rule::of(deployment),
            affinity: named("header").map(Affinity::Header).or_else(|| named("cookie").map(Affinity::Cookie)),
            outbound: Box::new(Terms::read(&settings["outbound"], &document["outbound_secrets"])),
            subrequests_per_minute: limits.min(),
            writes_logs: settings["tail"] == true,
            shares,
            rollout,
            versions,
        })
    }

    /// Reads a preview, which is of one version: `{version, settings, incarnation}`.
    ///
    /// # Errors
    /// What is missing in it.
    pub fn of_preview(text: &str) -> Result<Self, String> {
        let mut document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let version = document["version"].take();
        document["deployment"] = json!({ "versions": [{ "version_id": version["id"], "percentage": 100 }] });
        document["versions"] = Value::Array(vec![version]);
        Self::read(document)
    }

    /// Of one version, which has all the traffic; the others are there to fall back to. For what no object keeps.
    pub fn of_own(sequence: u64, versions: Vec<Value>) -> Self {
        Self {
            incarnation: String::new(),
            signer: Signer::new("", ""),
            sequence,
            deployment_id: String::new(),
            shares: vec![(0, 100.0)],
            rollout: Rollout::new([(0, 100.0)].into_iter()),
            versions,
            guard: None,
            affinity: None,
            outbound: Box::default(),
            subrequests_per_minute: None,
            writes_logs: false,
        }
    }

    /// The id of the deployment's version that was made last.
    pub fn newest(&self) -> &str {
        let newest = self.shares.iter().map(|(at, _)| *at).max_by_key(|at| self.number(*at));
        newest.map_or("", |at| self.text(at, "id"))
    }

    /// The header that says who a visitor is, where the script says so.
    pub fn affinity_header(&self) -> &str {
        match &self.affinity {
            Some(Affinity::Header(name)) => name,
            Some(Affinity::Cookie(_)) => "cookie",
            None => "",
        }
    }

    /// A text of a version.
    pub fn text(&self, at: usize, field: &str) -> &str {
        self.versions.get(at).and_then(|version| version[field].as_str()).unwrap_or_default()
    }

    /// The number of a version.
    pub fn number(&self, at: usize) -> u64 {
        self.versions.get(at).and_then(|version| version["number"].as_u64()).unwrap_or_default()
    }

    /// Whether a version is in the deployment.
    pub fn is_deployed(&self, at: usize) -> bool {
        self.shares.iter().any(|(deployed, _)| *deployed == at)
    }

    /// The version that has all the traffic, if one has.
    pub fn sole(&self) -> Option<usize> {
        self.rollout.sole().map(|share| self.shares[share].0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::registry::outbound::Policy;

    pub fn split() -> Value {
        json!({
            "script": "app", "incarnation": "9f0c", "cookie_key": "00ff", "sequence": 7,
            "deployment": {
                "id": "d7",
                "versions": [{ "version_id": "v2", "percentage": 90 }, { "version_id": "v3", "percentage": 10 }],
                "automatic_rollback": null,
            },
            "versions": [{ "id": "v3", "number": 3 }, { "id": "v2", "number": 2 }, { "id": "v1", "number": 1 }],
            "settings": { "affinity": null, "outbound": "block", "tail": false },
        })
    }

    #[test]
    fn reads_what_is_live() {
        let snapshot = Snapshot::parse(&split().to_string()).unwrap();
        assert_eq!((snapshot.sequence, &*snapshot.deployment_id), (7, "d7"));
        assert_eq!(snapshot.shares, [(1, 90.0), (0, 10.0)]);
        let at = |point| snapshot.shares[snapshot.rollout.at(point).unwrap()].0;
        assert_eq!((at(0), at(999), at(1000)), (0, 0, 1), "the newest has the bottom");
        assert_eq!((snapshot.is_deployed(1), snapshot.is_deployed(2), snapshot.sole()), (true, false, None));
        assert_eq!((snapshot.text(0, "id"), snapshot.number(0), snapshot.number(9)), ("v3", 3, 0));
        assert!(snapshot.guard.is_none() && snapshot.affinity.is_none());
        assert_eq!(snapshot.newest(), "v3");
    }

    #[test]
    fn reads_what_the_script_wants() {
        let mut document = split();
        document["deployment"]["automatic_rollback"] =
            json!({ "threshold_percent": 5, "window_seconds": 60, "minimum_requests": 20 });
        document["deployment"]["versions"] = json!([{ "version_id": "v2", "percentage": 100 }]);
        document["settings"] = json!({ "affinity": { "cookie": "sid" }, "outbound": "inherit", "tail": true });
        let snapshot = Snapshot::parse(&document.to_string()).unwrap();
        assert!(snapshot.guard.is_some() && snapshot.outbound.policy == Some(Policy::Inherit) && snapshot.writes_logs);
        assert_eq!(snapshot.affinity, Some(Affinity::Cookie("sid".into())));
        assert_eq!(snapshot.sole(), Some(1));
    }

    #[test]
    fn the_lowest_limit_of_what_is_deployed_counts() {
        let limit = |limits: [Value; 3]| {
            let mut document = split();
            for (at, limit) in limits.into_iter().enumerate() {
                document["versions"][at]["limits"] = json!({ "subrequests_per_minute": limit });
            }
            Snapshot::parse(&document.to_string()).unwrap().subrequests_per_minute
        };
        assert_eq!(limit([json!(5), json!(9), json!(1)]), Some(5));
        assert_eq!(limit([Value::Null, json!(9), json!(1)]), Some(9));
        assert_eq!(limit([Value::Null, Value::Null, json!(1)]), None);
    }

    #[test]
    fn a_preview_is_of_one_version() {
        let preview =
            json!({ "version": { "id": "v1", "number": 1 }, "settings": { "tail": true }, "incarnation": "9f0c" });
        let snapshot = Snapshot::of_preview(&preview.to_string()).unwrap();
        assert_eq!((snapshot.sole(), snapshot.text(0, "id"), snapshot.writes_logs), (Some(0), "v1", true));
    }

    #[test]
    fn says_what_is_missing() {
        let without = |change: fn(&mut Value)| {
            let mut document = split();
            change(&mut document);
            Snapshot::parse(&document.to_string()).unwrap_err()
        };
        assert!(without(|d| d["versions"] = Value::Null).contains("no versions"));
        assert!(without(|d| d["versions"] = json!([{ "id": "v2" }])).contains("\"v3\" is deployed and not there"));
        assert!(without(|d| d["deployment"] = json!({})).contains("nothing is deployed"));
        assert!(Snapshot::parse("{").is_err() && Snapshot::of_preview("{").is_err());
    }
}
