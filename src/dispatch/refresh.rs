//! Taking what is live of a script, and taking it anew.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    panic::AssertUnwindSafe,
    pin::pin,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use js_sys::{
    Date, Promise,
    futures::{JsFuture, future_to_promise},
};
use serde_json::json;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Delay, Env, console_error, worker_sys::Context};

use super::{
    age::{Age, PATIENCE_MS, Ticket, Use},
    isolate,
    live::Live,
    namespace::{self, opened},
    operator,
    own::Read,
    script::{Name, Script, Source},
    snapshot::Snapshot,
};
use crate::{
    registry::{Refusal, guard::Report, outbound::secret, vault},
    reply, storage,
};

/// What came of asking.
enum News {
    /// Nothing has changed.
    Same,
    /// This is live.
    New(Rc<Live>),
}

/// Takes a script anew while requests use what there is.
pub(super) fn meanwhile(env: &Env, ctx: &JsValue, script: &Rc<Script>) {
    keep_alive(ctx, &taking(env, script));
}

/// Takes a script anew, where what there is is too old or of a deployment before this one, and waits for it as long as
/// one may; or as long until another request has done that. Where it fails or takes longer, what there is stays.
pub(super) async fn now(env: &Env, ctx: &JsValue, script: &Rc<Script>, sequence: u64) {
    let ttl_ms = operator::ttl_ms(env).unwrap_or_default();
    let is_due = || is_due(script, ttl_ms, sequence);
    let left_ms = until(&|| !is_due() || !script.age.get().somebody_asks(Date::now(), ttl_ms)).await;
    // After so long whoever asks says that what there is stays, now or in a moment: that all ask as well helps nobody.
    if left_ms == 0 || !is_due() {
        return;
    }
    let taking = taking(env, script);
    // It counts when it comes after all, or a storage that is slow were as good as none; and others wait for it.
    keep_alive(ctx, &taking);
    if within(left_ms, JsFuture::from(taking)).await.is_none() {
        stays(script, "it took over 250 ms");
    }
}

fn is_due(script: &Script, ttl_ms: u32, sequence: u64) -> bool {
    let (age, now_ms) = (script.age.get(), Date::now());
    // Each of those who have seen a later one would ask a storage that fails.
    let is_behind = || script.live().snapshot.sequence < sequence && !age.has_just_stayed(now_ms);
    script.gone.borrow().is_none() && (age.ask(now_ms, ttl_ms) == Use::AfterRefresh || is_behind())
}

/// Waits for another request, as long as one waits for storage. Gives what is left of that.
async fn until(is_over: &dyn Fn() -> bool) -> u32 {
    let began_ms = Date::now();
    loop {
        // A clock that steps back makes nobody wait longer.
        let left_ms = (f64::from(PATIENCE_MS) - (Date::now() - began_ms).max(0.0)) as u32;
        if left_ms == 0 || is_over() {
            return left_ms;
        }
        // A timer of this request's own: promises of another's are not for it to wait for.
        Delay::from(Duration::from_millis(5)).await;
    }
}

/// Takes a script anew, and waits for it however long that takes.
pub(super) async fn whole(env: &Env, script: &Rc<Script>) {
    let _never_rejects = JsFuture::from(taking(env, script)).await;
}

/// Takes a script for the first time.
///
/// # Errors
/// [`Refusal::Api`] with 404 where there is none, or storage's.
pub(super) async fn first(env: &Env, mut name: Name) -> Result<Rc<Script>, Refusal> {
    let ttl_ms = operator::ttl_ms(env)?;
    if isolate::is_asked(&name, ttl_ms) {
        until(&|| !isolate::is_asked(&name, ttl_ms)).await;
        match isolate::find(&name.namespace, &name.script, &name.version) {
            Some(script) if script.age.get().ask(Date::now(), ttl_ms) != Use::AfterRefresh => return Ok(script),
            _ => {}
        }
        if let Some(refusal) = isolate::missing(&name.namespace, &name.script, &name.version, ttl_ms) {
            return Err(refusal);
        }
    }
    let (asked_ms, forgets) = (Date::now(), isolate::forgets());
    isolate::ask(&name, asked_ms);
    let news = stored(env, &name, None, &[]).await;
    isolate::asked(&name);
    // Or it may have been changed since it was asked for.
    let is_current = forgets == isolate::forgets();
    match news {
        Ok(News::New(live)) => {
            if !name.version.is_empty() {
                live.snapshot.text(0, "id").clone_into(&mut name.version);
            }
            // Another request may have been quicker.
            let known = isolate::find(&name.namespace, &name.script, &name.version);
            let script = known
                .filter(|known| known.live().text == live.text)
                .unwrap_or_else(|| held(name, Source::Stored, live, Ticket::first(asked_ms)));
            if !is_current {
                script.aged(Age::forget);
            }
            Ok(script)
        }
        Ok(News::Same) => Err(Refusal::StorageUnavailable("a first snapshot cannot be the same".to_owned())),
        Err(refusal) => {
            if is_current && is_missing(&refusal) {
                isolate::lose(&name, asked_ms, refusal.clone());
            }
            Err(refusal)
        }
    }
}

