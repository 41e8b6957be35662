//! What is live of a script, and what was made of it in this isolate.

use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
};

use serde_json::{Value, json};
use worker::{Env, console_error};
use worker_loader::{Bundle, Error, Loopback, WorkerCode};

use super::{
    code::{self, Means, Owner, Policy},
    fallback::{Candidate, State},
    operator,
    running::Running,
    script::{Name, Namespace},
    snapshot::Snapshot,
    tally::Tally,
};
use crate::{
    registry::{
        guard::{Count, Report},
        limits,
        outbound::Way,
        vault,
    },
    reply, upload,
};

/// So many serials that versions had are remembered.
const FORMER: usize = 32;

/// What a version is run as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum As {
    /// A service, called by one that is so deep itself.
    Service(u32),
    /// What the host calls itself: Durable Objects, and the consumer of queues.
    Hosted,
}

/// What is live of a script.
#[derive(Debug)]
pub(super) struct Live {
    /// The snapshot as it came: the same text means the same.
    pub text: String,
    pub namespace: Namespace,
    pub snapshot: Snapshot,
    versions: Vec<OnceCell<Result<Rc<Running>, Error>>>,
    /// The serials that its versions had before the script was set otherwise, for requests that are under way.
    former: Vec<(u32, usize)>,
    tallies: Vec<OnceCell<Rc<Tally>>>,
    /// Versions that are run otherwise than for requests, by their place and how.
    others: RefCell<Vec<(usize, As, Rc<Running>)>>,
    /// How the deployment before did that this one took the place of, until it is told.
    before: RefCell<Option<Report>>,
}

impl Live {
    /// Of a script that is stored. What was made of versions that are in it still is kept, and what was seen of them.
    pub fn stored(text: String, snapshot: Snapshot, namespace: Namespace, before: Option<&Self>) -> Self {
        let before = before.filter(|before| before.snapshot.incarnation == snapshot.incarnation);
        // Where its scripts may go is looked up with each request: a change of that alone makes no other worker.
        let is_alike = |other: &Namespace| {
            other.id == namespace.id && other.trusted == namespace.trusted && other.limits == namespace.limits
        };
        let alike = before
            .filter(|before| is_alike(&before.namespace) && before.policy() == policy(&snapshot, &namespace))
            .map(|before| (before, &before.versions));
        let goes_on = before
            .filter(|before| before.snapshot.deployment_id == snapshot.deployment_id)
            .map(|before| (before, &before.tallies));
        let mut live = Self {
            versions: kept(&snapshot, alike),
            tallies: kept(&snapshot, goes_on),
            text,
            namespace,
            former: Vec::new(),
            others: RefCell::default(),
            before: RefCell::default(),
            snapshot,
        };
        if let Some(before) = before {
            live.former = live.formerly(before);
            *live.before.borrow_mut() =
                if goes_on.is_some() { before.before.take() } else { before.summed(live.snapshot.newest()) };
        }
        live
    }

    /// What the serials of an earlier copy are now, those of the versions that were made then last.
    fn formerly(&self, before: &Self) -> Vec<(u32, usize)> {
        let place = |at: usize| {
            let id = before.snapshot.text(at, "id");
            self.snapshot.versions.iter().position(|version| version["id"] == id)
        };
        let made = before.made().map(|(at, running)| (running.serial, at));
        let earlier = before.former.iter().copied().chain(made);
        let mut former: Vec<_> = earlier.filter_map(|(serial, at)| Some((serial, place(at)?))).collect();
        former.drain(..former.len().saturating_sub(FORMER));
        former
    }

    /// How its versions did, but for one, as far as nobody was told: what that one is held against.
    fn summed(&self, except: &str) -> Option<Report> {
        let others = self.tallies.iter().enumerate().filter(|(at, _)| self.snapshot.text(*at, "id") != except);
        let counts = others.filter_map(|(_, tally)| tally.get()).map(|tally| tally.take());
        let count = counts.fold(Count::default(), Count::plus);
        let report = Report { deployment_id: self.snapshot.deployment_id.clone(), version_id: String::new(), count };
        (count.requests > 0).then_some(report)
    }

