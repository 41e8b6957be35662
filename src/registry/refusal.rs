//! Why a request is not served.

use super::Problem;

/// A decision not to serve. Its status, code and sentence are told in one place, [`reply::Error`](crate::reply::Error).
#[derive(Clone, Debug)]
pub enum Refusal {
    /// There is no such path.
    NoSuchPath(String),
    /// The path has no such method; it has these.
    MethodNotAllowed(&'static str),
    /// The caller has had its share; there is more in so many seconds.
    RateLimited {
        /// Whole seconds, at least 1.
        retry_after_s: u32,
    },
    /// Nothing can be changed before the operator sets `API_TOKEN`.
    TokenNotSet,
    /// The token is missing or wrong.
    Unauthorized,
    /// A change has to say which revision it changes.
    PreconditionRequired,
    /// It has been changed since.
    PreconditionFailed {
        /// The ETag of what is there now.
        current: String,
    },
    /// The body has no length.
    LengthRequired,
    /// The body is over so many bytes.
    BodyTooLarge {
        /// The most that is read, in bytes.
        limit: usize,
    },
    /// The document is not what it should be: all that is wrong with it.
    InvalidDocument(Vec<String>),
    /// The control API refuses, under this status (4xx), for all these reasons.
    Api {
        /// The HTTP status.
        status: u16,
        /// At least one.
        problems: Vec<Problem>,
    },
    /// The answer of a dynamic worker is over so many bytes.
    AnswerTooLarge {
        /// The script's limit, in bytes.
        limit: u64,
    },
    /// The answer of a dynamic worker did not begin in time.
    TooSlow {
        /// The script's limit, in milliseconds.
        limit_ms: u64,
    },
    /// An isolate has loaded as many workers as the operator lets it.
    TooManyWorkers {
        /// So many.
        most: u32,
    },
    /// A setting of the operator's is not what it should be.
    Misconfigured(String),
    /// Storage did not answer.
    StorageUnavailable(String),
    /// The dynamic worker could not be loaded, or failed.
    Worker(worker_loader::Error),
}

impl Refusal {
    /// The control API's refusal for one reason.
    pub fn api(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self::Api { status, problems: vec![Problem::new(code, message)] }
    }

    /// The control API's refusal of what was sent.
    pub fn invalid(problems: Vec<Problem>) -> Self {
        Self::Api { status: 400, problems }
    }
}

impl From<worker_loader::Error> for Refusal {
    fn from(error: worker_loader::Error) -> Self {
        Self::Worker(error)
    }
}
