//! What of a script the host calls itself: its Durable Objects, and its consumer of queues.

use js_sys::Object as Plain;
use wasm_bindgen::JsValue;
use worker::Env;

use super::{
    attempt::loader,
    choice::{Visitor, choose},
    isolate,
    note::set,
    operator, refresh,
};
use crate::registry::{Refusal, classes, consumes, problem};

/// A Durable Object of a script.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// The name of the script's namespace.
    pub namespace: &'a str,
    /// The script.
    pub script: &'a str,
    /// Which life of the script.
    pub incarnation: &'a str,
    /// The key of its class.
    pub class: &'a str,
    /// Its id.
    pub id: &'a str,
}

/// What runs an object: `{key}`, and where that is another than the one `known`, also `name`, of the class, and the `worker` that has
/// it. In a deployment of several versions an object is of one of them, by its id.
///
/// # Errors
/// Why there is nothing to run it, in words for whoever calls it.
pub async fn object(env: &Env, ctx: &JsValue, object: &Object<'_>, known: &str) -> Result<JsValue, Refusal> {
    let gone = || refused("The script that this Durable Object was of is not there any more.");
    let script = refresh::fresh(env, ctx, object.namespace, object.script).await.map_err(|refusal| match refusal {
        Refusal::Api { status: 404, .. } => gone(),
        refusal => refusal,
    })?;
    let live = script.live();
    if live.snapshot.incarnation != object.incarnation {
        return Err(gone());
    }
    let visitor = Visitor { key: object.id, ..Visitor::default() };
    let at = choose(&live.snapshot, object.script, &visitor).version;
    let running = live.running_hosted(env, &script.name, at)?;
    let name = live.snapshot.versions.get(at).and_then(|version| classes::name_of(version, object.class));
    let (Some((key, code)), Some(name)) = (&running.code, name) else {
        return Err(refused("The version of the script that is live does not have the class of this Durable Object."));
    };
    let found = Plain::new();
    set(&found, "key", &key.as_str().into());
    if key.as_str() != known {
        if isolate::loads(key.as_str(), operator::most_workers(env)?)? {
            running.tell_started(&found);
        }
        set(&found, "name", &name.into());
        set(&found, "worker", &loader(env)?.get_code(key, code).raw().into());
    }
    Ok(found.into())
}

/// What the queues are delivered to that a script consumes: `{consumer}`, of the version of the newest deployment that was made last.
///
/// # Errors
/// Why there is none, in words.
pub async fn consumer(env: &Env, ctx: &JsValue, namespace: &str, script: &str) -> Result<JsValue, Refusal> {
    let script = refresh::fresh(env, ctx, namespace, script).await?;
    let live = script.live();
    let newest = live.snapshot.newest();
    let at = live.snapshot.versions.iter().position(|version| version["id"] == *newest).unwrap_or_default();
    let running = live.running_hosted(env, &script.name, at)?;
    let Some((key, code)) = running.code.as_ref().filter(|_| consumes(&live.snapshot.versions[at])) else {
        return Err(refused("The version of the script that is live has no handler \"queue\"."));
    };
    let found = Plain::new();
    if isolate::loads(key.as_str(), operator::most_workers(env)?)? {
        running.tell_started(&found);
    }
    set(&found, "consumer", &loader(env)?.get_code(key, code).named_entrypoint("given:queue").raw()?.into());
    Ok(found.into())
}

fn refused(message: &str) -> Refusal {
    Refusal::api(404, problem::NO_SUCH_SCRIPT, message)
}
