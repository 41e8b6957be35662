//! `scripts/:script/secrets` and `secrets-bulk`. A changed secret is a new version, deployed at once.

use super::{
    Action,
    plan::{Asked, Plan, Planned, question},
};

pub(super) fn plan(mut asked: Asked<'_>) -> Planned {
    let mut operation = asked.script(match asked.call.action {
        Action::ListSecrets => "secrets",
        Action::PutSecret => "put_secret",
        Action::PatchSecrets => "patch_secrets",
        Action::DeleteSecret => "delete_secret",
        _ => "secret",
    });
    match asked.call.action {
        Action::ListSecrets => (),
        Action::PutSecret | Action::PatchSecrets => operation["body"] = asked.body.take(),
        _ => operation["name"] = asked.call.item.as_str().into(),
    }
    asked.checked(Plan::Script(question(operation)))
}
