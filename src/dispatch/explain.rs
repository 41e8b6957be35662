//! What would become of a request, without running it.

use serde_json::{Value, json};

use super::{
    choice::{Choice, Why},
    fallback::State,
    snapshot::Snapshot,
};
use crate::registry::{outbound::Way, rollout::POINTS, version::public_bindings};

/// What is known beside the snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The namespace's name.
    pub namespace: &'a str,
    /// Whether its scripts may go out as we do.
    pub outbound: Way,
    /// The script's name.
    pub script: &'a str,
    /// The URL that the script would see.
    pub url: &'a str,
    /// Whether the URL asks for a version.
    pub is_preview: bool,
    /// What it may use.
    pub limits: &'a Value,
    /// The key of the version's code, if it has code.
    pub key: Option<&'a str>,
    /// What this isolate has seen of it.
    pub state: State,
    /// The version that would run in its place, as it is known not to load.
    pub instead: Option<usize>,
}

/// Tells it as JSON. No secret is in it.
pub fn explain(snapshot: &Snapshot, choice: &Choice, facts: Facts<'_>) -> Value {
    let id = |at: usize| snapshot.text(at, "id");
    let version = snapshot.versions.get(choice.version).cloned().unwrap_or_default();
    let share = |(at, percentage): &(usize, f64)| json!({ "version_id": id(*at), "percentage": percentage });
    let deployment = json!({
        "id": snapshot.deployment_id,
        "sequence": snapshot.sequence,
        "versions": snapshot.shares.iter().map(share).collect::<Vec<_>>(),
    });
    let why = if facts.is_preview { "The URL asks for it." } else { choice.why.sentence() };
    let cache = match facts.state {
        State::Loaded => "warm",
        // It never came to be in the loader's cache.
        State::Failed => "cold",
        // The cache is wider than this isolate.
        State::Untried => "unknown",
    };
    json!({
        "namespace": facts.namespace,
        "script": facts.script,
        "url": facts.url,
        "version": version["id"],
        "number": version["number"],
        "why": why,
        "subject": choice.point.map(|point| json!({ "point": point, "of": POINTS, "by": by(choice.why) })),
        "instead": facts.instead.map(id),
        "key": facts.key,
        "cache": cache,
        "compatibility_date": version["compatibility_date"],
        "compatibility_flags": version["compatibility_flags"],
        "bindings": public_bindings(&version),
        "has_assets": version["assets"].is_object(),
        "outbound": facts.outbound.as_str(),
        "tail": snapshot.writes_logs,
        "limits": facts.limits,
        "deployment": if facts.is_preview { Value::Null } else { deployment },
    })
}

fn by(why: Why) -> &'static str {
    match why {
        Why::Affinity => "affinity",
        Why::Key => "key",
        Why::Cookie => "cookie",
        Why::Address => "address",
        _ => "chance",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::{
        choice::{Visitor, choose},
        snapshot::tests::split,
    };

    const FACTS: Facts<'static> = Facts {
        namespace: "ns",
        outbound: Way::Block,
        script: "app",
        url: "https://h/",
        is_preview: false,
        limits: &Value::Null,
        key: Some("ns/app@1"),
        state: State::Untried,
        instead: None,
    };

    fn told(change: impl Fn(&mut Value), visitor: Visitor, facts: Facts) -> Value {
        let mut document = split();
        change(&mut document);
        let snapshot = Snapshot::parse(&document.to_string()).unwrap();
        explain(&snapshot, &choose(&snapshot, "app", &visitor), facts)
    }

    #[test]
    fn tells_which_version_and_why() {
        let by_key = Visitor { key: "ada", ..Visitor::default() };
        let told_of_split = told(|_| (), by_key, FACTS);
        assert_eq!(told_of_split["why"], "By the hash of the header Cloudflare-Workers-Version-Key.");
        assert_eq!((&told_of_split["subject"]["by"], &told_of_split["subject"]["of"]), (&json!("key"), &json!(10_000)));
        assert_eq!(told_of_split["deployment"]["versions"][1], json!({ "version_id": "v3", "percentage": 10.0 }));
        assert_eq!((&told_of_split["cache"], &told_of_split["outbound"]), (&json!("unknown"), &json!("block")));
        let whole =
            told(|d| d["deployment"]["versions"] = json!([{ "version_id": "v2", "percentage": 100 }]), by_key, FACTS);
        assert_eq!((&whole["version"], &whole["subject"]), (&json!("v2"), &Value::Null));
        let preview = told(|_| (), by_key, Facts { is_preview: true, state: State::Loaded, ..FACTS });
        assert_eq!((&preview["why"], &preview["deployment"]), (&json!("The URL asks for it."), &Value::Null));
        assert_eq!(preview["cache"], "warm");
        let failed = told(|_| (), by_key, Facts { state: State::Failed, instead: Some(2), ..FACTS });
        assert_eq!((&failed["cache"], &failed["instead"]), (&json!("cold"), &json!("v1")));
    }

    #[test]
    fn tells_no_secret() {
        let with_secret = |document: &mut Value| {
            document["versions"][0]["bindings"] =
                json!([{ "name": "S", "type": "secret_text", "text": "hush", "version": "v3" }]);
            document["versions"][1]["bindings"] = document["versions"][0]["bindings"].clone();
        };
        let told_of_it = told(with_secret, Visitor::default(), FACTS);
        assert_eq!(told_of_it["bindings"], json!([{ "name": "S", "type": "secret_text" }]));
        assert!(!told_of_it.to_string().contains("hush"));
        let through = Facts { outbound: Way::Through, ..FACTS };
        assert_eq!(told(with_secret, Visitor::default(), through)["outbound"], "rules");
    }
}
