//! `scripts/:script/versions`: list and get. What uploads one is in `upload`.

use super::{
    Action,
    plan::{Asked, Plan, Planned, paged, question},
};

pub(super) fn plan(mut asked: Asked<'_>) -> Planned {
    if asked.call.action == Action::Version {
        let mut operation = asked.script("version");
        operation["id"] = asked.call.item.as_str().into();
        return asked.checked(Plan::Script(question(operation)));
    }
    let mut operation = asked.script("versions");
    asked.page(&mut operation);
    operation["deployable"] = asked.query.flag("deployable").into();
    asked.checked(Plan::Script(paged(operation)))
}
