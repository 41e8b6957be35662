//! What this isolate knows. It is lost with the isolate, and nothing depends on it being kept.

use std::{cell::RefCell, rc::Rc};

use js_sys::Date;

use super::{
    age::{is_fresh, is_worth_waiting},
    loaded::Loaded,
    recent::Recent,
    script::{Name, Namespace, Script},
};
use crate::registry::Refusal;

/// So many scripts are held, and so many names that were asked for in vain: those push out no script.
const MOST: usize = 512;

/// Of those, so many of one namespace, and of all together that there are not.
const MOST_MISSING: usize = 64;

/// Previews are asked for by few, and push out no script either.
const MOST_PREVIEWS: usize = 32;

/// Bytes of snapshots, as they came, of scripts and of previews. What is made of them is some times that.
const MOST_BYTES: usize = 8 << 20;
const MOST_PREVIEW_BYTES: usize = 2 << 20;

struct Isolate {
    scripts: Recent<Rc<Script>>,
    /// Under the whole id of the version, however it is asked for.
    previews: Recent<Rc<Script>>,
    missing: Recent<Missing>,
    namespaces: Recent<Known>,
    loaded: Loaded,
    /// How often something was forgotten.
    forgets: u32,
}

struct Missing {
    name: Name,
    /// Whether there is such a namespace.
    has_namespace: bool,
    since_ms: f64,
    /// Nothing while it is being asked for.
    refusal: Option<Refusal>,
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
        loaded: Loaded::default(),
        forgets: 0,
    });
}

impl Isolate {
    fn held(&mut self, version: &str) -> &mut Recent<Rc<Script>> {
        if version.is_empty() { &mut self.scripts } else { &mut self.previews }
    }

    fn missing(&mut self, namespace: &str, script: &str, version: &str) -> Option<&Missing> {
        let is = |missing: &Missing| missing.name.is_of(namespace, script) && missing.name.version == version;
        self.missing.find(is).map(|missing| &*missing)
    }

    fn found(&mut self, name: &Name) {
        self.missing.remove(|missing| missing.name == *name);
    }

    fn lack(&mut self, name: &Name, since_ms: f64, refusal: Option<Refusal>) {
        self.found(name);
        let has_namespace = self.namespaces.iter().any(|known| known.name == name.namespace);
        let is_alike = |other: &Missing| {
            other.has_namespace == has_namespace && (!has_namespace || other.name.namespace == name.namespace)
        };
        let missing = Missing { name: name.clone(), has_namespace, since_ms, refusal };
        self.missing.add_of(MOST_MISSING, is_alike, missing);
    }
}

/// The script of this name, or its version whose id begins so.
pub(super) fn find(namespace: &str, script: &str, version: &str) -> Option<Rc<Script>> {
    let is = |held: &Rc<Script>| held.name.is_of(namespace, script) && held.name.version.starts_with(version);
    ISOLATE.with_borrow_mut(|isolate| isolate.held(version).find(is).cloned())
}

/// The script of which a version has this serial, and the version's place.
pub(super) fn find_version(serial: u32) -> Option<(Rc<Script>, usize)> {
    let of = |script: &Rc<Script>| {
        let at = script.live().place_of(serial)?;
        Some((script.clone(), at))
    };
    ISOLATE.with_borrow(|isolate| {
        let in_list = |list: &Recent<Rc<Script>>| list.iter().find_map(of);
        in_list(&isolate.scripts).or_else(|| in_list(&isolate.previews))
    })
}

/// Holds a script.
pub(super) fn hold(script: Rc<Script>) {
    ISOLATE.with_borrow_mut(|isolate| {
        isolate.found(&script.name);
        let list = isolate.held(&script.name.version);
        list.remove(|held| held.name == script.name);
        list.add(script);
    });
    bound();
}

/// Lets go of scripts until what is live of the others is not too much.
pub(super) fn bound() {
    ISOLATE.with_borrow_mut(|isolate| {
        isolate.scripts.shrink(MOST_BYTES, weight);
        isolate.previews.shrink(MOST_PREVIEW_BYTES, weight);
    });
}

fn weight(held: &Rc<Script>) -> usize {
    held.live.borrow().text.len()
}

/// It is not there, or not any more.
pub(super) fn lose(name: &Name, since_ms: f64, refusal: Refusal) {
    ISOLATE.with_borrow_mut(|isolate| {
        isolate.held(&name.version).remove(|held| held.name == *name);
        isolate.lack(name, since_ms, Some(refusal));
    });
}

/// It is being asked for, which others may wait for.
pub(super) fn ask(name: &Name, since_ms: f64) {
    ISOLATE.with_borrow_mut(|isolate| isolate.lack(name, since_ms, None));
}

/// That is over.
pub(super) fn asked(name: &Name) {
    ISOLATE.with_borrow_mut(|isolate| isolate.found(name));
}

/// Whether it is being asked for, and what that brings is no older than it may be.
pub(super) fn is_asked(name: &Name, ttl_ms: u32) -> bool {
    ISOLATE.with_borrow_mut(|isolate| {
        let missing = isolate.missing(&name.namespace, &name.script, &name.version);
        missing.is_some_and(|it| it.refusal.is_none() && is_worth_waiting(it.since_ms, Date::now(), ttl_ms))
    })
}

/// Why a script is not there, where that is known and no older than it may be.
pub(super) fn missing(namespace: &str, script: &str, version: &str, ttl_ms: u32) -> Option<Refusal> {
    ISOLATE.with_borrow_mut(|isolate| {
        let missing = isolate.missing(namespace, script, version)?;
        if is_fresh(missing.since_ms, Date::now(), ttl_ms) { missing.refusal.clone() } else { None }
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
    forget_all(namespace, Some(script));
}

/// A namespace was changed by a call to this isolate.
pub fn forget_namespace(namespace: &str) {
    forget_all(namespace, None);
    keep_namespace(namespace, (0.0, 0), None);
}

fn forget_all(namespace: &str, script: Option<&str>) {
    let is = |name: &Name| name.namespace == namespace && script.is_none_or(|script| name.script == script);
    ISOLATE.with_borrow_mut(|isolate| {
        isolate.forgets += 1;
        if let Some(known) = isolate.namespaces.find(|known| known.name == namespace) {
            known.since_ms = f64::NEG_INFINITY;
        }
        isolate.missing.remove(|missing| is(&missing.name));
        for list in [&isolate.scripts, &isolate.previews] {
            list.iter().filter(|script| is(&script.name)).for_each(|script| script.aged(|age| age.forget()));
        }
    });
}

/// How often something was forgotten: what was asked for before is not to be relied on after.
pub(super) fn forgets() -> u32 {
    ISOLATE.with_borrow(|isolate| isolate.forgets)
}

/// How many workers this isolate has loaded, each of a key of its own.
pub fn loaded_workers() -> usize {
    ISOLATE.with_borrow(|isolate| isolate.loaded.count())
}

/// The worker of this key is about to be loaded, or is loaded already. Whether it is new to this isolate.
///
/// # Errors
/// [`Refusal::TooManyWorkers`], where it would be one more than so many.
pub(super) fn loads(key: &str, most: u32) -> Result<bool, Refusal> {
    let is_new = ISOLATE.with_borrow_mut(|isolate| isolate.loaded.add(key, most as usize));
    is_new.ok_or(Refusal::TooManyWorkers { most })
}
