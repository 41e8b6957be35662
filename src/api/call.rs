//! One call of the control API, as its method, path and query say.

use super::{Action, RESOURCES, query::decode};
use crate::registry::{Name, Problem, Refusal, problem};

/// What all paths of the control API begin with.
pub const ROOT: &str = "/client/v4";

/// A call: what is asked for, and the names in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is asked for.
    pub action: Action,
    /// The account in the path: any, as there is one here.
    pub account: String,
    /// The namespace's name, or nothing.
    pub namespace: String,
    /// The script's name, or nothing.
    pub script: String,
    /// The last name in the path: a secret's, a tag, the id of a version, a deployment or a token.
    pub item: String,
    /// Whether it only reads.
    pub reads: bool,
}

impl Call {
    /// Reads the method and the path.
    ///
    /// # Errors
    /// [`Refusal::Api`] with 404 where there is no such path, [`Refusal::MethodNotAllowed`].
    pub fn parse(method: &str, path: &str) -> Result<Self, Refusal> {
        let unknown = || Refusal::api(404, problem::NO_SUCH_ROUTE, format!("There is no call {method} {path}."));
        let rest = path.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('/')).ok_or_else(unknown)?;
        for resource in &RESOURCES {
            let Some(mut call) = Self::of_path(resource.path, rest) else { continue };
            let asked = if method == "HEAD" { "GET" } else { method };
            let found = resource.actions.iter().find(|(method, _)| *method == asked || *method == "*");
            let (_, action) = found.ok_or(Refusal::MethodNotAllowed(resource.allow))?;
            call.action = *action;
            call.reads = asked == "GET";
            call.check_names()?;
            return Ok(call);
        }
        Err(unknown())
    }

    /// The names that a path has where the pattern has its `:words`, if it is of this pattern.
    fn of_path(pattern: &str, path: &str) -> Option<Self> {
        let mut call = Self {
            action: Action::User,
            account: String::new(),
            namespace: String::new(),
            script: String::new(),
            item: String::new(),
            reads: false,
        };
        let mut parts = path.split('/');
        for expected in pattern.split('/') {
            if expected == "*" {
                return Some(call);
            }
            let part = parts.next()?;
            let place = match expected {
                ":account" => &mut call.account,
                ":namespace" => &mut call.namespace,
                ":script" => &mut call.script,
                ":item" => &mut call.item,
                _ if part == expected => continue,
                _ => return None,
            };
            *place = decode(part).filter(|part| !part.is_empty())?;
        }
        parts.next().is_none().then_some(call)
    }

    fn check_names(&self) -> Result<(), Refusal> {
        let mut problems = Vec::new();
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if self.account.len() > 64 || !self.account.bytes().all(is_id) {
            let message = format!("{:?} is no account id: it is 1 to 64 of 0-9, a-z, A-Z, - and _.", self.account);
            problems.push(Problem::new(problem::MALFORMED, message));
        }
        for (what, name) in [("namespace", &self.namespace), ("script", &self.script)] {
            if let Some(problem) = (!name.is_empty()).then(|| Name::parse(what, name).err()).flatten() {
                problems.push(problem);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Refusal::Api { status: 400, problems }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply;

    const SCRIPT: &str = "/client/v4/accounts/0af/workers/dispatch/namespaces/tenants/scripts/shop";

    fn ask(method: &str, path: &str) -> Call {
        Call::parse(method, path).unwrap_or_else(|refusal| panic!("{method} {path}: {refusal:?}"))
    }

    fn status(method: &str, path: &str) -> u16 {
        reply::Error::from(Call::parse(method, path).unwrap_err()).status
    }

    #[test]
    fn every_method_of_every_resource_is_a_call() {
        for resource in &RESOURCES {
            let path = format!("{ROOT}/{}", resource.path.replace(['*', ':'], "x"));
            for (method, action) in resource.actions {
                let method = if *method == "*" { "PATCH" } else { method };
                assert_eq!(ask(method, &path).action, *action, "{method} {path}");
            }
            if resource.actions[0].0 != "*" {
                assert_eq!(status("OPTIONS", &path), 405, "{path}: there is no CORS");
                assert_eq!(status("get", &path), 405, "{path}");
            }
        }
    }

    #[test]
    fn names_are_what_the_path_says() {
        let call = ask("DELETE", &format!("{SCRIPT}/tags/plan%3Apro"));
        assert_eq!(call.action, Action::DeleteTag);
        assert_eq!((call.account.as_str(), call.namespace.as_str()), ("0af", "tenants"));
        assert_eq!((call.script.as_str(), call.item.as_str()), ("shop", "plan:pro"));
        assert!(!call.reads);
        assert!(ask("HEAD", &format!("{SCRIPT}/settings")).reads);
    }

    #[test]
    fn what_is_no_path_is_404() {
        for path in ["", "/", "/users", "/accounts/", "/accounts/a/workers", "/accounts/a/workers/dispatch/namespaces/"]
        {
            assert_eq!(status("GET", &format!("{ROOT}{path}")), 404, "{path}");
        }
        for rest in ["/", "/settings/", "/setting", "/secrets/a/b", "/secrets/", "/secrets/%zz"] {
            assert_eq!(status("GET", &format!("{SCRIPT}{rest}")), 404, "{rest}");
        }
    }

    #[test]
    fn names_that_cannot_be_are_told_all_at_once() {
        let path = "/client/v4/accounts/a%20b/workers/dispatch/namespaces/Big/scripts/a.b/settings";
        let Refusal::Api { status: 400, problems } = Call::parse("GET", path).unwrap_err() else { panic!() };
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [problem::MALFORMED, problem::INVALID_NAME, problem::INVALID_NAME], "{problems:?}");
    }
}
