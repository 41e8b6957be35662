//! The operator's settings that are asked for with each request: read once.

use std::{cell::RefCell, rc::Rc};

use worker::Env;

use super::target::Hosts;
use crate::{
    registry::{Refusal, is_name},
    settings,
};

thread_local!(static READ: RefCell<Option<(Rc<Hosts>, u32)>> = const { RefCell::new(None) });

fn read(env: &Env) -> Result<(Rc<Hosts>, u32), Refusal> {
    if let Some(read) = READ.with_borrow(Clone::clone) {
        return Ok(read);
    }
    let text = |name| settings::text(env, name).filter(|text| !text.is_empty());
    let namespace = text("DISPATCH_NAMESPACE");
    if namespace.as_deref().is_some_and(|name| !is_name(name)) {
        let message = "The variable DISPATCH_NAMESPACE has to be the name of a namespace.";
        return Err(Refusal::Misconfigured(message.to_owned()));
    }
    let domain = text("DISPATCH_DOMAIN").map(|domain| domain.trim_matches('.').to_owned());
    let ttl_ms = settings::number(env, "SNAPSHOT_TTL_MS", 1000)?;
    let read = (Rc::new(Hosts { domain, namespace }), ttl_ms);
    READ.set(Some(read.clone()));
    Ok(read)
}

/// Which hosts are scripts'.
///
/// # Errors
/// [`Refusal::Misconfigured`] when a setting is not what it should be.
pub fn hosts(env: &Env) -> Result<Rc<Hosts>, Refusal> {
    read(env).map(|(hosts, _)| hosts)
}

/// How old a copy of what is stored may be, in milliseconds.
///
/// # Errors
/// As [`hosts`].
pub fn ttl_ms(env: &Env) -> Result<u32, Refusal> {
    read(env).map(|(_, ttl_ms)| ttl_ms)
}