    /// Of one of ours: this code, and the last one that was seen to load to fall back to.
    pub fn own(script: &str, sequence: u64, code: WorkerCode, before: Option<&Self>) -> Self {
        let ready = |running: Rc<Running>| OnceCell::from(Ok(running));
        let newest =
            Rc::new(Running::new(&Name::own(script).to_string(), Owner::own(script), Some(code), None, &Value::Null));
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
        let namespace = Namespace { trusted: true, ..Namespace::default() };
        let snapshot = Snapshot::of_own(sequence, numbers);
        let (former, tallies, before) = (Vec::new(), Vec::new(), RefCell::default());
        Self { text: String::new(), namespace, snapshot, versions, former, tallies, others: RefCell::default(), before }
    }

    /// What it is set to.
    pub fn policy(&self) -> Policy {
        policy(&self.snapshot, &self.namespace)
    }

    /// A version, made when it is first needed.
    pub fn running(&self, env: &Env, name: &Name, at: usize) -> Result<Rc<Running>, Error> {
        let cell = self.versions.get(at).ok_or_else(|| Error::factory("there is no such version"))?;
        cell.get_or_init(|| self.make(env, name, at, As::Service(0)).map(Rc::new)).clone()
    }

    /// The same for a call of so many services deep. One that has no services does not mind.
    pub fn running_at(&self, env: &Env, name: &Name, at: usize, depth: u32) -> Result<Rc<Running>, Error> {
        let bindings = self.snapshot.versions.get(at).map(|version| &version["bindings"]);
        let is_service = |binding: &Value| binding["type"] == "service";
        if depth == 0 || !bindings.and_then(Value::as_array).is_some_and(|bindings| bindings.iter().any(is_service)) {
            return self.running(env, name, at);
        }
        self.other(env, name, at, As::Service(depth))
    }

    /// The same for what the host calls of it itself.
    pub fn running_hosted(&self, env: &Env, name: &Name, at: usize) -> Result<Rc<Running>, Error> {
        self.other(env, name, at, As::Hosted)
    }

    fn other(&self, env: &Env, name: &Name, at: usize, run_as: As) -> Result<Rc<Running>, Error> {
        let known =
            self.others.borrow().iter().find(|(of, other, _)| (*of, *other) == (at, run_as)).map(|one| one.2.clone());
        known.map_or_else(
            || {
                let running = Rc::new(self.make(env, name, at, run_as)?);
                self.others.borrow_mut().push((at, run_as, running.clone()));
                Ok(running)
            },
            Ok,
        )
    }

    fn make(&self, env: &Env, name: &Name, at: usize, run_as: As) -> Result<Running, Error> {
        let owner = Owner {
            depth: if let As::Service(depth) = run_as { depth } else { 0 },
            hosted: run_as == As::Hosted,
            ..self.owner(name)
        };
        let (env, vaults) = (env.clone(), env.clone());
        let means = Means {
            bundle: &|digest, place| {
                Bundle::new(digest, {
                    let env = env.clone();
                    move || upload::read_bundle(env.clone(), place.clone())
                })
            },
            open: &|name, stored| self.open(&vaults, owner, name, stored),
            stub: &|entrypoint, revision, props| {
                Loopback::per_load().entrypoint(entrypoint).revision(revision).with_props(&props)
            },
        };
        let version = &self.snapshot.versions[at];
        let limits = self.limits(at);
        let code = code::code(owner, version, &limits, self.policy(), &means)?;
        Ok(Running::new(&code::prefix(owner), owner, code, Some(version), &limits))
    }

