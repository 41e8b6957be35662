//! What is wrong with a call of the control API, under Cloudflare's numbers.

use serde_json::{Value, json};

/// One thing that is wrong: a number for programs, which stays, and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Cloudflare's code where there is one; see the constants of this file.
    pub code: u32,
    /// The cause and what helps.
    pub message: String,
}

/// Too many calls.
pub const RATE_LIMITED: u32 = 971;
/// There is no such path.
pub const NO_SUCH_ROUTE: u32 = 7003;
/// A right token that is not for this.
pub const NOT_ALLOWED: u32 = 9109;
/// No token, a wrong one, or one that may not do this.
pub const AUTHENTICATION: u32 = 10000;
/// Our own fault.
pub const INTERNAL: u32 = 10002;
/// A parameter of the path or the query is not what it should be.
pub const MALFORMED_PARAMETER: u32 = 10004;
/// The body is not what it should be.
pub const MALFORMED_BODY: u32 = 10006;
/// There is no such ordinary Worker (wrangler asks for those, too).
pub const NO_SUCH_WORKER: u32 = 10007;
/// This is no name of a script or a namespace.
pub const INVALID_NAME: u32 = 10016;
/// It has been changed since.
pub const PRECONDITION_FAILED: u32 = 10018;
/// The code did not load, or has no handler.
pub const VALIDATION: u32 = 10021;
/// The body is over what a body may have.
pub const TOO_LARGE: u32 = 10027;
/// There is no such script in the namespace.
pub const NO_SUCH_SCRIPT: u32 = 10092;
/// The path has no such method.
pub const METHOD_NOT_ALLOWED: u32 = 10405;

impl Problem {
    /// A problem under a code of this file.
    pub fn new(code: u32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The problem as the API writes it.
    pub fn to_value(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }

    /// Reads what [`to_value`](Self::to_value) wrote.
    pub fn from_value(value: &Value) -> Option<Self> {
        let code = value.get("code")?.as_u64()?.try_into().ok()?;
        Some(Self::new(code, value.get("message")?.as_str()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let problem = Problem::new(NO_SUCH_SCRIPT, "There is no script \"a\".");
        assert_eq!(Problem::from_value(&problem.to_value()), Some(problem));
        assert_eq!(Problem::from_value(&json!({ "code": -1, "message": "" })), None);
    }
}
