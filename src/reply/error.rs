//! Refusals as HTTP: status, code and sentence, decided here and nowhere else.

use worker_loader::ErrorKind;

use crate::registry::Refusal;

/// An error as the client sees it: `{"error": {"code", "message"}}` under a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The HTTP status.
    pub status: u16,
    /// A word for programs, which stays.
    pub code: &'static str,
    /// A sentence for people: the cause and what helps.
    pub message: String,
    /// A header that belongs to the status.
    pub header: Option<(&'static str, String)>,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let mut header = None;
        let (status, code, message) = match refusal {
            Refusal::NoSuchPath(path) => {
                (404, "not_found", format!("There is nothing at {path}; GET / lists what there is."))
            }
            Refusal::MethodNotAllowed(allow) => {
                header = Some(("allow", allow.to_owned()));
                (405, "method_not_allowed", format!("This path takes {allow}."))
            }
            Refusal::RateLimited { retry_after_s } => {
                header = Some(("retry-after", retry_after_s.to_string()));
                (429, "rate_limited", format!("Too many requests: try again in {retry_after_s} s."))
            }
            Refusal::TokenNotSet => (
                403,
                "api_token_not_set",
                "Changes are off until the operator sets API_TOKEN (`wrangler secret put API_TOKEN`).".to_owned(),
            ),
            Refusal::Unauthorized => {
                header = Some(("www-authenticate", "Bearer".to_owned()));
                (401, "unauthorized", "This needs the header `Authorization: Bearer` with the API token.".to_owned())
            }
            Refusal::PreconditionRequired => (
                428,
                "precondition_required",
                "Say which revision this replaces: `If-Match` with the ETag that GET /config gave, or `*`.".to_owned(),
            ),
            Refusal::PreconditionFailed { current } => {
                header = Some(("etag", current));
                (
                    412,
                    "precondition_failed",
                    "It has been changed since: read it again, and send the change anew with the ETag of this answer."
                        .to_owned(),
                )
            }
            Refusal::LengthRequired => (411, "length_required", "The request needs a Content-Length.".to_owned()),
            Refusal::BodyTooLarge { limit } => (413, "body_too_large", format!("The body is over {limit} bytes.")),
            Refusal::AnswerTooLarge { limit } => (
                502,
                "dynamic_worker_answer_too_large",
                format!("The worker's answer is over {limit} bytes, its limit `response_bytes`."),
            ),
            Refusal::TooSlow { limit_ms } => (
                504,
                "dynamic_worker_timeout",
                format!("The worker did not begin to answer within {limit_ms} ms, its limit `wall_ms`."),
            ),
            Refusal::TooManyWorkers { most } => (
                503,
                "too_many_workers",
                format!(
                    "{most} workers are loaded, and no more are: local workerd keeps each in memory until it ends. Start it \
                     anew, or raise MAX_LOADED_WORKERS."
                ),
            ),
            Refusal::InvalidDocument(problems) => {
                (400, "invalid_document", format!("The document is not valid: {}.", problems.join("; ")))
            }
            Refusal::Api { status, problems } => {
                let messages: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
                let code = match status {
                    404 => "not_found",
                    410 => "retired",
                    _ => "refused",
                };
                (status, code, messages.join(" "))
            }
            Refusal::Misconfigured(what) => (500, "misconfigured", what),
            // The client can only wait; the reason is for the log, see `answer`.
            Refusal::StorageUnavailable(_) => {
                (503, "storage_unavailable", "Storage did not answer: try again in a moment.".to_owned())
            }
            // As storage's failure, which it is: the reason is in the log.
            Refusal::Worker(error) if matches!(error.kind(), ErrorKind::Factory { .. }) => {
                (503, "dynamic_worker_unavailable", "Its code did not arrive: try again in a moment.".to_owned())
            }
            Refusal::Worker(error) => {
                let (status, code) = of_worker(&error);
                (status, code, sentence(&error.to_string()))
            }
        };
        if status == 503 && header.is_none() {
            header = Some(("retry-after", "1".to_owned()));
        }
        Self { status, code, message, header }
    }
}

/// A dynamic worker's own fault is 502 and never 500, so that the two are told apart wherever statuses are counted.
fn of_worker(error: &worker_loader::Error) -> (u16, &'static str) {
    match error.kind() {
        ErrorKind::Thrown { remote: true, .. } => (502, "dynamic_worker_threw"),
        ErrorKind::Internal { remote: true, .. } => (502, "dynamic_worker_failed"),
        ErrorKind::Hung => (502, "dynamic_worker_hung"),
        ErrorKind::OutboundBlocked => (502, "dynamic_worker_outbound_blocked"),
        ErrorKind::LimitExceeded(_) => (502, "dynamic_worker_limit_exceeded"),
        ErrorKind::NoHandler { .. } | ErrorKind::NoSuchEntrypoint { .. } => (502, "dynamic_worker_no_handler"),
        ErrorKind::Concurrency => (503, "too_many_dynamic_workers"),
        ErrorKind::Canceled => (503, "dynamic_worker_canceled"),
        _ if error.is_load_failure() => (502, "dynamic_worker_failed_to_load"),
        _ => (500, "internal"),
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let mut sentence: String = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    sentence.push_str(chars.as_str());
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workers_own_fault_is_told_from_ours() {
        for (message, remote, status, code) in [
            ("bad thing", true, 502, "dynamic_worker_threw"),
            ("Worker has no default entrypoint.", false, 502, "dynamic_worker_no_handler"),
            ("Too many concurrent dynamic workers", false, 503, "too_many_dynamic_workers"),
            (
                "Failed to start Worker:\nUncaught SyntaxError: x\n  at a.js:1:2",
                false,
                502,
                "dynamic_worker_failed_to_load",
            ),
            ("The execution context responding to this call was canceled.", false, 503, "dynamic_worker_canceled"),
            ("worker-loader factory: R2 is down", false, 503, "dynamic_worker_unavailable"),
            ("internal error; reference = abc", false, 500, "internal"),
            ("internal error; reference = abc", true, 502, "dynamic_worker_failed"),
            ("Cannot reconstruct a Request with a used body.", false, 500, "internal"),
        ] {
            let error = Error::from(Refusal::from(worker_loader::Error::classify("Error", message, remote)));
            assert_eq!((error.status, error.code), (status, code), "{message}");
        }
    }

    #[test]
    fn statuses_bring_their_headers() {
        let header = |refusal| Error::from(refusal).header.unwrap();
        assert_eq!(header(Refusal::MethodNotAllowed("GET, HEAD")), ("allow", "GET, HEAD".to_owned()));
        assert_eq!(header(Refusal::RateLimited { retry_after_s: 7 }), ("retry-after", "7".to_owned()));
        assert_eq!(header(Refusal::Unauthorized).0, "www-authenticate");
        let busy = worker_loader::Error::classify("Error", "Too many concurrent dynamic workers", false);
        for unavailable in [Refusal::StorageUnavailable(String::new()), busy.into()] {
            assert_eq!(header(unavailable), ("retry-after", "1".to_owned()));
        }
        assert_eq!(header(Refusal::PreconditionFailed { current: "\"2\"".into() }), ("etag", "\"2\"".to_owned()));
    }

    #[test]
    fn sentences_begin_and_end_as_sentences_do() {
        assert_eq!(sentence("the worker threw"), "The worker threw.");
        assert_eq!(sentence("Done!"), "Done!");
        assert_eq!(sentence(""), ".");
    }
}
