//! Scripts that nobody asks for: after the time that their namespace sets they are retired, and all that they have is kept.

use serde_json::Value;

use super::{Held, op::Op};
use crate::registry::{Refusal, problem};

const DAY_MS: f64 = 86_400_000.0;
/// When it was asked for is known so exactly.
const HOUR_MS: f64 = 3_600_000.0;

impl Op<'_> {
    /// It is in use as of now.
    pub(super) fn note_asked(&self) -> Result<(), Refusal> {
        self.db.run("INSERT OR REPLACE INTO asked (id, at) VALUES (1, ?)", &[self.now_ms.floor().into()])
    }

    fn asked_ms(&self) -> Result<Option<f64>, Refusal> {
        Ok(self.db.row("SELECT at FROM asked", &[])?.and_then(|row| row[0].as_f64()))
    }

    /// What those who ask for it are told.
    pub(super) fn retired(&self, days: f64) -> Refusal {
        let message = format!(
            "The script {:?} was not asked for in {} days, and is retired with all that it has. A deployment of any of its \
             versions brings it back.",
            self.name, days as u64
        );
        Refusal::api(410, problem::RETIRED, message)
    }
}

impl Held {
    /// `live {idle_days?}`: it is asked for. Once it was not for so long it is not there any more, until it is deployed again.
    ///
    /// # Errors
    /// [`Refusal::Api`] with 410.
    pub(super) fn is_asked(&self, input: &Value) -> Result<(), Refusal> {
        let op = self.op(input)?;
        let asked_ms = match self.asked.get() {
            Some(asked_ms) => Some(asked_ms),
            None => self.db.transact(&mut || Ok(op.asked_ms()?.into()))?.as_f64(),
        };
        self.asked.set(asked_ms);
        let idle_ms = asked_ms.map_or(0.0, |asked_ms| op.now_ms - asked_ms);
        if let Some(days) = input["idle_days"].as_f64().filter(|days| idle_ms > days * DAY_MS) {
            self.live.take();
            return Err(op.retired(days));
        }
        if asked_ms.is_none() || idle_ms > HOUR_MS {
            self.db.transact(&mut || op.note_asked().map(|()| Value::Null))?;
            self.asked.set(Some(op.now_ms));
        }
        Ok(())
    }
}
