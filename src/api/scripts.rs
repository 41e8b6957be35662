//! `scripts`: list, delete by tag; and one script: get, delete. What uploads one is in `upload`.

use serde_json::{Value, json};

use super::{
    Action,
    plan::{Asked, Plan, Planned, paged, question},
};
use crate::registry::{Problem, problem};

pub(super) fn plan(mut asked: Asked<'_>) -> Planned {
    match asked.call.action {
        Action::Script => {
            let operation = asked.script("get");
            asked.checked(Plan::Script(question(operation)))
        }
        Action::DeleteScript => {
            let mut operation = asked.script("delete");
            operation["force"] = asked.query.flag("force").into();
            asked.checked(Plan::Script(question(operation)))
        }
        Action::DeleteScripts => {
            let mut operation = json!({ "op": "delete_scripts", "namespace": asked.call.namespace });
            match asked.query.text("tags").filter(|tags| !tags.is_empty()) {
                Some(tags) => operation["tags"] = tags.into(),
                None => asked.query.problems.push(Problem::new(
                    problem::MALFORMED,
                    "The parameter tags is missing: it says which scripts to delete, such as tags=production:yes.",
                )),
            }
            operation["limit"] = asked.query.number("limit", 100, 1..=1000).into();
            asked.checked(Plan::Namespace(question(operation)))
        }
        _ => {
            let mut operation = json!({ "op": "scripts", "namespace": asked.call.namespace });
            asked.page(&mut operation);
            operation["tags"] = asked.query.text("tags").map_or(Value::Null, Value::from);
            asked.checked(Plan::Namespace(paged(operation)))
        }
    }
}
