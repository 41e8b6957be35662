//! A script in this isolate: which it is, and how old what is known of it is.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use serde_json::Value;

use super::{age::Age, live::Live, own::Read};
use crate::registry::{BUILTIN, Refusal, outbound::Terms};

/// A script, or a preview of one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub namespace: String,
    pub script: String,
    /// The begin of the version's id; nothing for what is live.
    pub version: String,
}

impl Name {
    pub fn new(namespace: &str, script: &str, version: &str) -> Self {
        Self { namespace: namespace.to_owned(), script: script.to_owned(), version: version.to_owned() }
    }

    pub fn own(script: &str) -> Self {
        Self::new(BUILTIN, script, "")
    }

    /// Compared part by part, the one that differs most first: this is asked for each request.
    pub fn is_of(&self, namespace: &str, script: &str) -> bool {
        self.script == script && self.namespace == namespace
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = if self.version.is_empty() { "" } else { "@" };
        write!(f, "{}/{}{at}{}", self.namespace, self.script, self.version)
    }
}

/// A namespace, as the Directory tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Namespace {
    pub id: String,
    pub trusted: bool,
    /// Where its scripts may go at most.
    pub outbound: Rc<Terms>,
    /// The most that its scripts may use.
    pub limits: Value,
    /// So many requests may be made to them.
    pub requests_per_minute: Option<u64>,
    /// What they may call in other namespaces.
    pub services: Value,
    /// So long they are there without being asked for.
    pub idle_days: Option<u64>,
    /// How much they may store.
    pub storage: Value,
}

/// Where its snapshots come from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// From its object.
    Stored,
    /// It is one of ours.
    Own(Read),
}

/// A script that is there.
#[derive(Debug)]
pub(super) struct Script {
    pub name: Name,
    pub source: Source,
    pub age: Cell<Age>,
    pub live: RefCell<Rc<Live>>,
    /// Why it is not there any more.
    pub gone: RefCell<Option<Refusal>>,
}

impl Script {
    pub fn live(&self) -> Rc<Live> {
        self.live.borrow().clone()
    }

    /// Does something to its age.
    pub fn aged<T>(&self, change: impl FnOnce(&mut Age) -> T) -> T {
        let mut age = self.age.get();
        let result = change(&mut age);
        self.age.set(age);
        result
    }
}
