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
/// The token may not do this.
pub const NOT_AUTHORIZED: u32 = 9109;
/// No token, or a wrong one.
pub const AUTHENTICATION: u32 = 10000;
/// The body is of a type that is not taken here.
pub const CONTENT_TYPE: u32 = 10001;
/// It is our fault.
pub const INTERNAL: u32 = 10002;
/// A parameter or a field is not what it should be.
pub const MALFORMED: u32 = 10004;
/// The body cannot be read as what it says it is.
pub const UNREADABLE_BODY: u32 = 10006;
/// There is no such ordinary Worker (wrangler asks for those, too).
pub const NO_SUCH_WORKER: u32 = 10007;
/// The name cannot be a name.
pub const INVALID_NAME: u32 = 10016;
/// It has been changed since.
pub const ETAG_MISMATCH: u32 = 10018;
/// The code did not load, or has no handler; the metadata asks for what there is not.
pub const VALIDATION: u32 = 10021;
/// The upload is over a limit of size.
pub const TOO_LARGE: u32 = 10027;
/// The namespace holds as many scripts as it may.
pub const QUOTA: u32 = 10037;
/// Another binding has that name.
pub const NAME_IN_USE: u32 = 10053;
/// The script has no such binding.
pub const NO_SUCH_BINDING: u32 = 10056;
/// An `inherit` binding that has nothing to take from.
pub const INHERIT: u32 = 10057;
/// There is no such script in the namespace.
pub const NO_SUCH_SCRIPT: u32 = 10092;
/// A binding is to a Durable Object class that the script does not have.
pub const NO_SUCH_CLASS: u32 = 10061;
/// The code has no class of a name whose objects there are.
pub const CLASS_MISSING: u32 = 10064;
/// A migration cannot be done to the classes that there are.
pub const MIGRATION: u32 = 10074;
/// The migrations start from another tag than the script is at.
pub const MIGRATION_TAG: u32 = 10079;
/// A service binding leads nowhere.
pub const NO_SUCH_SERVICE: u32 = 10143;
/// Migrations come with what goes live.
pub const MIGRATION_OF_VERSION: u32 = 10211;
/// A change of secrets, settings or content starts from the latest version, and that is not the one that is live.
pub const LATEST_NOT_DEPLOYED: u32 = 10215;
/// The version to go back to has other secrets.
pub const SECRETS_CHANGED: u32 = 10220;
/// There is no such version.
pub const NO_SUCH_VERSION: u32 = 10222;
/// The path has no such method.
pub const METHOD_NOT_ALLOWED: u32 = 10405;
/// A tag is too long.
pub const TAG_TOO_LONG: u32 = 100_102;
/// Too many tags.
pub const TOO_MANY_TAGS: u32 = 100_103;
/// There is no such namespace.
pub const NO_SUCH_NAMESPACE: u32 = 100_119;
/// There is a namespace of that name.
pub const NAMESPACE_EXISTS: u32 = 100_120;
/// A tag has characters that it cannot have.
pub const INVALID_TAG: u32 = 100_134;

// From here on: what Cloudflare has no number for that we know of.

/// A deployment that cannot be.
pub const INVALID_DEPLOYMENT: u32 = 190_001;
/// There is no such deployment.
pub const NO_SUCH_DEPLOYMENT: u32 = 190_002;
/// There is no such API token.
pub const NO_SUCH_TOKEN: u32 = 190_003;
/// The upload took so long that what it has stored may be cleaned up: it has to begin anew.
pub const UPLOAD_EXPIRED: u32 = 190_004;
/// The script has no such tag.
pub const NO_SUCH_TAG: u32 = 190_005;
/// The operator has set no key to keep secrets with.
pub const SECRETS_OFF: u32 = 190_010;
/// Nobody has asked for the script for as long as its namespace lets one be.
pub const RETIRED: u32 = 190_011;
// 190_012, that there is no such queue, is told by capability/queue/store.js, and 190_013, that a bucket has no such file, by
// capability/r2/sweep.js.
/// The script has no such store.
pub const NO_SUCH_STORE: u32 = 190_014;

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
