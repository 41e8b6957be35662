//! `scripts/:script/bindings`: what the newest version binds.

use super::plan::{Asked, Plan, Planned, question};

pub(super) fn plan(asked: Asked<'_>) -> Planned {
    let operation = asked.script("bindings");
    asked.checked(Plan::Script(question(operation)))
}
