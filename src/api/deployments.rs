//! `scripts/:script/deployments`: what is live, and what was.

use super::{
    Action,
    plan::{Asked, Plan, Planned, question},
};

pub(super) fn plan(mut asked: Asked<'_>) -> Planned {
    let mut operation = asked.script(match asked.call.action {
        Action::ListDeployments => "deployments",
        Action::Deploy => "deploy",
        Action::DeleteDeployment => "delete_deployment",
        _ => "deployment",
    });
    if asked.call.action == Action::Deploy {
        operation["force"] = asked.query.flag("force").into();
        operation["body"] = asked.body.take();
    }
    operation["id"] = asked.call.item.as_str().into();
    asked.checked(Plan::Script(question(operation)))
}
