//! The operator's settings that are asked for with each request: read once.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    thread::LocalKey,
};

use worker::Env;

use super::target::Hosts;
use crate::{
    registry::{Refusal, is_name, vault::Vault},
    settings,
};

thread_local! {
    static HOSTS: RefCell<Option<Rc<Hosts>>> = const { RefCell::new(None) };
    static TTL_MS: Cell<Option<u32>> = const { Cell::new(None) };
    static VAULT: RefCell<Option<Rc<Vault>>> = const { RefCell::new(None) };
    static MOST_WORKERS: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Which hosts are scripts'.
///
/// # Errors
/// [`Refusal::Misconfigured`] when a setting is not what it should be.
pub fn hosts(env: &Env) -> Result<Rc<Hosts>, Refusal> {
    if let Some(hosts) = HOSTS.with_borrow(Clone::clone) {
        return Ok(hosts);
    }
    let text = |name| settings::text(env, name).filter(|text| !text.is_empty());
    let namespace = text("DISPATCH_NAMESPACE");
    if namespace.as_deref().is_some_and(|name| !is_name(name)) {
        let message = "The variable DISPATCH_NAMESPACE has to be the name of a namespace.";
        return Err(Refusal::Misconfigured(message.to_owned()));
    }
    let domain = text("DISPATCH_DOMAIN").map(|domain| domain.trim_matches('.').to_owned());
    let hosts = Rc::new(Hosts { domain, namespace });
    HOSTS.set(Some(hosts.clone()));
    Ok(hosts)
}

/// How old a copy of what is stored may be, in milliseconds.
///
/// # Errors
/// As [`hosts`].
pub fn ttl_ms(env: &Env) -> Result<u32, Refusal> {
    once(&TTL_MS, env, "SNAPSHOT_TTL_MS", 1000)
}

/// The keys that secrets are sealed with.
///
/// # Errors
/// As [`hosts`].
pub fn vault(env: &Env) -> Result<Rc<Vault>, Refusal> {
    if let Some(vault) = VAULT.with_borrow(Clone::clone) {
        return Ok(vault);
    }
    let vault = Rc::new(settings::vault(env)?);
    VAULT.set(Some(vault.clone()));
    Ok(vault)
}

/// How many workers an isolate may load.
///
/// # Errors
/// As [`hosts`].
pub fn most_workers(env: &Env) -> Result<u32, Refusal> {
    once(&MOST_WORKERS, env, "MAX_LOADED_WORKERS", u32::MAX)
}

fn once(known: &'static LocalKey<Cell<Option<u32>>>, env: &Env, name: &str, default: u32) -> Result<u32, Refusal> {
    if let Some(number) = known.get() {
        return Ok(number);
    }
    let number = settings::number(env, name, default)?;
    known.set(Some(number));
    Ok(number)
}
