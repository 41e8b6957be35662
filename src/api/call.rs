//! One call of the control API, as its method and path say.

use super::{
    Does, Resource, beside, bindings, deployments, namespaces, outbound, query::decode, queues, scripts, secrets,
    settings, stores, tags, telemetry, tokens, versions,
};
use crate::registry::{Name, Problem, Refusal, problem};

/// What all paths of the control API begin with.
pub const ROOT: &str = "/client/v4";

/// All there is. The first that a path is of counts.
pub const RESOURCES: [&[Resource]; 14] = [
    scripts::RESOURCES,
    versions::RESOURCES,
    deployments::RESOURCES,
    settings::RESOURCES,
    bindings::RESOURCES,
    secrets::RESOURCES,
    tags::RESOURCES,
    outbound::RESOURCES,
    stores::RESOURCES,
    queues::RESOURCES,
    telemetry::RESOURCES,
    namespaces::RESOURCES,
    tokens::RESOURCES,
    beside::RESOURCES,
];

/// A call: what is asked for, and the names in its path.
#[derive(Clone, Debug, Default)]
pub struct Call {
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
    /// [`Refusal::Api`] with 404 where there is no such path, or 400 where a name in it can be none;
    /// [`Refusal::MethodNotAllowed`].
    pub fn parse(method: &str, path: &str) -> Result<(Self, Does), Refusal> {
        let unknown = || Refusal::api(404, problem::NO_SUCH_ROUTE, unknown(method, path));
        let rest = path.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('/')).ok_or_else(unknown)?;
        for resource in RESOURCES.into_iter().flatten() {
            let Some(mut call) = Self::of_path(resource.path, rest) else { continue };
            let asked = if method == "HEAD" { "GET" } else { method };
            let found = resource.methods.iter().find(|(method, _)| *method == asked || *method == "*");
            let (_, does) = found.ok_or(Refusal::MethodNotAllowed(resource.allow))?;
            call.reads = asked == "GET";
            call.check_names()?;
            return Ok((call, *does));
        }
        Err(unknown())
    }

    /// The names that a path has where the pattern has its `:words`, if it is of this pattern.
    fn of_path(pattern: &str, path: &str) -> Option<Self> {
        let mut call = Self::default();
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

/// What is said of a path that there is not. wrangler asks for some things before it uploads what binds them.
fn unknown(method: &str, path: &str) -> String {
    let mut message = format!("There is no call {method} {path}.");
    let product = path.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix("/accounts/")?.split('/').nth(1));
    if product.is_some_and(|product| product != "workers" && product != "tokens") {
        message.push_str(
            " If this is about a binding: README.md has the types that this host has, and none is made by calls of an account: \
             what a script stores is there with its first write.",
        );
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply;

    const SCRIPT: &str = "/client/v4/accounts/0af/workers/dispatch/namespaces/tenants/scripts/shop";

    fn ask(method: &str, path: &str) -> (Call, Does) {
        Call::parse(method, path).unwrap_or_else(|refusal| panic!("{method} {path}: {refusal:?}"))
    }

    fn status(method: &str, path: &str) -> u16 {
        reply::Error::from(Call::parse(method, path).unwrap_err()).status
    }

    #[test]
    fn every_method_of_every_resource_is_a_call() {
        for resource in RESOURCES.into_iter().flatten() {
            let path = format!("{ROOT}/{}", resource.path.replace(['*', ':'], "x").replace("xitem", "verify"));
            for (method, does) in resource.methods {
                let method = if *method == "*" { "PATCH" } else { method };
                if path.ends_with("tokens/verify") == resource.path.ends_with("verify") {
                    assert_eq!(format!("{:?}", ask(method, &path).1), format!("{does:?}"), "{method} {path}");
                }
            }
            if resource.methods[0].0 != "*" {
                assert_eq!(status("OPTIONS", &path), 405, "{path}: there is no CORS");
                assert_eq!(status("get", &path), 405, "{path}");
            }
        }
    }

    #[test]
    fn allow_is_what_there_is() {
        for resource in RESOURCES.into_iter().flatten().filter(|resource| resource.methods[0].0 != "*") {
            let mut methods = Vec::new();
            for (method, _) in resource.methods {
                methods.push(*method);
                if *method == "GET" {
                    methods.push("HEAD");
                }
            }
            assert_eq!(resource.allow, methods.join(", "), "{}", resource.path);
        }
    }

    #[test]
    fn the_readme_has_every_path() {
        let readme = include_str!("../../README.md");
        for path in RESOURCES.into_iter().flatten().map(|resource| resource.path) {
            let short = path.replace("accounts/:account/workers/dispatch/namespaces", "NS");
            let short = short.replace("NS/:namespace/scripts/:script/", ".../");
            let told = match short.split_once(":item") {
                Some((before, _)) => readme.contains(&format!("`{before}:")),
                None => short.ends_with("/*") || readme.contains(&format!("`{short}`")),
            };
            assert!(told, "{short}");
        }
    }

    #[test]
    fn names_are_what_the_path_says() {
        let (call, does) = ask("DELETE", &format!("{SCRIPT}/tags/plan%3Apro"));
        assert!(matches!(does, Does::Ask(question) if question.op == "delete_tag"));
        assert_eq!((call.account.as_str(), call.namespace.as_str()), ("0af", "tenants"));
        assert_eq!((call.script.as_str(), call.item.as_str()), ("shop", "plan:pro"));
        assert!(!call.reads);
        assert!(ask("HEAD", &format!("{SCRIPT}/settings")).0.reads);
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
    fn what_a_binding_would_need_is_told_from_a_wrong_path() {
        let told = |path: &str| reply::Error::from(Call::parse("GET", path).unwrap_err()).message;
        assert!(told("/client/v4/accounts/a/vectorize/v2/indexes").contains("binding"));
        assert!(!told("/client/v4/accounts/a/workers/dispatch").contains("binding"));
        assert!(!told("/client/v4/zones").contains("binding"));
    }

    #[test]
    fn names_that_cannot_be_are_told_all_at_once() {
        let path = "/client/v4/accounts/a%20b/workers/dispatch/namespaces/Big/scripts/a.b/settings";
        let Refusal::Api { status: 400, problems } = Call::parse("GET", path).unwrap_err() else { panic!() };
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [problem::MALFORMED, problem::INVALID_NAME, problem::INVALID_NAME], "{problems:?}");
    }
}