    /// Whose its versions are, as they are run for requests.
    pub fn owner<'a>(&'a self, name: &'a Name) -> Owner<'a> {
        Owner::new(&name.namespace, &self.namespace.id, &name.script, &self.snapshot.incarnation)
    }

    // A secret that does not open is none: the version is not run without it.
    fn open(&self, env: &Env, owner: Owner<'_>, name: &str, stored: &str) -> Result<String, Error> {
        let place = vault::place(owner.namespace_id, owner.script, name);
        let vault = operator::vault(env).map_err(|refusal| reply::Error::from(refusal).message);
        let opened = vault.and_then(|vault| vault.open(&place, stored).map_err(str::to_owned));
        opened.map_err(|why| {
            let message = format!("the secret {name:?} of {} cannot be opened: {why}", code::prefix(owner));
            console_error!("{message}");
            Error::factory(message)
        })
    }

    /// What a version may use: the lower of what it says and what its namespace does.
    pub fn limits(&self, at: usize) -> Value {
        limits::lower(&self.snapshot.versions[at]["limits"], &self.namespace.limits)
    }

    /// The versions that were made, and their places.
    pub fn made(&self) -> impl Iterator<Item = (usize, &Rc<Running>)> {
        self.versions.iter().enumerate().filter_map(|(at, version)| Some((at, version.get()?.as_ref().ok()?)))
    }

    /// The place of the version that has or had this serial.
    pub fn place_of(&self, serial: u32) -> Option<usize> {
        let made = self.made().find(|(_, running)| running.serial == serial).map(|(at, _)| at);
        made.or_else(|| self.former.iter().find(|(former, _)| *former == serial).map(|(_, at)| *at))
    }

    /// Where a version of the deployment is counted; what no object keeps is not.
    pub fn tally(&self, at: usize) -> Option<&Tally> {
        let is_counted = !self.snapshot.deployment_id.is_empty() && self.snapshot.is_deployed(at);
        let cell = self.tallies.get(at).filter(|_| is_counted)?;
        Some(cell.get_or_init(|| Rc::new(Tally::new(self.snapshot.guard))))
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

    /// How the versions of a deployment that looks after itself did since this was last asked, and how those did that were
    /// live before.
    pub fn take_reports(&self) -> Vec<Report> {
        if self.snapshot.guard.is_none() {
            return Vec::new();
        }
        let deployment_id = &self.snapshot.deployment_id;
        let of = |(at, tally): (usize, &OnceCell<Rc<Tally>>)| {
            let (version_id, count) = (self.snapshot.text(at, "id").to_owned(), tally.get()?.take());
            (count.requests > 0).then(|| Report { deployment_id: deployment_id.clone(), version_id, count })
        };
        self.before.take().into_iter().chain(self.tallies.iter().enumerate().filter_map(of)).collect()
    }

    /// They could not be told.
    pub fn give_back(&self, reports: &[Report]) {
        for report in reports {
            if report.version_id.is_empty() {
                self.before.replace(Some(report.clone()));
            }
            let at = self.snapshot.versions.iter().position(|version| version["id"] == *report.version_id);
            if let Some(tally) = at.and_then(|at| self.tallies.get(at)?.get()) {
                tally.give_back(report.count);
            }
        }
    }
}

/// What was made for the versions of an earlier copy, for those of this one.
fn kept<T: Clone>(snapshot: &Snapshot, before: Option<(&Live, &Vec<OnceCell<T>>)>) -> Vec<OnceCell<T>> {
    let known = |version: &Value| {
        let (before, made) = before?;
        let at = before.snapshot.versions.iter().position(|known| known["id"] == version["id"])?;
        made.get(at).cloned()
    };
    snapshot.versions.iter().map(|version| known(version).unwrap_or_default()).collect()
}

fn policy(snapshot: &Snapshot, namespace: &Namespace) -> Policy {
    let outbound = Way::of(&snapshot.outbound, &namespace.outbound, namespace.trusted);
    Policy { outbound, writes_logs: snapshot.writes_logs }
}
