//! The decision on one request.

use super::{Host, Policy, Rule, Terms, path::is_below};

/// A request of a script, its URL in the parts that a parser of URLs has made of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// `https`, `http`.
    pub scheme: &'a str,
    /// The host.
    pub host: &'a str,
    /// The port; nothing is the usual one of the scheme.
    pub port: &'a str,
    /// The path.
    pub path: &'a str,
    /// Whether there is a user or a password in the URL.
    pub has_user: bool,
    /// The method.
    pub method: &'a str,
}

/// Why a request is not let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// For programs; it stays.
    pub code: &'static str,
    /// Whose policy it is: `script` or `namespace`; nothing where it is nobody's.
    pub policy: &'static str,
    /// The rule, where one is for the host.
    pub rule: String,
    /// For people.
    pub message: String,
}

/// A rule that allows a request.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// Whose policy it is in.
    pub policy: &'static str,
    /// The rule.
    pub rule: &'a Rule,
    /// Where its secrets are.
    pub terms: &'a Terms,
}

/// What becomes of a request.
#[derive(Clone, Debug, Default)]
pub struct Verdict<'a> {
    /// The rules that allow it: one of each policy that has rules.
    pub grants: Vec<Grant<'a>>,
    /// Why it is not let through,
    pub refused: Option<Refused>,
    /// but for this: then it is, and told.
    pub is_dry: bool,
}

/// Looks at a request. Both policies have to allow it, the script's and the namespace's, where there are two. A dry run is
/// believed of those who may go out as we do.
pub fn judge<'a>(asked: Asked<'_>, script: &'a Terms, namespace: &'a Terms, trusted: bool) -> Verdict<'a> {
    let mut verdict = Verdict::default();
    let host = match checked(asked) {
        Ok(host) => host,
        Err(message) => {
            let (policy, rule) = ("", String::new());
            verdict.refused = Some(Refused { code: "outbound_bad_url", policy, rule, message });
            return verdict;
        }
    };
    let mut is_said = false;
    for (whose, terms) in [("script", script), ("namespace", namespace)] {
        let (refused, is_dry) = match &terms.policy {
            None => continue,
            Some(Policy::Inherit) if trusted => (None, false),
            Some(Policy::Block | Policy::Inherit) => (Some(blocked(whose)), false),
            Some(Policy::Rules(rules)) => match find(asked, &host, &rules.list) {
                Ok(rule) => {
                    let missing = rule.headers.iter().find(|header| terms.secret(&header.secret).is_none());
                    verdict.grants.push(Grant { policy: whose, rule, terms });
                    let refused = missing.map(|header| Refused {
                        code: "outbound_secret_missing",
                        policy: whose,
                        rule: rule.name.clone(),
                        message: ["The ", whose, " has no outbound secret ", &header.secret, "."].concat(),
                    });
                    (refused, rules.dry_run && trusted)
                }
                Err(refused) => (Some(Refused { policy: whose, ..refused }), rules.dry_run && trusted),
            },
        };
        is_said = true;
        if let Some(refused) = refused
            && (verdict.refused.is_none() || verdict.is_dry && !is_dry)
        {
            verdict.refused = Some(refused);
            verdict.is_dry = is_dry;
        }
    }
    if !is_said {
        verdict.refused = Some(blocked("script"));
    }
    verdict
}

fn blocked(whose: &'static str) -> Refused {
    Refused {
        code: "outbound_blocked",
        policy: whose,
        rule: String::new(),
        message: ["The outbound policy of the ", whose, " lets nothing out."].concat(),
    }
}

/// The host of a URL that can be decided on.
fn checked(asked: Asked<'_>) -> Result<Host, String> {
    if !matches!(asked.scheme, "https" | "http") {
        return Err(["The scheme ", asked.scheme, " is none that is let out: there are https and http."].concat());
    }
    if asked.has_user {
        return Err("A user or a password in a URL is not let out: use the header Authorization.".to_owned());
    }
    Host::of(asked.host).ok_or_else(|| ["The host ", asked.host, " is none that can be decided on."].concat())
}

/// The first rule that is for the request; else what keeps the one that comes nearest from it.
fn find<'a>(asked: Asked<'_>, host: &Host, rules: &'a [Rule]) -> Result<&'a Rule, Refused> {
    let usual = if asked.scheme == "https" { 443 } else { 80 };
    let port = if asked.port.is_empty() { Some(usual) } else { asked.port.parse::<u16>().ok() };
    let mut nearest: Option<(usize, &Rule)> = None;
    for rule in rules.iter().filter(|rule| rule.host.matches(host)) {
        let tests = [
            rule.scheme.is_empty() || rule.scheme == asked.scheme,
            port.is_some_and(|port| if rule.ports.is_empty() { port == usual } else { rule.ports.contains(&port) }),
            rule.methods.is_empty() || rule.methods.iter().any(|method| method == asked.method),
            is_allowed_path(asked.path, &rule.path_prefix),
        ];
        match tests.iter().position(|passed| !passed) {
            None => return Ok(rule),
            Some(failed) if nearest.is_none_or(|(before, _)| failed > before) => nearest = Some((failed, rule)),
            Some(_) => {}
        }
    }
    let text = asked.host;
    let Some((failed, rule)) = nearest else {
        let (code, message) = if host.is_inside() {
            ("outbound_inside", [text, " is an address or a name of an inner network, which no rule names."].concat())
        } else {
            ("outbound_no_rule", ["No rule is for the host ", text, "."].concat())
        };
        return Err(Refused { code, policy: "", rule: String::new(), message });
    };
    let (code, what) = [
        ("outbound_scheme", ["not for ", asked.scheme].concat()),
        ("outbound_port", ["not for the port ", &port.unwrap_or_default().to_string()].concat()),
        ("outbound_method", ["not for the method ", asked.method].concat()),
        ("outbound_path", "for other paths".to_owned()),
    ][failed]
        .clone();
    let message = ["The rule \"", &rule.name, "\" is ", &what, "."].concat();
    Err(Refused { code, policy: "", rule: rule.name.clone(), message })
}

fn is_allowed_path(path: &str, prefix: &str) -> bool {
    prefix == "/" || is_below(path, prefix)
}

impl Verdict<'_> {
    /// The headers that are put into the request, and the secrets that are in them. What both policies set is as the
    /// namespace says.
    pub fn headers(&self) -> (Vec<(&str, String)>, Vec<&str>) {
        let (mut headers, mut secrets) = (Vec::new(), Vec::new());
        for grant in &self.grants {
            for header in &grant.rule.headers {
                if let Some(secret) = grant.terms.secret(&header.secret) {
                    headers.push((header.name.as_str(), [&*header.prefix, secret].concat()));
                    secrets.push(secret);
                }
            }
        }
        (headers, secrets)
    }

    /// How long the body of the response may be.
    pub fn response_bytes(&self) -> Option<u64> {
        self.grants.iter().filter_map(|grant| grant.rule.response_bytes).min()
    }

    /// Whether only some methods are allowed.
    pub fn minds_method(&self) -> bool {
        self.grants.iter().any(|grant| !grant.rule.methods.is_empty())
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
