//! `scripts/:script/tags`.

use super::{
    Action,
    plan::{Asked, Plan, Planned, question},
};

pub(super) fn plan(mut asked: Asked<'_>) -> Planned {
    let mut operation = asked.script(match asked.call.action {
        Action::Tags => "tags",
        Action::PutTags => "put_tags",
        Action::PutTag => "put_tag",
        _ => "delete_tag",
    });
    match asked.call.action {
        Action::PutTags => operation["tags"] = asked.body.take(),
        Action::Tags => (),
        _ => operation["tag"] = asked.call.item.as_str().into(),
    }
    asked.checked(Plan::Script(question(operation)))
}
