//! `scripts/:script/settings`.

use super::{
    Action,
    plan::{Asked, Plan, Planned, question},
};

pub(super) fn plan(mut asked: Asked<'_>) -> Planned {
    if asked.call.action == Action::Settings {
        let operation = asked.script("settings");
        return asked.checked(Plan::Script(question(operation)));
    }
    let mut operation = asked.script("patch_settings");
    operation["patch"] = asked.body.take();
    asked.checked(Plan::Script(question(operation)))
}
