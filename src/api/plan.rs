//! The operation of a Durable Object that a call comes to: made of path, query and body.

use serde_json::{Map, Value};

use super::{
    Call, Caller, From,
    query::Query,
    resource::{Question, Whom},
};
use crate::registry::{Problem, Refusal, problem};

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

/// The operation, `{"op": ...}`. A field that the call does not have is `null`; the object knows what there can be. What is
/// wrong with the body is for the Directory to tell, in `wrong`, with what it finds itself; and to do nothing then.
///
/// # Errors
/// [`Refusal::Api`] with 400 where the body is no object; of other objects with all that is wrong with query and body.
pub fn operation(
    question: &Question,
    call: &Call,
    caller: &Caller,
    mut query: Query<'_>,
    mut body: Value,
) -> Result<Value, Refusal> {
    let mut operation = Map::new();
    operation.insert("op".to_owned(), question.op.into());
    let mut taken = Vec::new();
    for (name, from) in question.fields {
        let value = match from {
            From::Namespace => call.namespace.as_str().into(),
            From::Script => call.script.as_str().into(),
            From::Item => call.item.as_str().into(),
            From::Query => query.text(name).map_or(Value::Null, Value::from),
            From::Flag => query.flag(name).into(),
            From::Body | From::Form(_) => body.take(),
            From::Field(name) => {
                taken.push(*name);
                body.get_mut(name).map_or(Value::Null, Value::take)
            }
            From::Given(name) => {
                taken.push(*name);
                match body.get_mut(name) {
                    Some(value) => value.take(),
                    None => continue,
                }
            }
            From::Caller => caller.id.as_str().into(),
            From::Seen => match &caller.namespaces {
                Some(names) => names.iter().map(|name| Value::from(name.as_str())).collect::<Vec<_>>().into(),
                None => Value::Null,
            },
        };
        operation.insert((*name).to_owned(), value);
    }
    let mut problems = query.problems;
    let mut wrong = |message| problems.push(Problem::new(problem::UNREADABLE_BODY, message));
    match body {
        Value::Null => {}
        Value::Object(fields) => {
            // Passed over, a slip of the pen would be a token that never expires.
            for field in fields.keys().filter(|field| !taken.contains(&field.as_str())) {
                wrong(format!("{field:?} is no field of this call: there are {}.", taken.join(", ")));
            }
        }
        _ => {
            wrong("The body has to be a JSON object.".to_owned());
            return Err(Refusal::Api { status: 400, problems });
        }
    }
    if problems.is_empty() {
        return Ok(operation.into());
    }
    if question.whom != Whom::Directory {
        return Err(Refusal::Api { status: 400, problems });
    }
    operation.insert("wrong".to_owned(), problems.iter().map(Problem::to_value).collect());
    Ok(operation.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::Does, *};

    fn ask(method: &str, path: &str, sent: Value) -> Result<Value, Vec<Problem>> {
        let url = format!("https://h/client/v4/accounts/a{path}");
        let (call, does) = Call::parse(method, crate::http::path_of(&url)).unwrap();
        let (Does::Ask(question) | Does::Administer(question)) = does else { panic!("{does:?}") };
        operation(question, &call, &Caller::owner(), Query::of(&url), sent).map_err(|refusal| match refusal {
            Refusal::Api { status: 400, problems } => problems,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn fields_are_where_the_table_says() {
        let script = "/workers/dispatch/namespaces/n/scripts/s";
        assert_eq!(
            ask("GET", &format!("{script}/versions?page=2&deployable=true"), Value::Null).unwrap(),
            json!({ "op": "versions", "page": "2", "per_page": null, "deployable": true })
        );
        assert_eq!(
            ask("POST", &format!("{script}/deployments?force"), json!({ "any": 1 })).unwrap(),
            json!({ "op": "deploy", "body": { "any": 1 }, "force": true })
        );
        assert_eq!(
            ask("DELETE", &format!("{script}/tags/a%3Ab"), Value::Null).unwrap(),
            json!({ "op": "delete_tag", "tag": "a:b" })
        );
        assert_eq!(
            ask("PUT", "/workers/dispatch/namespaces/n", json!({ "name": "m" })).unwrap(),
            json!({
                "op": "patch_namespace", "name": "n", "new_name": "m", "trusted_workers": null, "by": "owner"
            })
        );
        assert_eq!(
            ask("PATCH", "/workers/dispatch/namespaces/n", json!({ "outbound": null })).unwrap(),
            json!({ "op": "patch_namespace", "name": "n", "new_name": null, "trusted_workers": null, "outbound": null, "by": "owner" })
        );
        assert_eq!(
            ask("PUT", "/tokens/t/value", Value::Null).unwrap(),
            json!({ "op": "roll_token", "id": "t", "grace_seconds": null })
        );
    }

    #[test]
    fn a_body_has_no_other_fields() {
        let told = |body| ask("POST", "/tokens", body).unwrap()["wrong"].as_array().unwrap().clone();
        let two = told(json!({ "name": "ci", "expires": "2030-01-01", "ip": [] }));
        assert_eq!(two.len(), 2, "{two:?}");
        let first = two[0]["message"].as_str().unwrap();
        assert!(first.starts_with("\"expires\" is no field") && first.contains("expires_on"));
        for body in [json!([]), json!("x"), json!(5)] {
            assert_eq!(ask("POST", "/tokens", body).unwrap_err()[0].code, problem::UNREADABLE_BODY);
        }
        let script = "/workers/dispatch/namespaces/n/scripts/s/deployments?force=perhaps";
        assert_eq!(ask("POST", script, Value::Null).unwrap_err().len(), 1, "no other object would look");
    }

    #[test]
    fn a_body_is_json_or_nothing() {
        assert_eq!(body(" \n").unwrap(), Value::Null);
        assert_eq!(body("[1]").unwrap(), json!([1]));
        assert!(matches!(body("{"), Err(Refusal::Api { status: 400, .. })));
    }
}
