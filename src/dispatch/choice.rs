//! Which version a request gets, and why.

use super::snapshot::{Affinity, Snapshot};
use crate::registry::{
    rollout::point,
    subject::{Sticker, cookie, version_override},
};

/// What a request says of whom it is for. What it does not say is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visitor<'a> {
    /// The value of our own cookie.
    pub sticker: &'a str,
    /// The header [`HEADER`](crate::registry::limits::HEADER).
    pub limits: &'a str,
    /// The header [`OVERRIDES_HEADER`](crate::registry::subject::OVERRIDES_HEADER).
    pub overrides: &'a str,
    /// The header [`KEY_HEADER`](crate::registry::subject::KEY_HEADER).
    pub key: &'a str,
    /// The header that the script has chosen, or the whole `Cookie` header where it has chosen a cookie.
    pub affinity: &'a str,
    /// The client's address, as the edge tells it; nobody else is believed.
    pub address: &'a str,
    /// A text that nobody else has.
    pub chance: &'a str,
}

/// Why a version was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has all the traffic.
    Only,
    /// The request asks for it.
    Override,
    /// By what the script has chosen to know its visitors by.
    Affinity,
    /// By the key that the request brings.
    Key,
    /// By our cookie.
    Cookie,
    /// By the client's address.
    Address,
    /// By nothing that stays.
    Chance,
}

impl Why {
    /// For people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Only => "It has all the traffic.",
            Self::Override => "The header Cloudflare-Workers-Version-Overrides asks for it.",
            Self::Affinity => "By the hash of the header or cookie that the script is set to.",
            Self::Key => "By the hash of the header Cloudflare-Workers-Version-Key.",
            Self::Cookie => "By the hash of the visitor's cookie dl_version.",
            Self::Address => "By the hash of the client's address.",
            Self::Chance => "By chance: the request says nothing of whom it is for.",
        }
    }
}

/// The version that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its place among the snapshot's versions.
    pub version: usize,
    /// Why.
    pub why: Why,
    /// Where the subject stands, of 10,000 points; `None` where no subject was asked for.
    pub point: Option<u16>,
    /// The cookie that the visitor is to have from now on, where it is another than it has.
    pub sticker: Option<Sticker>,
}

impl<'a> Visitor<'a> {
    /// Reads what `request.js` says of a request, a line each.
    pub fn read(said: &'a str) -> Self {
        let mut lines = said.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        Self {
            sticker: line(),
            limits: line(),
            overrides: line(),
            key: line(),
            affinity: line(),
            address: line(),
            chance: line(),
        }
    }

    /// The newest deployment that the visitor has seen, of those of this life of the script; 0 where it has seen none.
    pub fn seen(&self, snapshot: &Snapshot) -> u64 {
        self.own_sticker(snapshot).map_or(0, |sticker| sticker.sequence)
    }

    /// The cookie that we set, if it is of this life of the script and nobody has changed it.
    fn own_sticker(&self, snapshot: &Snapshot) -> Option<Sticker> {
        if self.sticker.is_empty() { None } else { snapshot.signer.read(self.sticker) }
    }
}

