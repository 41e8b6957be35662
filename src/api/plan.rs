//! The operation of a Durable Object that a call comes to: made of path, query and body.

use serde_json::{Map, Value};

use super::{Call, Caller, From, query::Query, resource::Question};
use crate::registry::{Refusal, problem};

/// Reads a JSON body; nothing at all is `null`.
///
/// # Errors
/// [`Refusal::Api`] with 400, when it is not JSON.
pub fn body(text: &str) -> Result<Value, Refusal> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(text)
        .map_err(|error| Refusal::api(400, problem::UNREADABLE_BODY, format!("The body is not JSON: {error}.")))
}

/// The operation, `{"op": ...}`. A field that the call does not have is `null`; the object knows what there can be.
///
/// # Errors
/// [`Refusal::Api`] with all that is wrong with the query.
pub fn operation(
    question: &Question,
    call: &Call,
    caller: &Caller,
    mut query: Query<'_>,
    mut body: Value,
) -> Result<Value, Refusal> {
    let mut operation = Map::new();
    operation.insert("op".to_owned(), question.op.into());
    for (name, from) in question.fields {
        let value = match from {
            From::Namespace => call.namespace.as_str().into(),
            From::Item => call.item.as_str().into(),
            From::Query => query.text(name).map_or(Value::Null, Value::from),
            From::Flag => query.flag(name).into(),
            From::Body | From::Form(_) => body.take(),
            From::Field(name) => body.get_mut(name).map_or(Value::Null, Value::take),
            From::Caller => caller.id.as_str().into(),
            From::Seen => match &caller.namespaces {
                Some(names) => names.iter().map(|name| Value::from(name.as_str())).collect::<Vec<_>>().into(),
                None => Value::Null,
            },
        };
        operation.insert((*name).to_owned(), value);
    }
    let problems = query.problems;
    if problems.is_empty() { Ok(operation.into()) } else { Err(Refusal::Api { status: 400, problems }) }
}
