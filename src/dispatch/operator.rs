//! The operator's settings that are asked for with each request: read once.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use worker::Env;

use super::target::Hosts;
use crate::{
    registry::{Refusal, is_name},
    settings,
};

thread_local! {
    static HOSTS: RefCell<Option<Rc<Hosts>>> = const { RefCell::new(None) };
    static TTL_MS: Cell<Option<u32>> = const { Cell::new(None) };
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
    if let Some(ttl_ms) = TTL_MS.get() {
        return Ok(ttl_ms);
    }
    let ttl_ms = settings::number(env, "SNAPSHOT_TTL_MS", 1000)?;
    TTL_MS.set(Some(ttl_ms));
    Ok(ttl_ms)
}
