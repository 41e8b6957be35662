//! Cloudflare's envelope, in which the control API answers.

use serde_json::{Value, json};

use super::Error;
use crate::registry::{Problem, Refusal, problem};

/// A result, which is JSON, in its envelope.
pub fn success(result: &str) -> String {
    format!("{{\"success\":true,\"errors\":[],\"messages\":[],\"result\":{result}}}")
}

/// A page of a list in its envelope. It is the JSON object `{"result": ..., "result_info": ...}`, as the Durable Objects
/// give one.
pub fn page(members: &str) -> String {
    let members = members.trim_start().strip_prefix('{').unwrap_or("\"result\":null}");
    format!("{{\"success\":true,\"errors\":[],\"messages\":[],{members}")
}

/// A list of which all is in the one page.
pub fn whole(items: Vec<Value>) -> String {
    let count = items.len();
    let info = json!({ "page": 1, "per_page": count.max(1), "count": count, "total_count": count, "total_pages": 1 });
    json!({ "result": items, "result_info": info }).to_string()
}

/// A refusal as the control API tells it: under the same status and with the same header as anywhere.
#[derive(Debug)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// The envelope.
    pub body: String,
    /// A header that belongs to the status.
    pub header: Option<(&'static str, String)>,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::NoSuchPath(_) => problem::NO_SUCH_ROUTE,
            Refusal::MethodNotAllowed(_) => problem::METHOD_NOT_ALLOWED,
            Refusal::RateLimited { .. } => problem::RATE_LIMITED,
            Refusal::TokenNotSet | Refusal::Unauthorized => problem::AUTHENTICATION,
            Refusal::BodyTooLarge { .. } => problem::TOO_LARGE,
            Refusal::StorageUnavailable(_) => problem::INTERNAL,
            Refusal::PreconditionFailed { .. } => problem::ETAG_MISMATCH,
            Refusal::InvalidDocument(_) | Refusal::PreconditionRequired | Refusal::LengthRequired => {
                problem::UNREADABLE_BODY
            }
            Refusal::Api { .. }
            | Refusal::Misconfigured(_)
            | Refusal::Worker(_)
            | Refusal::AnswerTooLarge { .. }
            | Refusal::TooManyWorkers { .. }
            | Refusal::TooSlow { .. } => problem::INTERNAL,
        };
        let told = match &refusal {
            Refusal::Api { problems, .. } => Some(problems.iter().map(Problem::to_value).collect::<Vec<_>>()),
            _ => None,
        };
        let Error { status, message, header, .. } = Error::from(refusal);
        let mut errors = told.unwrap_or_else(|| vec![Problem::new(code, message).to_value()]);
        if errors.first().is_some_and(is_taken_for_a_failed_start) {
            errors.insert(0, Problem::new(problem::VALIDATION, "The upload is not valid:").to_value());
        }
        let body = json!({ "success": false, "errors": errors, "messages": [], "result": Value::Null });
        Self { status, body: body.to_string(), header }
    }
}

/// wrangler takes a first error of validation with this word in it, be it but in a name, for a script that takes too long
/// to start, and profiles it instead of telling the error.
fn is_taken_for_a_failed_start(error: &Value) -> bool {
    error["code"] == problem::VALIDATION
        && error["message"].as_str().is_some_and(|message| message.to_ascii_lowercase().contains("startup"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_go_in_as_they_are() {
        let read = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        assert_eq!(read(success("[1]")), json!({ "success": true, "errors": [], "messages": [], "result": [1] }));
        assert_eq!(
            read(page(r#"{"result":[],"result_info":{"page":1}}"#)),
            json!({ "success": true, "errors": [], "messages": [], "result": [], "result_info": { "page": 1 } })
        );
    }

    #[test]
    fn all_problems_are_told_and_others_by_their_number() {
        let read = |refusal: Refusal| {
            let failure = Failure::from(refusal);
            let body: Value = serde_json::from_str(&failure.body).unwrap();
            assert_eq!(body["success"], false);
            assert_eq!(body["result"], Value::Null);
            (failure.status, body["errors"].clone(), failure.header)
        };
        let problems = vec![Problem::new(1, "a"), Problem::new(2, "b")];
        let (status, errors, header) = read(Refusal::Api { status: 400, problems });
        assert_eq!((status, header), (400, None));
        assert_eq!(errors, json!([{ "code": 1, "message": "a" }, { "code": 2, "message": "b" }]));

        let (status, errors, header) = read(Refusal::RateLimited { retry_after_s: 7 });
        assert_eq!((status, header), (429, Some(("retry-after", "7".to_owned()))));
        assert_eq!(errors[0]["code"], problem::RATE_LIMITED);

        let (status, errors, header) = read(Refusal::StorageUnavailable("secret reason".into()));
        assert_eq!((status, header), (503, Some(("retry-after", "1".to_owned()))));
        assert!(!errors.to_string().contains("secret reason"));
    }

    #[test]
    fn no_name_makes_a_problem_look_like_a_failed_start() {
        let failure = Failure::from(Refusal::api(400, problem::VALIDATION, "STARTUP_CACHE is of no type"));
        let body: Value = serde_json::from_str(&failure.body).unwrap();
        let told = |at: usize| body["errors"][at]["message"].as_str().unwrap().to_owned();
        assert_eq!((told(0), told(1)), ("The upload is not valid:".into(), "STARTUP_CACHE is of no type".into()));
    }
}
