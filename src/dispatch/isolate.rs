//! What this isolate knows. It is lost with the isolate, and nothing depends on it being kept.

use std::{cell::RefCell, rc::Rc};

use js_sys::Date;

use super::{
    Health, Recorder,
    age::is_fresh,
    recent::Recent,
    script::{Name, Namespace, Script},
};
use crate::registry::Refusal;

/// So many scripts are held, and so many names that were asked for in vain: those push out no script.
const MOST: usize = 512;

/// Previews are asked for by few, and push out no script either.
const MOST_PREVIEWS: usize = 32;

/// Bytes of snapshots, as they came, of scripts and of previews. What is made of them is some times that.
const MOST_BYTES: [usize; 2] = [8 << 20, 2 << 20];

struct Isolate {
    scripts: Recent<Rc<Script>>,
    /// Under the whole id of the version, however it is asked for.
    previews: Recent<Rc<Script>>,
    missing: Recent<Missing>,
    namespaces: Recent<Known>,
    recorder: Recorder,
    /// How often something was forgotten.
    forgets: u32,
}

struct Missing {
    name: Name,
    since_ms: f64,
    refusal: Refusal,
}

struct Known {
    name: String,
    since_ms: f64,
    namespace: Namespace,
}

thread_local! {
    static ISOLATE: RefCell<Isolate> = RefCell::new(Isolate {
        scripts: Recent::new(MOST),
        previews: Recent::new(MOST_PREVIEWS),
        missing: Recent::new(MOST),
        namespaces: Recent::new(MOST),
        recorder: Recorder::default(),
        forgets: 0,
    });
}

impl Isolate {
    fn held(&mut self, version: &str) -> &mut Recent<Rc<Script>> {
        if version.is_empty() { &mut self.scripts } else { &mut self.previews }
    }

    fn all(&self) -> impl Iterator<Item = &Rc<Script>> {
        self.scripts.iter().chain(self.previews.iter())
    }
}

/// The script of this name, or its version whose id begins so.
pub(super) fn find(namespace: &str, script: &str, version: &str) -> Option<Rc<Script>> {
    let is = |held: &Rc<Script>| held.name.is_of(namespace, script) && held.name.version.starts_with(version);
    ISOLATE.with_borrow_mut(|isolate| isolate.held(version).find(is).cloned())
}

/// The script of which a version has this serial, and the version's place.
pub(super) fn find_version(serial: u32) -> Option<(Rc<Script>, usize)> {
    ISOLATE.with_borrow(|isolate| {
        isolate.all().find_map(|script| {
            let live = script.live();
            let at = live.made().find(|(_, running)| running.serial == serial)?.0;
            Some((script.clone(), at))
        })
    })
}

/// Holds a script.
pub(super) fn hold(script: Rc<Script>) {
    ISOLATE.with_borrow_mut(|isolate| {
        isolate.missing.remove(|missing| missing.name == script.name);
        let list = isolate.held(&script.name.version);
        list.remove(|held| held.name == script.name);
        list.add(script);
    });
    bound();
}

/// Lets go of scripts until what is live of the others is not too much.
pub(super) fn bound() {
    ISOLATE.with_borrow_mut(|isolate| {
        for (list, most) in [&mut isolate.scripts, &mut isolate.previews].into_iter().zip(MOST_BYTES) {
            list.shrink(most, |held| held.live.borrow().text.len());
        }
    });
}

/// It is not there, or not any more.
pub(super) fn lose(name: &Name, since_ms: f64, refusal: Refusal) {
    ISOLATE.with_borrow_mut(|isolate| {
        isolate.held(&name.version).remove(|held| held.name == *name);
        isolate.missing.remove(|missing| missing.name == *name);
        isolate.missing.add(Missing { name: name.clone(), since_ms, refusal });
    });
}

/// Why a script is not there, where that is known and no older than it may be.
pub(super) fn missing(namespace: &str, script: &str, version: &str, ttl_ms: u32) -> Option<Refusal> {
    ISOLATE.with_borrow_mut(|isolate| {
        let missing =
            isolate.missing.find(|missing| missing.name.is_of(namespace, script) && missing.name.version == version)?;
        is_fresh(missing.since_ms, Date::now(), ttl_ms).then(|| missing.refusal.clone())
    })
}

/// A namespace, and whether what is known of it is no older than it may be.
pub(super) fn namespace(name: &str, ttl_ms: u32) -> Option<(Namespace, bool)> {
    ISOLATE.with_borrow_mut(|isolate| {
        let known = isolate.namespaces.find(|known| known.name == name)?;
        Some((known.namespace.clone(), is_fresh(known.since_ms, Date::now(), ttl_ms)))
    })
}

/// Keeps what is known of a namespace since it was asked for, and so many things had been forgotten; `None` where there is none of the name.
pub(super) fn keep_namespace(name: &str, (since_ms, forgets): (f64, u32), namespace: Option<Namespace>) {
    ISOLATE.with_borrow_mut(|isolate| {
        isolate.namespaces.remove(|known| known.name == name);
        // It may be from before a change: then it is for when the Directory does not answer.
        let since_ms = if forgets == isolate.forgets { since_ms } else { f64::NEG_INFINITY };
        if let Some(namespace) = namespace {
            isolate.namespaces.add(Known { name: name.to_owned(), since_ms, namespace });
        }
    });
}

/// A script was changed by a call to this isolate: its next request finds what it is now. The call asked for the
/// namespace anew, and it may be another one than is known here.
pub fn forget(namespace: &str, script: &str) {
    forget_all(namespace, |name| name.namespace == namespace && name.script == script);
}

/// A namespace was changed by a call to this isolate.
pub fn forget_namespace(namespace: &str) {
    forget_all(namespace, |name| name.namespace == namespace);
    keep_namespace(namespace, (0.0, 0), None);
}

fn forget_all(namespace: &str, is: impl Fn(&Name) -> bool) {
    ISOLATE.with_borrow_mut(|isolate| {
        isolate.forgets += 1;
        if let Some(known) = isolate.namespaces.find(|known| known.name == namespace) {
            known.since_ms = f64::NEG_INFINITY;
        }
        isolate.missing.remove(|missing| is(&missing.name));
        isolate.all().filter(|script| is(&script.name)).for_each(|script| script.aged(|age| age.forget()));
    });
}

/// How often something was forgotten: what was asked for before is not to be relied on after.
pub(super) fn forgets() -> u32 {
    ISOLATE.with_borrow(|isolate| isolate.forgets)
}

/// A request ended.
pub fn record(took_ms: f64, failed: bool) {
    ISOLATE.with_borrow_mut(|isolate| isolate.recorder.record(Date::now(), took_ms, failed));
}

/// The last minute.
pub fn health() -> Health {
    ISOLATE.with_borrow_mut(|isolate| isolate.recorder.health(Date::now()))
}