/// A script as it is live, as new as for a request to it.
///
/// # Errors
/// [`Refusal::Api`] with 404 where there is none; storage's, where nothing is known of it.
pub(super) async fn fresh(env: &Env, ctx: &JsValue, namespace: &str, name: &str) -> Result<Rc<Script>, Refusal> {
    let ttl_ms = operator::ttl_ms(env)?;
    let script = match (isolate::find(namespace, name, ""), isolate::missing(namespace, name, "", ttl_ms)) {
        (Some(script), _) => script,
        (None, Some(refusal)) => return Err(refusal),
        (None, None) => first(env, Name::new(namespace, name, "")).await?,
    };
    match script.age.get().ask(Date::now(), ttl_ms) {
        Use::AsItIs => {}
        Use::AndRefresh => meanwhile(env, ctx, &script),
        Use::AfterRefresh => now(env, ctx, &script, 0).await,
    }
    match script.gone.borrow().clone() {
        Some(refusal) => Err(refusal),
        None => Ok(script.clone()),
    }
}

/// The same of one of ours.
///
/// # Errors
/// As its own reading.
pub(super) async fn first_own(env: &Env, script: &str, read: Read) -> Result<Rc<Script>, Refusal> {
    let ticket = Ticket::first(Date::now());
    let (sequence, code) = read(env.clone()).await?;
    let name = Name::own(script);
    // Another request may have been quicker.
    let known = isolate::find(&name.namespace, script, "").filter(|held| held.live().snapshot.sequence >= sequence);
    Ok(known.unwrap_or_else(|| held(name, Source::Own(read), Rc::new(Live::own(script, sequence, code, None)), ticket)))
}

/// Holds what was taken.
pub(super) fn held(name: Name, source: Source, live: Rc<Live>, ticket: Ticket) -> Rc<Script> {
    let (age, live) = (Cell::new(Age::of(ticket)), RefCell::new(live));
    let script = Rc::new(Script { name, source, age, live, gone: RefCell::default() });
    isolate::hold(script.clone());
    script
}

/// A promise that what is live was asked for and, if it came, is in its place.
fn taking(env: &Env, script: &Rc<Script>) -> Promise {
    let ticket = script.aged(|age| age.asking(Date::now()));
    let (env, script) = (env.clone(), script.clone());
    future_to_promise(AssertUnwindSafe(async move {
        let before = script.live();
        let reports = before.take_reports();
        let news = match script.source {
            Source::Stored => stored(&env, &script.name, Some(&before), &reports).await,
            Source::Own(read) => own(&env, &script.name, &before, read).await,
        };
        if news.is_err() {
            before.give_back(&reports);
        }
        land(&script, ticket, news);
        Ok(JsValue::UNDEFINED)
    }))
}

fn land(script: &Rc<Script>, ticket: Ticket, news: Result<News, Refusal>) {
    match news {
        // One that was asked for later has come before.
        _ if !script.age.get().is_older_than(ticket) => {}
        Ok(news) => {
            if let News::New(live) = news {
                script.live.replace(live);
                isolate::bound();
            }
            script.aged(|age| age.arrived(ticket));
        }
        Err(refusal) if is_missing(&refusal) => {
            script.gone.replace(Some(refusal.clone()));
            isolate::lose(&script.name, ticket.asked_ms, refusal);
        }
        Err(Refusal::StorageUnavailable(why)) => stays(script, &why),
        Err(refusal) => stays(script, &reply::Error::from(refusal).message),
    }
}

fn stays(script: &Script, why: &str) {
    console_error!("{} cannot be read, deployment {} stays: {why}", script.name, script.live().snapshot.sequence);
    script.aged(|age| age.stays(Date::now()));
}

async fn own(env: &Env, name: &Name, before: &Live, read: Read) -> Result<News, Refusal> {
    let (sequence, code) = read(env.clone()).await?;
    if sequence <= before.snapshot.sequence {
        return Ok(News::Same);
    }
    Ok(News::New(Rc::new(Live::own(&name.script, sequence, code, Some(before)))))
}

async fn stored(env: &Env, name: &Name, before: Option<&Live>, reports: &[Report]) -> Result<News, Refusal> {
    let namespace = namespace::told(env, &name.namespace).await?;
    let mut operation = if !name.version.is_empty() {
        json!({ "op": "preview", "version": name.version })
    } else if reports.is_empty() {
        json!({ "op": "live" })
    } else {
        json!({ "op": "live", "reports": reports.iter().map(Report::to_value).collect::<Vec<_>>() })
    };
    if let Some(days) = namespace.idle_days {
        operation["idle_days"] = days.into();
    }
    let object = [&namespace.id, "/", &name.script].concat();
    let text = storage::ask(env, "SCRIPTS", &object, &operation).await?;
    if before.is_some_and(|before| before.text == text && before.namespace == namespace) {
        return Ok(News::Same);
    }
    let parse = if name.version.is_empty() { Snapshot::parse } else { Snapshot::of_preview };
    let mut snapshot =
        parse(&text).map_err(|why| Refusal::StorageUnavailable(format!("the snapshot is unreadable: {why}")))?;
    let place = |secret: &str| vault::place(&namespace.id, &name.script, &secret::at(secret));
    snapshot.outbound.open(|secret, text| opened(env, &place(secret), text));
    Ok(News::New(Rc::new(Live::stored(text, snapshot, namespace, before))))
}

pub(super) fn is_missing(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Api { status: 404 | 410, .. })
}

/// Lets work go on when its request is answered.
pub(super) fn keep_alive(ctx: &JsValue, work: &Promise) {
    if let Err(error) = ctx.unchecked_ref::<Context>().wait_until(work) {
        console_error!("waitUntil: {error:?}");
    }
}

/// What comes of the work, if it comes in time.
async fn within<T>(ms: u32, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut delay) = (pin!(work), pin!(Delay::from(Duration::from_millis(ms.into()))));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => delay.as_mut().poll(context).map(|()| None),
    })
    .await
}
