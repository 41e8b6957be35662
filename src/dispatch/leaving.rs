//! What is known of a script whose request to elsewhere is to be decided on.

use std::rc::Rc;

use serde_json::Value;
use wasm_bindgen::JsValue;
use worker::Env;

use super::{live::Live, refresh};
use crate::registry::{Refusal, outbound::Terms, problem};

/// A script as it is held.
#[derive(Debug)]
pub struct Leaving(Rc<Live>);

impl Leaving {
    /// Of the props of its worker: as new as for a request to the script. A worker of another life of the script, or of
    /// another namespace of that name, is none of it.
    ///
    /// # Errors
    /// [`Refusal::Api`] where it is not there any more; storage's.
    pub async fn of(env: &Env, ctx: &JsValue, props: &Value) -> Result<Self, Refusal> {
        let text = |name: &str| props[name].as_str().unwrap_or_default();
        let (namespace, name) = (text("namespace"), text("script"));
        let script = refresh::fresh(env, ctx, namespace, name).await?;
        let live = script.live();
        if live.snapshot.incarnation != text("incarnation") || live.namespace.id != text("namespace_id") {
            return Err(Refusal::api(404, problem::NO_SUCH_SCRIPT, "It is another script."));
        }
        Ok(Self(live))
    }

    /// Its own terms.
    pub fn script(&self) -> &Terms {
        &self.0.snapshot.outbound
    }

    /// Those of its namespace.
    pub fn namespace(&self) -> &Terms {
        &self.0.namespace.outbound
    }

    /// Whether its namespace is trusted.
    pub fn is_trusted(&self) -> bool {
        self.0.namespace.trusted
    }

    /// So many requests a minute.
    pub fn subrequests_per_minute(&self) -> Option<u32> {
        let most = self.0.namespace.limits["subrequests_per_minute"].as_u64().and_then(|most| u32::try_from(most).ok());
        self.0.snapshot.subrequests_per_minute.into_iter().chain(most).min()
    }
}
