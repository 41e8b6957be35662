//! How a version does under a deployment, for the automatic rollback: `tally.js` counts.

use js_sys::Object;
use wasm_bindgen::JsValue;

use super::note::{part, set};
use crate::registry::guard::{Count, Rule};

/// What is counted of one version under one deployment.
#[derive(Debug)]
pub(super) struct Tally(pub JsValue);

impl Tally {
    /// Of a deployment with this rule, if it has one.
    pub fn new(rule: Option<Rule>) -> Self {
        let tally = Object::new().into();
        set(&tally, "requests", &0.into());
        set(&tally, "failures", &0.into());
        if let Some(rule) = rule {
            set(&tally, "each", &(rule.each() as f64).into());
            set(&tally, "windowMs", &(rule.window_seconds as f64 * 1000.0).into());
        }
        Self(tally)
    }

    /// What was counted since this was last asked.
    pub fn take(&self) -> Count {
        let take = |name: &str| {
            let number = part(&self.0, name).as_f64().unwrap_or_default();
            set(&self.0, name, &0.into());
            number as u64
        };
        Count { requests: take("requests"), failures: take("failures") }
    }

    /// It could not be told: it is told next time.
    pub fn give_back(&self, count: Count) {
        for (name, number) in [("requests", count.requests), ("failures", count.failures)] {
            let now = part(&self.0, name).as_f64().unwrap_or_default();
            set(&self.0, name, &(now + number as f64).into());
        }
    }
}
