//! Reading a policy as somebody wrote it.

use serde_json::Value;

use super::{Injected, Pattern, Policy, Rule, Rules, secret};
use crate::registry::{Fields, Problem, problem};

const MOST_RULES: usize = 100;
const MOST_METHODS: usize = 20;
const MOST_PORTS: usize = 50;
const MOST_HEADERS: usize = 10;
const LONGEST_NAME: usize = 100;
const LONGEST_PATH: usize = 500;
const MOST_PER_MINUTE: u64 = 1_000_000;
const MOST_BYTES: u64 = 1 << 40;

const OF_POLICY: [&str; 2] = ["rules", "dry_run"];
const OF_RULE: [&str; 9] =
    ["host", "methods", "path_prefix", "ports", "scheme", "headers", "per_minute", "response_bytes", "name"];
const OF_HEADER: [&str; 2] = ["secret", "prefix"];

/// Headers that say how a request travels, or where to, and are not for a rule to set.
const NOT_TO_SET: [&str; 10] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
];

/// Reads a policy: `"block"`, `"inherit"` or `{"rules": [...]}`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(value: &Value) -> Result<Policy, Vec<Problem>> {
    match value.as_str() {
        Some("block") => return Ok(Policy::Block),
        Some("inherit") => return Ok(Policy::Inherit),
        _ => {}
    }
    let mut problems = Vec::new();
    if !value.is_object() {
        add(&mut problems, "outbound", "has to be \"block\", \"inherit\" or {\"rules\": [...]}.");
        return Err(problems);
    }
    let mut fields = Fields::new(value, "outbound", "outbound.", problem::MALFORMED);
    only(&fields, &OF_POLICY, "outbound", &mut problems);
    let dry_run = fields.boolean("dry_run").unwrap_or_default();
    let sent = match fields.list("rules") {
        Some(rules) => &rules[..],
        None => {
            if fields.get("rules").is_none() {
                add(&mut problems, "outbound.rules", "is missing: a list, and where nothing is allowed an empty one.");
            }
            &[]
        }
    };
    problems.append(&mut fields.problems);
    if sent.len() > MOST_RULES {
        add(&mut problems, "outbound.rules", &format!("has {} rules: at most {MOST_RULES} are read.", sent.len()));
    }
    let mut list: Vec<Rule> = Vec::new();
    for (at, sent) in sent.iter().take(MOST_RULES).enumerate() {
        let place = format!("outbound.rules[{at}]");
        let Some(rule) = rule(sent, &place, &mut problems) else { continue };
        let is_named = !sent["name"].is_null();
        if is_named && list.iter().any(|other| other.name == rule.name) {
            add(&mut problems, &place, &format!("is called {:?}, as another one is.", rule.name));
        }
        list.push(rule);
    }
    let rules = Rules { list, dry_run };
    if problems.is_empty() { Ok(Policy::Rules(rules)) } else { Err(problems) }
}