/// Chooses among a snapshot's versions.
pub fn choose(snapshot: &Snapshot, script: &str, visitor: &Visitor<'_>) -> Choice {
    let held = visitor.own_sticker(snapshot);
    // What the visitor has seen is kept even where it decides nothing now.
    let seen = |subject: &str| {
        let sticker = Sticker { subject: subject.to_owned(), sequence: snapshot.sequence };
        held.as_ref().is_none_or(|held| held.sequence < sticker.sequence).then_some(sticker)
    };
    let again = held.as_ref().and_then(|held| seen(&held.subject));
    if let Some(version) = snapshot.sole() {
        return Choice { version, why: Why::Only, point: None, sticker: again };
    }
    let asked = version_override(visitor.overrides, script).and_then(|id| {
        let mut deployed = snapshot.shares.iter().map(|(at, _)| *at);
        deployed.find(|at| snapshot.text(*at, "id") == id)
    });
    if let Some(version) = asked {
        return Choice { version, why: Why::Override, point: None, sticker: again };
    }
    let affinity = match &snapshot.affinity {
        Some(Affinity::Cookie(name)) => cookie(visitor.affinity, name).unwrap_or_default(),
        Some(Affinity::Header(_)) => visitor.affinity,
        None => "",
    };
    let (why, subject) = match (&held, visitor) {
        _ if !affinity.is_empty() => (Why::Affinity, affinity.to_owned()),
        (_, Visitor { key, .. }) if !key.is_empty() => (Why::Key, (*key).to_owned()),
        (Some(held), _) if snapshot.affinity.is_none() => (Why::Cookie, held.subject.clone()),
        (_, Visitor { address, .. }) if !address.is_empty() => (Why::Address, snapshot.signer.of_address(address)),
        (_, Visitor { chance, .. }) => (Why::Chance, snapshot.signer.of_address(chance)),
    };
    let point = point(&snapshot.incarnation, &subject);
    let version = snapshot.rollout.at(point).map_or(0, |share| snapshot.shares[share].0);
    let is_ours = matches!(why, Why::Cookie | Why::Address | Why::Chance) && snapshot.affinity.is_none();
    let sticker = if is_ours { seen(&subject) } else { again };
    Choice { version, why, point: Some(point), sticker }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::snapshot::tests::split;
    use serde_json::{Value, json};

    fn snapshot(change: impl Fn(&mut Value)) -> Snapshot {
        let mut document = split();
        change(&mut document);
        Snapshot::parse(&document.to_string()).unwrap()
    }

    fn sticker(snapshot: &Snapshot, subject: &str, sequence: u64) -> String {
        snapshot.signer.write(&Sticker { subject: subject.into(), sequence })
    }

    fn why(snapshot: &Snapshot, visitor: &Visitor) -> (Why, Option<u64>) {
        let choice = choose(snapshot, "app", visitor);
        (choice.why, choice.sticker.map(|sticker| sticker.sequence))
    }

    #[test]
    fn a_subject_is_taken_from_the_first_that_there_is() {
        let free = snapshot(|_| ());
        let cookie = sticker(&free, "aa", 7);
        let old = sticker(&free, "aa", 6);
        let all = Visitor {
            sticker: &cookie,
            key: "k",
            address: "192.0.2.1",
            chance: "c",
            affinity: "sid=7",
            ..Visitor::default()
        };
        assert_eq!(why(&free, &all), (Why::Key, None));
        assert_eq!(why(&free, &Visitor { key: "", ..all }), (Why::Cookie, None));
        assert_eq!(
            why(&free, &Visitor { key: "", sticker: &old, ..all }),
            (Why::Cookie, Some(7)),
            "brought up to date"
        );
        assert_eq!(why(&free, &Visitor { key: "", sticker: "forged", ..all }), (Why::Address, Some(7)));
        assert_eq!(why(&free, &Visitor { chance: "c", ..Visitor::default() }), (Why::Chance, Some(7)));
        let by_cookie = snapshot(|d| d["settings"]["affinity"] = json!({ "cookie": "sid" }));
        assert_eq!(why(&by_cookie, &all), (Why::Affinity, None));
        assert_eq!(why(&by_cookie, &Visitor { affinity: "other=7", ..all }), (Why::Key, None));
        let none = Visitor { affinity: "", key: "", ..all };
        assert_eq!(why(&by_cookie, &none), (Why::Address, None), "our cookie is not what the script is set to");
        assert_eq!(why(&by_cookie, &Visitor { sticker: "", ..none }), (Why::Address, None), "nor is it set");
        let by_header = snapshot(|d| d["settings"]["affinity"] = json!({ "header": "x-user" }));
        assert_eq!(why(&by_header, &Visitor { sticker: &old, ..all }), (Why::Affinity, Some(7)), "but it is kept true");
    }

    #[test]
    fn the_first_answer_and_the_cookie_that_it_brings_agree() {
        let free = snapshot(|_| ());
        for i in 0..200 {
            let address = format!("192.0.2.{i}");
            let first = choose(&free, "app", &Visitor { address: &address, ..Visitor::default() });
            let value = free.signer.write(&first.sticker.unwrap());
            let later =
                choose(&free, "app", &Visitor { sticker: &value, address: "203.0.113.9", ..Visitor::default() });
            assert_eq!((later.version, later.sticker), (first.version, None), "{address}");
        }
    }

    #[test]
    fn an_override_is_for_what_is_deployed() {
        let free = snapshot(|_| ());
        let asked =
            |overrides: &str| choose(&free, "app", &Visitor { overrides, address: "192.0.2.1", ..Visitor::default() });
        for (id, version) in [("v2", 1), ("v3", 0)] {
            let header = format!("app=\"{id}\"");
            assert_eq!((asked(&header).why, asked(&header).version), (Why::Override, version));
        }
        for not in ["app=\"v1\"", "other=\"v3\"", "app=v3"] {
            assert_eq!(asked(not).why, Why::Address, "{not}");
        }
    }

    #[test]
    fn where_one_has_everything_nobody_is_asked_and_a_cookie_stays_true() {
        let whole = snapshot(|d| d["deployment"]["versions"] = json!([{ "version_id": "v3", "percentage": 100 }]));
        let all = Visitor { key: "k", overrides: "app=\"v2\"", address: "192.0.2.1", ..Visitor::default() };
        assert_eq!(choose(&whole, "app", &all), Choice { version: 0, why: Why::Only, point: None, sticker: None });
        let old = sticker(&whole, "aa", 6);
        let again = choose(&whole, "app", &Visitor { sticker: &old, ..all }).sticker.unwrap();
        assert_eq!(again, Sticker { subject: "aa".into(), sequence: 7 });
    }

    #[test]
    fn a_visitor_can_be_ahead() {
        let free = snapshot(|_| ());
        let seen = |value: &str| Visitor { sticker: value, ..Visitor::default() }.seen(&free);
        assert_eq!((seen(&sticker(&free, "aa", 8)), seen(&sticker(&free, "aa", 7))), (8, 7));
        assert_eq!((seen(""), seen("aa.8.9f0c.00000000000000000000000000000000")), (0, 0));
        let other_life = snapshot(|d| d["incarnation"] = json!("another"));
        assert_eq!(seen(&sticker(&other_life, "aa", 8)), 0, "its deployments are counted apart");
    }
}
