//! A script in this isolate: what is live of it, and how old that knowledge is.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
};

use serde_json::{Value, json};
use worker::Env;
use worker_loader::{Bundle, Error, Loopback, WorkerCode};

use super::{
    age::Age,
    code::{self, Means, Owner, Policy},
    fallback::{Candidate, State},
    own::Read,
    running::Running,
    snapshot::Snapshot,
};
use crate::{
    registry::{BUILTIN, Refusal, guard::Report},
    upload,
};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Namespace {
    pub id: String,
    pub trusted: bool,
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

/// What is live of a script.
#[derive(Debug)]
pub(super) struct Live {
    /// The snapshot as it came: the same text means the same.
    pub text: String,
    pub namespace: Namespace,
    pub snapshot: Snapshot,
    versions: Vec<OnceCell<Result<Rc<Running>, Error>>>,
}

impl Live {
    /// Of a script that is stored. What was made of versions that are in it still is kept, and what was seen of them.
    pub fn stored(text: String, snapshot: Snapshot, namespace: Namespace, before: Option<&Self>) -> Self {
        let before = before.filter(|before| {
            before.namespace == namespace
                && before.snapshot.incarnation == snapshot.incarnation
                && before.policy() == Policy::of(&snapshot)
        });
        let known = |version: &Value| {
            let versions = &before?.snapshot.versions;
            before?.versions.get(versions.iter().position(|known| known["id"] == version["id"])?).cloned()
        };
        let versions = snapshot.versions.iter().map(|version| known(version).unwrap_or_default()).collect();
        let live = Self { text, namespace, snapshot, versions };
        if before.is_some_and(|before| before.snapshot.deployment_id != live.snapshot.deployment_id) {
            // How they did under another deployment says nothing of this one.
            for (_, running) in live.made() {
                let _told_to_nobody = running.take_count();
            }
        }
        live
    }

    /// Of one of ours: this code, and the last one that was seen to load to fall back to.
    pub fn own(script: &str, sequence: u64, code: WorkerCode, before: Option<&Self>) -> Self {
        let ready = |running: Rc<Running>| OnceCell::from(Ok(running));
        let prefix = Name::own(script).to_string();
        let newest = Rc::new(Running::new(&prefix, Some(code), None));
        let good = before.and_then(|before| {
            let mut made = before.versions.iter().filter_map(|version| version.get()?.as_ref().ok());
            made.find(|running| running.state.get() == State::Loaded).cloned()
        });
        let mut numbers = vec![json!({ "number": 1 })];
        let mut versions = vec![ready(newest)];
        if let Some(good) = good {
            numbers.push(json!({ "number": 0 }));
            versions.push(ready(good));
        }
        let namespace = Namespace { id: String::new(), trusted: true };
        Self { text: String::new(), namespace, snapshot: Snapshot::of_own(sequence, numbers), versions }
    }

    fn policy(&self) -> Policy {
        Policy::of(&self.snapshot)
    }

    /// A version, made when it is first needed.
    pub fn running(&self, env: &Env, name: &Name, at: usize) -> Result<Rc<Running>, Error> {
        let cell = self.versions.get(at).ok_or_else(|| Error::factory("there is no such version"))?;
        cell.get_or_init(|| self.make(env, name, at).map(Rc::new)).clone()
    }

    fn make(&self, env: &Env, name: &Name, at: usize) -> Result<Running, Error> {
        let owner = Owner {
            namespace: &name.namespace,
            namespace_id: &self.namespace.id,
            trusted: self.namespace.trusted,
            script: &name.script,
            incarnation: &self.snapshot.incarnation,
        };
        let env = env.clone();
        let means = Means {
            bundle: &|digest, key| {
                Bundle::new(digest, {
                    let env = env.clone();
                    move || upload::read_bundle(env.clone(), key.clone())
                })
            },
            stub: &|entrypoint, revision, props| {
                Loopback::per_load().entrypoint(entrypoint).revision(revision).with_props(&props)
            },
        };
        let version = &self.snapshot.versions[at];
        let code = code::code(owner, version, self.policy(), &means)?;
        Ok(Running::new(&code::prefix(owner), code, Some(version)))
    }

    /// The versions that were made, and their places.
    pub fn made(&self) -> impl Iterator<Item = (usize, &Rc<Running>)> {
        self.versions.iter().enumerate().filter_map(|(at, version)| Some((at, version.get()?.as_ref().ok()?)))
    }

    /// The versions, as far as falling back goes, for a request that has tried some.
    pub fn candidates(&self, tried: &[u32]) -> Vec<Candidate> {
        let candidate = |(at, version): (usize, &OnceCell<Result<Rc<Running>, Error>>)| {
            let (state, tried) = match version.get() {
                None => (State::Untried, false),
                Some(Ok(running)) => (running.state.get(), tried.contains(&running.serial)),
                Some(Err(_)) => (State::Failed, true),
            };
            Candidate { number: self.snapshot.number(at), deployed: self.snapshot.is_deployed(at), state, tried }
        };
        self.versions.iter().enumerate().map(candidate).collect()
    }

    /// How the versions of a deployment that looks after itself did since this was last asked.
    pub fn take_reports(&self) -> Vec<Report> {
        let deployed = self.made().filter(|(at, _)| self.snapshot.is_deployed(*at));
        let guarded = if self.snapshot.is_guarded { deployed.collect() } else { Vec::new() };
        let report = |(at, running): (usize, &Rc<Running>)| Report {
            deployment_id: self.snapshot.deployment_id.clone(),
            version_id: self.snapshot.text(at, "id").to_owned(),
            count: running.take_count(),
        };
        guarded.into_iter().map(report).filter(|report| report.count.requests > 0).collect()
    }

    /// They could not be told.
    pub fn give_back(&self, reports: &[Report]) {
        for report in reports {
            let of = self.made().find(|(at, _)| self.snapshot.text(*at, "id") == report.version_id);
            if let Some((_, running)) = of {
                running.give_back(report.count);
            }
        }
    }
}

impl Policy {
    fn of(snapshot: &Snapshot) -> Self {
        Self { inherits_outbound: snapshot.inherits_outbound, has_tail: snapshot.has_tail }
    }
}