fn rule(sent: &Value, place: &str, problems: &mut Vec<Problem>) -> Option<Rule> {
    if !sent.is_object() {
        add(problems, place, "has to be an object.");
        return None;
    }
    let mut fields = Fields::new(sent, "", "", problem::MALFORMED);
    only(&fields, &OF_RULE, place, problems);
    let mut wrong = |field: &str, what: &str| add(problems, &[place, ".", field].concat(), what);
    let host = match fields.get("host").map(|host| host.as_str().map(Pattern::parse)) {
        Some(Some(Ok(host))) => Some(host),
        Some(Some(Err(why))) => {
            wrong("host", &format!("{why}: {} is none.", fields.get("host").unwrap_or(&Value::Null)));
            None
        }
        Some(None) => {
            wrong("host", "has to be a text.");
            None
        }
        None => {
            wrong("host", "is missing.");
            None
        }
    };
    let name = fields.text("name");
    if name.is_some_and(|name| name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control)) {
        wrong("name", &format!("has to be 1 to {LONGEST_NAME} bytes without control characters."));
    }
    let mut methods = Vec::new();
    for method in fields.texts("methods").into_iter().flatten() {
        let method = method.as_str().unwrap_or_default();
        if !method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
            || method.len() > 20
            || method == "CONNECT"
        {
            wrong("methods", &format!("has {method:?}, which is no method: they are written such as GET."));
        }
        methods.push(method.to_owned());
    }
    if methods.len() > MOST_METHODS || fields.get("methods").is_some() && methods.is_empty() {
        wrong("methods", &format!("has to be a list of 1 to {MOST_METHODS} methods; without it all are allowed."));
    }
    let path_prefix = fields.text("path_prefix").unwrap_or("/");
    let is_path = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\' | b'"' | b'<' | b'>' | b'`' | b'{' | b'}')
    };
    if !path_prefix.starts_with('/')
        || path_prefix.len() > LONGEST_PATH
        || !path_prefix.bytes().all(is_path)
        || !super::path::is_below(path_prefix, path_prefix)
    {
        wrong("path_prefix", "has to begin with a slash and be written as in a URL, without . and .. in it.");
    }
    let mut ports = Vec::new();
    for port in fields.list("ports").into_iter().flatten() {
        match port.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0) {
            Some(port) => ports.push(port),
            None => wrong("ports", &format!("has {port}, which is no port.")),
        }
    }
    if ports.len() > MOST_PORTS || fields.get("ports").is_some() && ports.is_empty() {
        wrong("ports", &format!("has to be a list of 1 to {MOST_PORTS} ports; without it the usual one is allowed."));
    }
    let headers = fields.object("headers").map(|sent| headers(sent, place, problems)).unwrap_or_default();
    // A credential does not go in clear text unless somebody says so.
    let usual = if headers.is_empty() { "" } else { "https" };
    let scheme = fields.one_of("scheme", &["https", "http"]).unwrap_or(usual).to_owned();
    let per_minute = fields.whole("per_minute", 1, MOST_PER_MINUTE).map(|number| number as u32);
    let response_bytes = fields.whole("response_bytes", 0, MOST_BYTES);
    for problem in fields.problems {
        add(problems, place, &[": ", problem.message.as_str()].concat());
    }
    let text = name.or_else(|| sent["host"].as_str()).unwrap_or_default();
    Some(Rule {
        name: text.to_owned(),
        host: host?,
        methods,
        path_prefix: path_prefix.to_owned(),
        ports,
        scheme,
        headers,
        per_minute,
        response_bytes,
    })
}

fn headers(sent: &Value, place: &str, problems: &mut Vec<Problem>) -> Vec<Injected> {
    let mut headers: Vec<Injected> = Vec::new();
    for (name, value) in sent.as_object().into_iter().flatten() {
        let at = [place, ".headers.", name].concat();
        let name = name.to_ascii_lowercase();
        if !is_token(&name) || NOT_TO_SET.contains(&name.as_str()) || name.starts_with("sec-websocket-") {
            add(problems, &at, "is no header that a rule can set.");
        }
        if headers.iter().any(|other| other.name == name) {
            add(problems, &at, "is there twice.");
        }
        let mut fields = Fields::new(value, &at, "", problem::MALFORMED);
        only(&fields, &OF_HEADER, &at, problems);
        let (secret, prefix) = (fields.text("secret").unwrap_or_default(), fields.text("prefix").unwrap_or_default());
        if value.is_object() && !secret::is_name(secret) {
            add(problems, &at, "needs `secret`, the name of an outbound secret: its value is put into no document.");
        }
        if prefix.len() > LONGEST_NAME || !prefix.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            add(problems, &at, &format!("has a prefix that is over {LONGEST_NAME} bytes, or not of printable ASCII."));
        }
        for problem in fields.problems {
            add(problems, &at, &[": ", problem.message.as_str()].concat());
        }
        headers.push(Injected { name, secret: secret.to_owned(), prefix: prefix.to_owned() });
    }
    if headers.len() > MOST_HEADERS {
        add(
            problems,
            &[place, ".headers"].concat(),
            &format!("has {}: at most {MOST_HEADERS} are set.", headers.len()),
        );
    }
    headers
}

/// Passed over, a slip of the pen would allow more than was meant.
fn only(fields: &Fields<'_>, known: &[&str], place: &str, problems: &mut Vec<Problem>) {
    for name in fields.names().filter(|name| !known.contains(name)) {
        add(problems, place, &format!("has {name:?}, which is none of its fields: there are {}.", known.join(", ")));
    }
}

/// A name of a header (RFC 9110, 5.6.2).
fn is_token(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn add(problems: &mut Vec<Problem>, place: &str, what: &str) {
    let space = if what.starts_with(':') { "" } else { " " };
    problems.push(Problem::new(problem::MALFORMED, [place, space, what].concat()));
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
